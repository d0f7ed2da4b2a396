"""The curves behind the pictures, in NumPy alone, so that they are tested without a picture.

Scores are (seeds, n). A mean is a mean of the seeds' curves, not the curve of their mean score:
that would be an ensemble's, which nobody serves, and flatter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import INTERVAL_PERCENT, drawn, over_seeds
from training.realbogus.judging.contest import few, numbered

ROUNDS = 400
"""With more, the edge of an interval moves by less than a line is wide."""
RATES = 160
"""Points of a curve: one for one or two screen pixels."""
NORMAL_95 = 1.959964
ROUNDING = 1e-9
"""Shares are sums of floats: one that equals a bound may come out this much above it."""


class Curve(NamedTuple):
    """A receiver operating characteristic."""

    rates: Floats
    """(RATES,) share of the bogus that passes, from that of one alert up to 1."""
    each: Floats
    """(seeds, RATES) share of the real that passes."""
    low: Floats
    """(RATES,) with `high` the 95 % interval of the mean."""
    high: Floats

    @property
    def mean(self) -> Floats:
        """Of the seeds, (RATES,)."""
        share: Floats = self.each.mean(axis=0)
        return share


def roc(real: Mask, scores: Floats, field_night: Ints, seed: int) -> Curve | None:
    """Of scores (seeds, n), with whole field-nights and seeds drawn with replacement.

    Rows that one of the networks gave no score take no part; None where one of the two sides
    is empty. Single alerts are drawn for want of field-nights.
    """
    known = ~np.isnan(scores).any(axis=0)
    real, scores = real[known], scores[:, known]
    if not real.any() or real.all():
        return None
    field_night = field_night[known]
    (group,) = numbered(np.arange(len(real)) if few(field_night) else field_night)
    strata = np.zeros(int(group.max()) + 1, np.int64)
    weights = drawn(strata, np.random.default_rng(seed), ROUNDS)[:, group]
    weights = weights[(weights @ real > 0) & (weights @ ~real > 0)]
    rates = np.geomspace(1 / (~real).sum(), 1.0, RATES)
    shares = np.stack([passing(real, score, rates, weights) for score in scores])
    means = [over_seeds(one, np.random.default_rng(seed)) for one in np.moveaxis(shares, 2, 0)]
    return Curve(rates, shares[:, 0], *np.percentile(means, INTERVAL_PERCENT, axis=1))


def passing(real: Mask, score: Floats, rates: Floats, weights: Floats) -> Floats:
    """The share of the real that passes where at most `rates` of the others do, (rounds, rates).

    `weights` is how often each row counts in each round, (rounds, n).
    """
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    sides = (side[order] for side in (real, ~real))
    summed = [(weights[:, order] * side).cumsum(axis=1)[:, last_of_tie] for side in sides]
    true, false = (np.insert(one / one[:, -1:], 0, 0.0, axis=1) for one in summed)
    place = [np.searchsorted(one, rates + ROUNDING, side="right") - 1 for one in false]
    return np.take_along_axis(true, np.stack(place), axis=1)


def wilson(share: Floats, count: Floats) -> Floats:
    """The 95 % interval of a share of `count` independent trials, (2, n) (Wilson 1927)."""
    z_squared = NORMAL_95**2
    middle = share + z_squared / (2 * count)
    half = np.sqrt(z_squared * (share * (1 - share) + z_squared / (4 * count)) / count)
    ends: Floats = np.stack([middle - half, middle + half]) / (1 + z_squared / count)
    return ends


def medians(x: Floats, y: Floats, bins: int, count_min: int) -> Floats:
    """Median x and y, (2, k), of at most `bins` equal parts by rising x, none below `count_min`."""
    count = min(bins, len(x) // count_min)
    parts = np.array_split(np.argsort(x, kind="stable"), count) if count else []
    pairs = [(np.median(x[part]), np.median(y[part])) for part in parts]
    return np.reshape(pairs, (-1, 2)).T.astype(np.float64)
