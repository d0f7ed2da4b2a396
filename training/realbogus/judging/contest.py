"""The AUC of low-scored against other alerts, of many scores under the same draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import Measured, drawn, measured, over_seeds

FIELD_NIGHTS_MIN = 5
"""Of fewer, single alerts are drawn instead: their interval is too narrow, but there is one."""


def numbered(*field_nights: Ints) -> list[Ints]:
    """The same field-nights numbered from zero without gaps, over all the columns together."""
    codes = np.unique(np.concatenate(field_nights), return_inverse=True)[1].ravel()
    return np.split(codes.astype(np.int64), np.cumsum([len(one) for one in field_nights])[:-1])


def few(*field_nights: Ints) -> bool:
    """Whether one of these columns holds too few field-nights to draw them."""
    return any(len(np.unique(one)) < FIELD_NIGHTS_MIN for one in field_nights)


def measured_mean(columns: Floats, field_night: Ints, seed: int) -> Measured:
    """The mean of a column (networks, n) over networks and alerts, with its interval."""
    by_alert, random = few(field_night), np.random.default_rng(seed)
    (group,) = numbered(np.arange(len(field_night)) if by_alert else field_night)
    count = int(group.max()) + 1
    weights = drawn(np.zeros(count, np.int64), random)
    sizes = weights @ np.bincount(group, minlength=count)
    each = np.stack([weights @ np.bincount(group, one, count) / sizes for one in columns])
    return measured(over_seeds(each, random), by_alert=by_alert)


def auc(low: Mask, score: Floats) -> float:
    """The chance that a row that is not low scores above one that is; half for a tie.

    NaN where one of the two sides is empty. `low` and `score` are (n,).
    """
    pairs = _in_order(low, score, np.zeros(len(score), np.int64), 1).sum()
    count = (~low).sum() * low.sum()
    return float(pairs / count) if count else np.nan


@dataclass(frozen=True)
class Contest:
    """n alerts, of which some are low, and draws of the field-nights that they come from."""

    low: Mask
    group: Ints
    """(n,) in [0, G)."""
    weights: Floats
    """(1 + rounds, G), as `bootstrap.drawn` gives them."""
    seed: int
    """Of the draws of networks, one and the same for each score."""
    by_alert: bool
    """Whether each alert is its own group, for want of field-nights."""

    @classmethod
    def of(cls, low: Mask, field_night: Ints, seed: int) -> Contest:
        """Draw whole field-nights of these alerts with replacement; alerts where there are few."""
        by_alert = few(field_night[low], field_night[~low])
        (group,) = numbered(np.arange(len(low)) if by_alert else field_night)
        strata = np.zeros(int(group.max()) + 1, np.int64)
        return cls(low, group, drawn(strata, np.random.default_rng(seed)), seed, by_alert)

    def measured(self, score: Floats) -> Measured:
        """The mean over networks of the AUC of a score (networks, n)."""
        return measured(self._mean(score, _known(score)), by_alert=self.by_alert)

    def gain(self, score: Floats, other: Floats) -> Measured:
        """The first score's AUC less the other's, over the rows and the draws of both."""
        known = _known(score) & _known(other)
        difference = self._mean(score, known) - self._mean(other, known)
        return measured(difference, by_alert=self.by_alert)

    def _mean(self, score: Floats, known: Mask) -> Floats:
        """(1 + rounds,)."""
        each = np.stack([self._auc(one[known], known) for one in score])
        return over_seeds(each, np.random.default_rng(self.seed))

    def _auc(self, score: Floats, known: Mask) -> Floats:
        """Of one network in each draw, (1 + rounds,).

        The weighted count of pairs in order is bilinear in the weights, so the pairs are counted
        once, by field-night and field-night.
        """
        low, group, count = self.low[known], self.group[known], self.weights.shape[1]
        lower = self.weights[:, np.unique(group[low])]
        pairs = ((self.weights @ _in_order(low, score, group, count)) * lower).sum(axis=1)
        sides = [
            self.weights @ np.bincount(group[side], minlength=count).astype(np.float64)
            for side in (low, ~low)
        ]
        with np.errstate(invalid="ignore"):
            share: Floats = pairs / (sides[0] * sides[1])
        return share


def _known(score: Floats) -> Mask:
    """Which alerts every network scored, (n,)."""
    return np.logical_not(np.isnan(score).any(axis=0))


def _in_order(low: Mask, score: Floats, group: Ints, count: int) -> Floats:
    """How many pairs are in order, by group of the higher and of the low one, (count, lows')."""
    order = np.argsort(score[~low], kind="stable")
    highs, high_group = score[~low][order], group[~low][order]
    lower = np.unique(group[low])
    pairs = np.zeros((count, len(lower)))
    for column, one in enumerate(lower):
        below = _below(np.sort(score[low & (group == one)]), highs)
        pairs[:, column] = np.bincount(high_group, below, count)
    return pairs


def _below(lows: Floats, highs: Floats) -> Floats:
    """How many of `lows`, sorted, lie below each of `highs`; half for a tie."""
    twice = lows.searchsorted(highs, "left") + lows.searchsorted(highs, "right")
    return twice / 2
