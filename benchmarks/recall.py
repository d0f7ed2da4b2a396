"""`python -m benchmarks.recall`: the built-in filters on every real alert, held to labels.

Decodes and scores all alerts of GUESTSTAR_DATA once (scores are kept in .cache/recall.npz), lets
each built-in filter judge them, and writes docs/filters/figures.md: recall on labelled objects,
purity of those selected, both with and without what networks learnt, what was selected, and the
time. `make figures` runs it.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.labels import (
    ASTEROID,
    EXPLOSIONS,
    SUPERNOVAE,
    UNCLEAR,
    UNKNOWN,
    Labelled,
    labelled,
)
from benchmarks.learnt import learnt, networks_of, supernova_taught
from benchmarks.real_alerts import RealAlerts, read_real_alerts, rewritten
from benchmarks.recall_page import BATCH, Found, Goal, Sample, Share, page
from classifiers.served import served
from filters.alerts import Alerts
from filters.clauses import brightening_mag
from filters.decision import Decision
from filters.selection import Selection
from filters.sources import builtin_names, load
from schemas.batch import AlertBatch
from schemas.learned import Learned
from schemas.stage import run_stages

Mask = NDArray[np.bool_]
CACHE = Path(".cache/recall.npz")
FIGURES = Path("docs/filters/figures.md")
LAPS = 7
"""Runs of each filter over all alerts, of which the median is quoted."""
LOW_SCORE = 0.1
ANY = "any of them"


def _of(*kinds: str) -> Callable[[Labelled], Mask]:
    return lambda known: np.isin(known.kind, kinds)


def _young(days: float) -> Callable[[Labelled], Mask]:
    return lambda known: (
        _of(*SUPERNOVAE)(known)
        & (known.batch.flux_njy > 0)
        & (known.batch.age_days < days)
        & (known.batch.age_days > 0)
    )


def _above(kind: str, mag: float) -> Callable[[Labelled], Mask]:
    return lambda known: _of(kind)(known) & (brightening_mag(Alerts(known.batch)) > mag)


def _scored_ia(known: Labelled) -> Mask:
    answered: Mask = ~np.isnan(known.batch.score("supernova", "SNIa"))
    return _of("type Ia")(known) & answered & (known.batch.age_days < 90)


def _bright(known: Labelled) -> Mask:
    batch = known.batch
    transient = _of(*SUPERNOVAE, "disruption")(known)
    return transient & (batch.magnitude < 18.5) & (batch.flux_njy > 0) & (batch.age_days < 100)


def _none(known: Labelled) -> Mask:
    return np.zeros(len(known.batch), np.bool_)


def _low(known: Labelled) -> Mask:
    low: Mask = known.batch.survey_real_score < LOW_SCORE
    return low


def _scored(known: Labelled) -> Mask:
    return ~np.isnan(known.batch.survey_real_score)


def _told(known: Labelled) -> Mask:
    return ~np.isin(known.kind, (UNKNOWN, UNCLEAR))


_supernova, _star = _of(*SUPERNOVAE), _of("star", "cataclysmic")
_disruption, _nucleus = _of("disruption"), _of("active nucleus")
NO_LABEL = "no label says so"
GOALS: Mapping[str, Goal] = {
    "young_supernovae": Goal(
        "supernovae younger than 20 days", _young(20), "supernovae", _supernova, _told
    ),
    "type_ia_supernovae": Goal(
        "type Ia that the network scored", _scored_ia, "type Ia", _of("type Ia"), _told
    ),
    "fast_transients": Goal(NO_LABEL, _none, NO_LABEL, None, _told),
    "nuclear_transients": Goal(
        "tidal disruptions", _disruption, "tidal disruptions", _disruption, _told
    ),
    "hostless_transients": Goal(
        NO_LABEL, _none, "explosions, whatever their host", _of(*EXPLOSIONS), _told
    ),
    "infant_supernovae": Goal(
        "supernovae younger than 3 days", _young(3), "supernovae", _supernova, _told
    ),
    "cataclysmic_outbursts": Goal(
        "cataclysmic variables 2 mag above the template",
        _above("cataclysmic", 2),
        "cataclysmic variables",
        _of("cataclysmic"),
        _told,
    ),
    "variable_star_outbursts": Goal(
        "stars at twice the template's light",
        _above("star", 0.75),
        "stars, cataclysmic ones too",
        _star,
        _told,
    ),
    "agn_flares": Goal(
        "active nuclei 0.4 mag above the template",
        _above("active nucleus", 0.4),
        "active nuclei",
        _nucleus,
        _told,
    ),
    "solar_system": Goal(
        "known asteroids, by the same column", _of(ASTEROID), "the same", _of(ASTEROID), _told
    ),
    "bright_transients": Goal(
        "supernovae and disruptions below magnitude 18.5",
        _bright,
        "explosions",
        _of(*EXPLOSIONS),
        _told,
    ),
    "artefacts": Goal("a survey's score below 0.1", _low, "the same", _low, _scored),
}
"""What each filter is for."""


def give_scores(batch: AlertBatch, cache: Path = CACHE) -> None:
    """Let the served classifiers score the alerts, or read what they said the last time."""
    classifiers = served(prior="even")  # each filter brings them to the prior that it means
    key = np.array([*(one.identity.sha256 for one in classifiers)])
    labels = {one.name: one.columns for each in classifiers for one in each.gives}
    if not _kept(batch, cache, key, labels):
        parts = [batch.take(np.arange(at, min(at + BATCH, len(batch)))) for at in _starts(batch)]
        for part in parts:
            assert run_stages(part, classifiers) == ()
        for name, columns in labels.items():
            scores = np.concatenate([part.scores[name] for part in parts])
            batch.learned[name] = Learned.probabilities(columns, scores)
        cache.parent.mkdir(exist_ok=True)
        np.savez(cache, ids=batch.alert_id, key=key, **batch.scores)  # type: ignore[arg-type]


def _kept(
    batch: AlertBatch, cache: Path, key: NDArray[np.str_], labels: Mapping[str, Sequence[str]]
) -> bool:
    if not cache.exists():
        return False
    with np.load(cache) as kept:
        same = np.array_equal(kept["ids"], batch.alert_id) and np.array_equal(kept["key"], key)
        if same:
            batch.learned.update(
                {name: Learned.probabilities(labels[name], kept[name]) for name in kept.files[2:]}
            )
    return same


def _starts(batch: AlertBatch) -> range:
    return range(0, len(batch), BATCH)


def measure(selection: Selection, known: Labelled) -> Found:
    """One filter's figures."""
    batch, goal = known.batch, GOALS[selection.name]
    decision, meant = selection.judge(batch), goal.alerts(known)
    told = decision.selected & goal.told(known)
    right = told & goal.right(known) if goal.right else np.zeros_like(told)
    judged = told if goal.right else right
    return Found(
        selection.name,
        goal,
        decision.selected,
        int(decision.unknown.sum()),
        _us(selection, batch),
        share(batch, decision.selected, meant),
        share(batch, right, judged),
        share(batch, told, decision.selected),
        _missed(known, decision, meant),
        tuple(
            Sample(
                network,
                share(batch, own, meant),
                share(batch, decision.selected, meant & ~own),
                share(batch, own, judged),
                share(batch, right, judged & ~own),
            )
            for network, own in _learnt_of(selection, known).items()
        ),
    )


