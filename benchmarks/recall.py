"""`python -m benchmarks.recall`: the built-in filters on every real alert, held to labels.

Decodes and scores all alerts of GUESTSTAR_DATA once (scores are kept in .cache/recall.npz), lets
each built-in filter judge them, and writes docs/filters/figures.md: alerts and objects selected,
recall on labelled objects with its binomial interval, what was selected, and the time.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.labels import ASTEROID, KINDS, SUPERNOVAE, UNKNOWN, Labelled, labelled
from benchmarks.real_alerts import (
    RealAlerts,
    lacking_survey_score,
    read_real_alerts,
    rewritten,
)
from classifiers.served import served
from filters.alerts import Alerts
from filters.clauses import brightening_mag
from filters.decision import Decision
from filters.selection import Selection
from filters.sources import builtin_names, load
from schemas.batch import AlertBatch
from schemas.learned import Learned
from schemas.stage import run_stages
from training.lightcurve.objects.supernovae import archive_names

Mask = NDArray[np.bool_]
CACHE = Path(".cache/recall.npz")
FIGURES = Path("docs/filters/figures.md")
BATCH = 256
LAPS = 7
"""Runs of each filter over all alerts, of which the median is quoted."""
SIGMA_95 = 1.96
LOW_SCORE = 0.1


class Goal(NamedTuple):
    """What a filter should find here: the alerts (n,) of labelled objects, and in words."""

    words: str
    alerts: Callable[[Labelled], Mask]


class Found(NamedTuple):
    """One filter on all alerts."""

    name: str
    selected: Mask
    unknown: int
    us: float
    meant: int
    recalled: int
    missed: str
    """The clauses that refused the meant objects which were not found."""
    apart: tuple[int, int] | None
    """Where a network's learning matters: meant and found of objects that it did not learn from."""


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


NOTHING = Goal("none is labelled so", lambda known: np.zeros(len(known.batch), np.bool_))
GOALS: Mapping[str, Goal] = {
    "young_supernovae": Goal("supernovae younger than 20 days", _young(20)),
    "type_ia_supernovae": Goal("type Ia that the network scored", _scored_ia),
    "fast_transients": NOTHING,
    "nuclear_transients": Goal("tidal disruptions", _of("disruption")),
    "hostless_transients": NOTHING,
    "infant_supernovae": Goal("supernovae younger than 3 days", _young(3)),
    "cataclysmic_outbursts": Goal(
        "cataclysmic variables 2 mag above the template", _above("cataclysmic", 2)
    ),
    "variable_star_outbursts": Goal("stars at twice the template's light", _above("star", 0.75)),
    "agn_flares": Goal("active nuclei 0.4 mag above the template", _above("active nucleus", 0.4)),
    "solar_system": Goal("known asteroids, by the same column", _of(ASTEROID)),
    "bright_transients": Goal("supernovae and disruptions below magnitude 18.5", _bright),
    "artefacts": Goal(
        "objects with a survey's score below 0.1",
        lambda known: known.batch.survey_real_score < LOW_SCORE,
    ),
}
LEARNT_MATTERS = "type_ia_supernovae"
"""The filter that asks the network which was taught with some of these objects' light curves."""


