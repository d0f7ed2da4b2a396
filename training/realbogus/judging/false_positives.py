"""The threshold table: what a user gains and loses where so many false positives pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Mask
from training.realbogus.judging.agreement import high, low
from training.realbogus.judging.outcome import Outcome
from training.realbogus.judging.recall import sample, unchosen_asteroids
from training.realbogus.judging.simulated import sources
from training.realbogus.judging.thresholds import (
    ROUNDING,
    Gate,
    Passing,
    Sample,
    rate_max,
)
from training.realbogus.labels import REAL

RATES = (0.05, 0.01, 0.005, 0.001)


@dataclass(frozen=True)
class Threshold:
    """One row: a rate on one background, and what passes there."""

    background: str
    count: int
    rate: float
    measurable: bool
    """Whether the background holds the one alert that this rate lets pass."""
    threshold: float
    passing: Mapping[str, Passing | None]
    """By kind: "real" alerts with a high drb (agreement), known "asteroids" without one, "drawn"
    sources of the exam (simulated), and "low"-drb alerts that pass all the same, or "artefacts" of
    the exam; None where they set the threshold, where there are none, or where it is not
    measurable."""


@dataclass(frozen=True)
class FalsePositives:
    """Thresholds on real and on simulated backgrounds."""

    rows: tuple[Threshold, ...]
    count: int
    """Low-drb alerts."""
    rate_max: float
    """What a threshold that none of them passes says of the true rate, with 95 % confidence, were
    the alerts independent; they are not, so it is higher."""


@dataclass(frozen=True)
class _Kind:
    """Alerts of one kind, with our networks' P(real) of them, (networks, n)."""

    sample: Sample
    score: Floats


def false_positives(outcome: Outcome, seed: int) -> FalsePositives:
    """Every rate on both backgrounds; `seed` is of the draws."""
    scored, exam = outcome.scored, outcome.exam
    kinds = {
        "low": _real(outcome, low(scored)),
        "real": _real(outcome, high(scored)),
        "asteroids": _real(outcome, unchosen_asteroids(scored)),
        "drawn": _drawn(outcome, sources(exam)),
        "artefacts": _drawn(outcome, exam.label != REAL),
    }
    rows = [_row(kinds, key, rate, seed) for key in ("low", "artefacts") for rate in RATES]
    count = len(kinds["low"].sample)
    return FalsePositives(tuple(rows), count, rate_max(count))


def _real(outcome: Outcome, mask: Mask) -> _Kind:
    return _Kind(sample(outcome.scored, mask), outcome.scored.ours[:, mask, REAL])


def _drawn(outcome: Outcome, mask: Mask) -> _Kind:
    """Field-nights below zero, as the exam's are numbered apart; these gates read no night."""
    exam = outcome.exam
    apart = -1 - exam.field_night[mask]
    return _Kind(Sample(apart, apart), exam.ours[:, mask, REAL])


def _row(kinds: dict[str, _Kind], key: str, rate: float, seed: int) -> Threshold:
    background = kinds[key]
    count = len(background.sample)
    measurable = count * rate >= 1 - ROUNDING
    passing = {
        name: _passing(background, kind, rate, seed) if measurable and name != key else None
        for name, kind in kinds.items()
    }
    known = [one.threshold for one in passing.values() if one]
    return Threshold(
        background="low-drb alerts" if key == "low" else "the exam's artefacts (simulated)",
        count=count,
        rate=rate,
        measurable=measurable,
        threshold=known[0] if known else np.nan,
        passing=passing,
    )


def _passing(background: _Kind, kind: _Kind, rate: float, seed: int) -> Passing | None:
    if not len(kind.sample):
        return None
    gate = Gate(background.sample, kind.sample, 1 - rate, seed, other_nights=False)
    return gate.passing(background.score, kind.score)