def _learnt_of(selection: Selection, known: Labelled) -> dict[str, Mask]:
    """What the networks that the filter asks learnt from; of several, also what any of them did."""
    read = networks_of(selection, known.batch)
    learnt_of = {name: rows for name, rows in known.learnt.items() if name in read}
    together: Mask = np.any([*learnt_of.values()], axis=0)
    return {**learnt_of, ANY: together} if len(learnt_of) > 1 else learnt_of


def share(batch: AlertBatch, found: Mask, of: Mask) -> Share:
    """Objects with an alert in `of`, and those that have one in `found`, too."""
    there, wanted = (set(batch.object_id[rows].tolist()) for rows in (found, of))
    return Share(len(wanted & there), len(wanted))


def _missed(known: Labelled, decision: Decision, meant: Mask) -> str:
    """For each object that was missed the clause that refused the alert which came farthest."""
    names = known.batch.object_id
    missed = set(names[meant].tolist()) - set(names[decision.selected].tolist())
    reached: dict[str, int] = {}
    for row in np.flatnonzero(meant):
        name = str(names[row])
        if name in missed:
            reached[name] = max(reached.get(name, 0), int(decision.trace[row]))
    counts = Counter(decision.clauses[clause] for clause in reached.values())
    return ", ".join(f"{clause} {count}" for clause, count in counts.most_common()) or "–"


def _us(selection: Selection, batch: AlertBatch) -> float:
    """CPU time an alert, in batches of BATCH."""
    parts = [batch.take(np.arange(at, min(at + BATCH, len(batch)))) for at in _starts(batch)]
    laps = []
    for _ in range(LAPS):
        began = time.process_time()
        for part in parts:
            selection.judge(part)
        laps.append(time.process_time() - began)
    return 1e6 * median(laps) / len(batch)


def main() -> None:
    """Measure, and write the page."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not Path(named).is_dir() or not named:
        sys.exit("GUESTSTAR_DATA names no folder of real alerts; set it")
    data = Path(named)
    everything = read_real_alerts(data)
    rows = np.flatnonzero(~rewritten(everything.records))
    alerts = RealAlerts(everything.batch.take(rows), [everything.records[row] for row in rows])
    give_scores(alerts.batch)
    known = labelled(alerts, data, learnt(alerts, supernova_taught()))
    selections = {one.name: one for one in load(builtins=builtin_names())}
    all_found = [measure(selections[name], known) for name in GOALS]
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(page(known, all_found, everything.batch), encoding="utf-8")
    Console().print(f"written: {FIGURES}")


if __name__ == "__main__":
    main()
