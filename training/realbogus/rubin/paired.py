"""Ours less Rubin's layers, from the answers that are kept: the same alerts, the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Mask
from training.bootstrap import CLEAR_ERRORS, Measured, drawn, measured
from training.realbogus.answers import NOT_DRAWN, read
from training.realbogus.judging.agreement import DRB_HIGH_MIN, DRB_LOW_MAX
from training.realbogus.judging.contest import Contest, few, numbered
from training.realbogus.judging.recall import REFUSED, UNCHOSEN
from training.realbogus.judging.simulated import SNR_MIN
from training.realbogus.judging.tables import figure
from training.realbogus.judging.thresholds import Gate, Sample
from training.realbogus.labels import REAL
from training.realbogus.verifying import NIGHT, RUBIN
from training.tables import counted, in_errors, table, verdict

Columns = dict[str, NDArray[Any]]
CLOUDED_NIGHT = 58729
"""For which our lesson of clouds was drawn, so that it flatters whoever had that lesson: both."""
SEED = 0
BOTH = ("ours", RUBIN)


class Difference(NamedTuple):
    """One figure of both."""

    what: str
    real: int
    bogus: int
    ours: Measured
    theirs: Measured
    less: Measured


def differences(path: Path) -> str:
    """What is clear, in words, and a line for each figure, as Markdown."""
    lines = list(found(path))
    sides = [[one.what for one in lines if _clear(one, sign)] for sign in (1, -1)]
    ahead = [f"{len(one)} of {len(lines)}{_named(one)}" for one in sides]
    return f"Ours is clearly ahead in {ahead[0]}, Rubin's layers in {ahead[1]}.\n\n{_table(lines)}"


def _clear(one: Difference, sign: int) -> bool:
    return sign * one.less.value > 0 and sign * one.less.value >= CLEAR_ERRORS * one.less.error


def _named(names: Sequence[str]) -> str:
    return f" ({'; '.join(names)})" if names else ""


def _table(lines: Sequence[Difference]) -> str:
    return table(
        lines,
        ("figure", lambda one: one.what),
        ("real", lambda one: counted(one.real)),
        ("bogus", lambda one: counted(one.bogus)),
        ("ours", lambda one: figure(one.ours)),
        ("Rubin's layers", lambda one: figure(one.theirs)),
        ("difference", lambda one: figure(one.less)),
        ("errors", lambda one: in_errors(one.less)),
        ("clear", lambda one: verdict(any(_clear(one, sign) for sign in (1, -1)))),
    )


def found(path: Path) -> Iterator[Difference]:
    """Of alerts, then of what was drawn; where both have answered."""
    columns = read(path)
    columns = {name: one[np.isfinite(columns[RUBIN])] for name, one in columns.items()}
    stamps = columns["drawn"] != NOT_DRAWN
    alerts, exam = (
        {name: one[rows] for name, one in columns.items()} for rows in (~stamps, stamps)
    )
    yield from _of_alerts(alerts)
    yield from _of_exam(exam)


def _of_alerts(alerts: Columns) -> Iterator[Difference]:
    drb, night = alerts["drb"], alerts["night"]
    low, high = drb < DRB_LOW_MAX, drb >= DRB_HIGH_MIN
    rubin, flagged = alerts["survey"] == "lsst", alerts["flagged"]
    for name, rows in (
        (f"night {NIGHT}", night == NIGHT),
        ("all nights", np.ones(len(night), np.bool_)),
        (f"all nights but {CLOUDED_NIGHT}", night != CLOUDED_NIGHT),
    ):
        yield _auc(f"AUC against drb, {name}", alerts, low & rows, high & rows)
    yield _recall(alerts, low, alerts["asteroid"] & np.isnan(drb) & ~rubin)
    known = rubin & alerts["asteroid"] & ~flagged
    yield _auc("AUC, Rubin's known asteroids against its flagged", alerts, rubin & flagged, known)


def _of_exam(exam: Columns) -> Iterator[Difference]:
    real, rubin = exam["drawn"] == REAL, exam["survey"] == "lsst"
    bright = real & (exam["snr"] > SNR_MIN)
    yield _auc(f"simulated, S/N above {SNR_MIN:g}, AUC", exam, ~real, bright)
    yield _auc(f"… on Rubin's stamps (S/N above {SNR_MIN:g})", exam, ~real & rubin, bright & rubin)
    yield _meeting("simulated on Rubin's stamps, purity = completeness", exam, rubin)
    yield _meeting("simulated on ZTF's stamps, purity = completeness", exam, ~rubin)


def _auc(what: str, columns: Columns, bogus: Mask, real: Mask) -> Difference:
    some = bogus | real
    contest = Contest.of(bogus[some], columns["field_night"][some].astype(np.int64), SEED)
    ours, theirs = (columns[name][some].astype(np.float64)[None] for name in BOTH)
    measures = contest.measured(ours), contest.measured(theirs), contest.gain(ours, theirs)
    return Difference(what, int(real.sum()), int(bogus.sum()), *measures)


def _recall(alerts: Columns, low: Mask, asteroids: Mask) -> Difference:
    where = Sample(alerts["field_night"].astype(np.int64), alerts["night"].astype(np.int64))
    gate = Gate(where.take(low), where.take(asteroids), REFUSED, SEED, other_nights=True)
    pairs = [(alerts[name][None, low], alerts[name][None, asteroids]) for name in BOTH]
    measures = *(gate.passing(*pair).passed for pair in pairs), gate.gain(*pairs)
    what = f"recall of {UNCHOSEN}, {100 * REFUSED:.0f} % of the low refused"
    return Difference(what, int(asteroids.sum()), int(low.sum()), *measures)


def _meeting(what: str, exam: Columns, rows: Mask) -> Difference:
    real, night = exam["drawn"][rows] == REAL, exam["field_night"][rows].astype(np.int64)
    by_alert = few(night[real], night[~real])
    (group,) = numbered(np.arange(len(night)) if by_alert else night)
    strata = np.zeros(int(group.max()) + 1, np.int64)
    weights = drawn(strata, np.random.default_rng(SEED))[:, group]
    ours, theirs = (met(real, exam[name][rows], weights) for name in BOTH)
    of: Callable[[Floats], Measured] = lambda draws: measured(draws, by_alert=by_alert)  # noqa: E731
    return Difference(
        what, int(real.sum()), int((~real).sum()), of(ours), of(theirs), of(ours - theirs)
    )


def met(real: Mask, score: NDArray[np.float32], weights: Floats) -> Floats:
    """The share at which purity equals completeness in each draw, (1 + rounds,).

    Purity is of as many sources as artefacts; weights are (1 + rounds, n).
    """
    order = np.argsort(-score, kind="stable")
    sources, artefacts = weights[:, order] * real[order], weights[:, order] * ~real[order]
    complete, false = (
        side.cumsum(axis=1) / side.sum(axis=1, keepdims=True) for side in (sources, artefacts)
    )
    with np.errstate(invalid="ignore"):
        gap = np.abs(complete / (complete + false) - complete)
    place = np.nanargmin(gap, axis=1)
    share: Floats = complete[np.arange(len(complete)), place]
    return share
