"""Intervals from draws of whole field-nights, as alerts of one sky and night are not independent.

Row 0 of a table of weights is the sample as it is and each further row one draw, so that a figure
and its draws come from the same code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 1000
INTERVAL_PERCENT = (2.5, 97.5)
DRAWS_MIN = 100
"""Draws that hold both sides; the ends of an interval of fewer are two or three draws."""
FIELD_NIGHTS_MIN = 5
"""Of fewer, single alerts are drawn instead: their interval is too narrow, but there is one."""
CLEAR_ERRORS = 2.0
"""Standard errors by which a difference is called clear."""


@dataclass(frozen=True)
class Measured:
    """A figure, its 95 % interval and its standard error; NaN where it cannot be drawn."""

    value: float
    low: float = np.nan
    high: float = np.nan
    error: float = np.nan
    by_alert: bool = False
    """Whether alerts were drawn, for want of field-nights: the interval is then too narrow."""

    @property
    def clear(self) -> bool:
        """Whether it is above zero by two standard errors; false where the error is unknown."""
        return self.value > 0 and bool(self.value >= CLEAR_ERRORS * self.error)


def drawn(strata: Ints, random: np.random.Generator, rounds: int = ROUNDS) -> Floats:
    """How often each of G field-nights comes, (1 + rounds, G): row 0 each once, then the draws.

    Drawn with replacement within each stratum; `strata` is (G,).
    """
    weights = np.ones((1 + rounds, len(strata)))
    for one in np.unique(strata):
        members = np.flatnonzero(strata == one)
        share = np.full(len(members), 1 / len(members))
        weights[1:, members] = random.multinomial(len(members), share, size=rounds)
    return weights


def numbered(*field_nights: Ints) -> list[Ints]:
    """The same field-nights numbered from zero without gaps, over all the columns together."""
    codes = np.unique(np.concatenate(field_nights), return_inverse=True)[1].ravel()
    return np.split(codes.astype(np.int64), np.cumsum([len(one) for one in field_nights])[:-1])


def few(*field_nights: Ints) -> bool:
    """Whether one of these columns holds too few field-nights to draw them."""
    return any(len(np.unique(one)) < FIELD_NIGHTS_MIN for one in field_nights)


def over_seeds(figures: Floats, random: np.random.Generator) -> Floats:
    """The mean over seeds, (1 + rounds,), of figures (seeds, 1 + rounds).

    Each round draws its seeds as well, with replacement: the nets are a sample as the nights are.
    """
    seeds, columns = figures.shape
    picked = random.integers(seeds, size=(columns, seeds))
    picked[0] = np.arange(seeds)
    mean: Floats = figures[picked, np.arange(columns)[:, None]].mean(axis=1)
    return mean


def measured(figures: Floats, *, by_alert: bool) -> Measured:
    """The figure in place 0 with the interval of the rest, (1 + rounds,).

    Rounds that are NaN, where one side was not drawn at all, are passed over.
    """
    draws = figures[1:][~np.isnan(figures[1:])]
    if len(draws) < DRAWS_MIN:
        return Measured(float(figures[0]))
    low, high = np.percentile(draws, INTERVAL_PERCENT)
    error = float(draws.std(ddof=1))
    return Measured(float(figures[0]), float(low), float(high), error, by_alert)


def measured_mean(columns: Floats, field_night: Ints, seed: int) -> Measured:
    """The mean of a column (networks, n) over networks and alerts, with its interval."""
    by_alert, random = few(field_night), np.random.default_rng(seed)
    (group,) = numbered(np.arange(len(field_night)) if by_alert else field_night)
    count = int(group.max()) + 1
    weights = drawn(np.zeros(count, np.int64), random)
    sizes = weights @ np.bincount(group, minlength=count)
    each = np.stack([weights @ np.bincount(group, one, count) / sizes for one in columns])
    return measured(over_seeds(each, random), by_alert=by_alert)
