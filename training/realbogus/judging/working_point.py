"""What passes the thresholds that filters use, by kind of alert and by sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from filters.clauses import FADED_SCORE_MIN, REAL_SCORE_MIN
from training.arrays import Floats, Mask
from training.bootstrap import Measured
from training.realbogus.judging.agreement import DRB_HIGH_MIN, DRB_LOW_MAX, high, low
from training.realbogus.judging.contest import measured_mean
from training.realbogus.judging.outcome import Scored
from training.realbogus.judging.recall import UNCHOSEN, unchosen_asteroids
from training.realbogus.judging.thresholds import beyond_the_seen, weighted_limit
from training.realbogus.labels import REAL

PASSING_MAX = 0.05
"""Of the low alerts of a sign, at most, where the threshold of that sign is chosen."""
BEFORE = 0.65
"""Filters' threshold up to version 0.2.0 of the network, which was never measured."""
LOW, MIDDLE = f"drb below {DRB_LOW_MAX}", f"drb below {DRB_HIGH_MIN}"
HIGH = f"drb of {DRB_HIGH_MIN} or more"
SPECTROSCOPIC, SIMBAD = "spectroscopic class", "SIMBAD class"
KINDS = (LOW, MIDDLE, HIGH, UNCHOSEN, SPECTROSCOPIC, SIMBAD)
BRIGHTENED, FADED = "brightened", "faded"


@dataclass(frozen=True)
class Share:
    """Alerts of one kind and sign, and what share of them passes each threshold."""

    part: str
    count: int
    at_before: Measured
    """Above BEFORE."""
    at_filters: Measured
    """Above what filters ask for of its sign."""


@dataclass(frozen=True)
class WorkingPoint:
    """All kinds, and the thresholds of both signs that PASSING_MAX chooses."""

    shares: tuple[Share, ...]
    strict: dict[str, float]
    """By sign; the mean over networks."""

    def share(self, part: str) -> Share:
        return next(one for one in self.shares if one.part == part)


def working_point(scored: Scored, seed: int) -> WorkingPoint:
    """Of ZTF's alerts, each scored out of fold; `seed` is of the draws."""
    ours = scored.ours[:, :, REAL]
    asked = np.where(scored.negative, FADED_SCORE_MIN, REAL_SCORE_MIN)
    passing = [ours > BEFORE, ours > asked]
    shares = tuple(_share(scored, part, mask, passing, seed) for part, mask in _parts(scored))
    mean = np.mean([_limits(scored, one) for one in ours], axis=0).tolist()
    return WorkingPoint(shares, dict(zip((BRIGHTENED, FADED), mean, strict=True)))


def _limits(scored: Scored, score: Floats) -> list[float]:
    """Of one network, by sign: brightened, then faded."""
    sides = [low(scored) & (scored.negative == sign) for sign in (False, True)]
    return [
        float(weighted_limit(score[one], np.ones((1, one.sum())), 1 - PASSING_MAX)[0])
        for one in sides
    ]


def _parts(scored: Scored) -> Iterator[tuple[str, Mask]]:
    ztf = scored.survey == "ztf"
    masks = (
        low(scored),
        ztf & (scored.drb < DRB_HIGH_MIN),
        high(scored),
        unchosen_asteroids(scored),
        ztf & (scored.spectroscopic != ""),
        ztf & (scored.simbad != ""),
    )
    for name, mask in zip(KINDS, masks, strict=True):
        yield name, mask
        yield f"… {BRIGHTENED} ({name})", mask & ~scored.negative
        yield f"… {FADED} ({name})", mask & scored.negative


def _share(scored: Scored, part: str, mask: Mask, passing: list[Mask], seed: int) -> Share:
    count = int(mask.sum())
    if not count:
        return Share(part, 0, *[Measured(np.nan)] * 2)
    where = scored.field_night[mask]
    found = [measured_mean(one[:, mask].astype(np.float64), where, seed) for one in passing]
    return Share(part, count, *(beyond_the_seen(one, count) for one in found))
