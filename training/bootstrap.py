"""Intervals from draws with replacement of whatever is independent: objects, or whole field-nights.

Row 0 of a table of weights is the sample as it is and each further row one draw, so that a figure
and its draws come from the same code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Ints

ROUNDS = 1000
INTERVAL_PERCENT = (2.5, 97.5)
DRAWS_MIN = 100
"""Draws that hold both sides; the ends of an interval of fewer are two or three draws."""
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
    """Whether single alerts were drawn, for want of groups: the interval is then too narrow."""

    @property
    def clear(self) -> bool:
        """Whether it is above zero by two standard errors; false where the error is unknown."""
        return self.value > 0 and bool(self.value >= CLEAR_ERRORS * self.error)


def drawn(strata: Ints, random: np.random.Generator, rounds: int = ROUNDS) -> Floats:
    """How often each of G units comes, (1 + rounds, G): row 0 each once, then the draws.

    Drawn with replacement within each stratum; `strata` is (G,).
    """
    weights = np.ones((1 + rounds, len(strata)))
    for one in np.unique(strata):
        members = np.flatnonzero(strata == one)
        share = np.full(len(members), 1 / len(members))
        weights[1:, members] = random.multinomial(len(members), share, size=rounds)
    return weights


def over_seeds(figures: Floats, random: np.random.Generator) -> Floats:
    """The mean over seeds, (1 + rounds,), of figures (seeds, 1 + rounds).

    Each round draws its seeds as well, with replacement: nets are a sample as their alerts are.
    """
    seeds, columns = figures.shape
    picked = random.integers(seeds, size=(columns, seeds))
    picked[0] = np.arange(seeds)
    mean: Floats = figures[picked, np.arange(columns)[:, None]].mean(axis=1)
    return mean


def measured(figures: Floats, *, by_alert: bool = False) -> Measured:
    """The figure in place 0 with the interval of the rest, (1 + rounds,).

    Rounds that are NaN, where one side was not drawn at all, are passed over.
    """
    draws = figures[1:][~np.isnan(figures[1:])]
    if len(draws) < DRAWS_MIN:
        return Measured(float(figures[0]))
    low, high = np.percentile(draws, INTERVAL_PERCENT)
    error = float(draws.std(ddof=1))
    return Measured(float(figures[0]), float(low), float(high), error, by_alert)