def interval(found: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, 209)."""
    share, z = found / of, SIGMA_95
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


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
    decision, meant = selection.judge(known.batch), GOALS[selection.name].alerts(known)
    selected = decision.selected
    apart = _counted(known, selected, meant & ~known.learnt)
    return Found(
        selection.name,
        selected,
        int(decision.unknown.sum()),
        _us(selection, known.batch),
        *_counted(known, selected, meant),
        _missed(known, decision, meant),
        apart if selection.name == LEARNT_MATTERS else None,
    )


def _counted(known: Labelled, selected: Mask, meant: Mask) -> tuple[int, int]:
    """Objects that are meant, and of those the ones with a selected alert."""
    names = known.batch.object_id
    wanted = set(names[meant].tolist())
    return len(wanted), len(wanted & set(names[selected].tolist()))


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


HEADINGS = (
    *("filter", "alerts", "objects", "unknown", "found", "95 %", "µs"),
    *("labelled, and meant", "missed at"),
)


def summary(found: Found, known: Labelled) -> tuple[str, ...]:
    """A row of the first table."""
    objects = len(set(known.batch.object_id[found.selected].tolist()))
    recall, error = "–", "–"
    if found.meant:
        low, high = interval(found.recalled, found.meant)
        recall = f"{found.recalled} of {found.meant}"
        error = f"{low:.0%}-{high:.0%}"
    counts = (f"{int(found.selected.sum()):,}", f"{objects:,}", f"{found.unknown:,}")
    words = (GOALS[found.name].words, found.missed)
    return (found.name, *counts, recall, error, f"{found.us:.1f}", *words)


def selected_kinds(found: Found, known: Labelled) -> list[int]:
    """Selected objects by kind, in the order of KINDS, those without a label last."""
    rows = np.flatnonzero(found.selected)
    kinds = {str(known.batch.object_id[row]): str(known.kind[row]) for row in rows}
    return [list(kinds.values()).count(kind) for kind in (*KINDS, UNKNOWN)]


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(known: Labelled, all_found: Sequence[Found], everything: AlertBatch) -> str:
    """What is written to FIGURES; `everything` has the alerts that were left out, too."""
    batch = known.batch
    surveys = {name: int((batch.survey == name).sum()) for name in ("ztf", "lsst")}
    kinds = [
        (found.name, *(str(count or "") for count in selected_kinds(found, known)))
        for found in all_found
    ]
    split = next(found for found in all_found if found.apart)
    assert split.apart
    counts = selected_kinds(split, known)
    right, labelled_so = counts[KINDS.index("type Ia")], sum(counts[:-1])
    return TEXT.format(
        alerts=len(batch),
        ztf=surveys["ztf"],
        lsst=surveys["lsst"],
        objects=len(set(batch.object_id.tolist())),
        lacking=int(lacking_survey_score(everything).sum()),
        all_ztf=int((everything.survey == "ztf").sum()),
        left_out=len(everything) - len(batch),
        labelled=len({*batch.object_id[known.kind != UNKNOWN].tolist()}),
        batch=BATCH,
        table=markdown(HEADINGS, [summary(found, known) for found in all_found]),
        kinds=markdown(("filter", *KINDS, "no label"), kinds),
        learnt=f"{split.apart[1]} of {split.apart[0]}",
        both=f"{split.recalled} of {split.meant}",
        pure=f"{right} of {labelled_so}",
        pure_interval="{:.0%}-{:.0%}".format(*interval(right, labelled_so)),
    )


TEXT = """# Built-in filters on real alerts

Written by `python -m benchmarks.recall`; no figure here is typed by hand.

{alerts:,} alerts of {objects:,} objects, each once: {ztf:,} of ZTF and {lsst:,} of Rubin.
{left_out:,} more of ZTF were left out: packets whose history was rewritten to test another broker,
a month's points at one instant. **These are no survey's rates.** Most of the folders were picked by
their owners to fire filters, {lacking:,} of all {all_ztf:,} alerts of ZTF have no drb, and Rubin's
are of two small programmes.

{labelled:,} objects have a label: a spectroscopic class (Bright Transient Survey, Transient Name
Server, Superphot+, ALeRCE's archive), a known asteroid within 1.5 arcsec, or SIMBAD's class there.

An object counts as found where any of its alerts is selected. "Labelled, and meant" are the
labelled objects with an alert that the filter is for; 95 % is Wilson's binomial interval. "Missed
at" are the clauses that refused the others. Unknown are alerts that were refused by what was not
measured. µs is CPU time an alert at batch {batch}, of both surveys, on the machine that wrote this.

{table}

- **Not independent of the networks.** The real/bogus network was taught with these very alerts of
  ZTF, so every recall that asks it (all but the solar system's) may be flattered, and `artefacts`
  is agreement with another network. The supernova network was taught with some of these objects'
  light curves: of the type Ia that it did not learn from {learnt} were found, of all {both}. Of
  the objects with a label that were selected as type Ia, {pure} are ({pure_interval}).
- **Circular.** A known asteroid is labelled by the column that `solar_system` reads.
- **Not measured.** No kilonova, no afterglow and no hostless transient is labelled as one here.

## What was selected

Objects by what they are known to be. Most have no label: neither right nor wrong.

{kinds}
"""


def main() -> None:
    """Measure, print, and write the page."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not Path(named).is_dir() or not named:
        sys.exit("GUESTSTAR_DATA names no folder of real alerts; set it")
    console, data = Console(), Path(named)
    everything = read_real_alerts(data)
    rows = np.flatnonzero(~rewritten(everything.records))
    alerts = RealAlerts(everything.batch.take(rows), [everything.records[row] for row in rows])
    give_scores(alerts.batch)
    known = labelled(alerts, data, frozenset(archive_names(data)))
    selections = {one.name: one for one in load(builtins=builtin_names())}
    all_found = [measure(selections[name], known) for name in GOALS]
    table = Table(*HEADINGS[:7], title=f"{len(alerts.batch):,} real alerts; no survey's rates")
    for found in all_found:
        table.add_row(*summary(found, known)[:7])
    console.print(table)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(page(known, all_found, everything.batch), encoding="utf-8")
    console.print(f"written: {FIGURES}")


if __name__ == "__main__":
    main()
