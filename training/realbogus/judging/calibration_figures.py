"""Whether a probability means what it says: reliability, calibration error and Brier score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import Measured, drawn, measured, over_seeds
from training.realbogus.judging.agreement import high, low
from training.realbogus.judging.contest import few, measured_mean, numbered
from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.labels import REAL

BINS = 15
"""Equal in width, as Guo et al. 2017 (arXiv:1706.04599) have them."""


@dataclass(frozen=True)
class Bin:
    """Alerts whose probability lies in one bin, mean over networks."""

    above: float
    up_to: float
    count: float
    said: float
    """Mean probability; NaN in an empty bin, as the next."""
    found: float
    """Share that is real."""


@dataclass(frozen=True)
class Calibration:
    """Of P(real) against one idea of what is real."""

    against: str
    count: int
    share_real: float
    bins: tuple[Bin, ...]
    error: Measured
    """Expected calibration error: |said - found| over the bins, each by its count."""
    brier: Measured
    """Mean square of probability less truth (Brier 1950)."""


def calibrations(outcome: Outcome, seed: int) -> tuple[Calibration, ...]:
    """Against drb, which is agreement, and on the exam; those that hold anything."""
    found = (_with_drb(outcome.scored, seed), _on_exam(outcome.exam, seed))
    return tuple(one for one in found if one)


def _with_drb(scored: Scored, seed: int) -> Calibration | None:
    rows = low(scored) | high(scored)
    columns = scored.ours[:, rows, REAL], high(scored)[rows], scored.field_night[rows]
    return calibration("drb (agreement), at even odds", *columns, seed=seed, even=True)


def _on_exam(exam: Exam, seed: int) -> Calibration | None:
    columns = exam.ours[:, :, REAL], exam.label == REAL, exam.field_night
    return calibration("the exam (simulated)", *columns, seed=seed)


def calibration(
    against: str,
    probability: Floats,
    real: Mask,
    field_night: Ints,
    *,
    seed: int,
    even: bool = False,
) -> Calibration | None:
    """Of P(real), (networks, n); None where no row was scored by all of them.

    `even` weighs real and bogus rows so that each side counts half, where there are both.
    """
    known = ~np.isnan(probability).any(axis=0)
    if not known.any():
        return None
    said, truth, where = probability[:, known], real[known], field_night[known]
    weight = _weights(truth, even)
    return Calibration(
        against=against,
        count=int(known.sum()),
        share_real=float(truth.mean()),
        bins=_bins(said, truth, weight),
        error=_error(said, truth, weight, where, seed),
        brier=measured_mean(weight * (said - truth) ** 2, where, seed),
    )


def _weights(truth: Mask, even: bool) -> Floats:
    """Of each row, 1 on the mean."""
    share = truth.mean()
    if not even or share in {0.0, 1.0}:
        return np.ones(len(truth))
    return np.asarray(np.where(truth, 0.5 / share, 0.5 / (1 - share)))


def _places(said: Floats) -> Ints:
    """The bin of each probability; one exactly belongs to the last."""
    return np.minimum((said * BINS).astype(np.int64), BINS - 1)


def _bins(said: Floats, truth: Mask, weight: Floats) -> tuple[Bin, ...]:
    place, networks = _places(said).ravel(), len(said)
    count = np.bincount(place, minlength=BINS)
    total = np.bincount(place, np.tile(weight, networks), BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, (weight * said).ravel(), BINS) / total
        found = np.bincount(place, np.tile(weight * truth, networks), BINS) / total
    return tuple(
        Bin(
            one / BINS, (one + 1) / BINS, count[one] / networks, float(mean[one]), float(found[one])
        )
        for one in range(BINS)
    )


def _error(said: Floats, truth: Mask, weight: Floats, field_night: Ints, seed: int) -> Measured:
    """Mean over networks; each draw has its own bins' means."""
    by_alert, random = few(field_night), np.random.default_rng(seed)
    (group,) = numbered(np.arange(len(field_night)) if by_alert else field_night)
    groups = int(group.max()) + 1
    weights = drawn(np.zeros(groups, np.int64), random)
    sizes = weights @ np.bincount(group, weight, groups)
    cell = group * BINS + _places(said)
    excess = [
        weights @ np.bincount(place, weight * (one - truth), groups * BINS).reshape(groups, BINS)
        for place, one in zip(cell, said, strict=True)
    ]
    each = np.stack([np.abs(one).sum(axis=1) / sizes for one in excess])
    return measured(over_seeds(each, random), by_alert=by_alert)
