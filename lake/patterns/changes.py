"""Long trends and changes of state: whether one state, a line or two states describe an object."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.patterns.points import Points
from schemas.batch import Floats

POINTS_MIN: Final = 20
STATE_POINTS_MIN: Final = 8
"""Before a change and after it."""
YEAR_DAYS: Final = 365.25


class Trend(NamedTuple):
    """A line through all bands, each with a level of its own."""

    trend_njy_per_year: float = math.nan
    trend_sigmas: float = math.nan
    """Over its error, by the scatter about it; signed."""


class Change(NamedTuple):
    """The instant before and after which an object was most unlike, in level or in scatter."""

    change_mjd: float = math.nan
    change_score: float = math.nan
    """Twice the log of how much likelier two states are than one, by a normal law."""
    change_level_sigmas: float = math.nan
    """Level after less level before, by the scatter before."""
    change_scatter_ratio: float = math.nan
    """Scatter after over scatter before, each about its own level; noise alone is 1."""


def trend_of(points: Points) -> Trend:
    """NaN of fewer than POINTS_MIN, or all at once."""
    if len(points.mjd) < POINTS_MIN or np.ptp(points.mjd) <= 0:
        return Trend()
    weight = points.flux_err_njy**-2
    years = _about_mean((points.mjd - points.mjd[0]) / YEAR_DAYS, points.band, weight)
    flux = _about_mean(points.flux_njy, points.band, weight)
    lever = float(np.sum(weight * years**2))
    if lever <= 0:
        return Trend()
    slope = float(np.sum(weight * years * flux)) / lever
    free = len(years) - len(np.unique(points.band)) - 1
    scatter = float(np.sum(weight * (flux - slope * years) ** 2)) / max(free, 1)
    return Trend(slope, slope / math.sqrt(max(scatter, 1.0) / lever))


def change_of(points: Points) -> Change:
    """NaN of too few points. A state's scatter is never less than what errors alone give."""
    count = len(points.mjd)
    if count < max(POINTS_MIN, 2 * STATE_POINTS_MIN):
        return Change()
    before = _sums(points)
    after = before[-1] - before
    one, two = _scatter(before), _scatter(after)
    at = np.arange(count)
    score = count * np.log(one[-1]) - (at + 1) * np.log(one) - (count - at - 1) * np.log(two)
    some = slice(STATE_POINTS_MIN - 1, count - STATE_POINTS_MIN)
    place = STATE_POINTS_MIN - 1 + int(score[some].argmax())
    return Change(
        float(points.mjd[place + 1]),
        float(score[place]),
        _level_change(before[place], after[place]) / math.sqrt(one[place]),
        math.sqrt(two[place] / one[place]),
    )


def _about_mean(values: Floats, band: NDArray[np.int8], weight: Floats) -> Floats:
    """Less the weighted mean of each band."""
    _, place = np.unique(band, return_inverse=True)
    mean = np.bincount(place, weight * values) / np.bincount(place, weight)
    return np.asarray(values - mean[place])


def _sums(points: Points) -> Floats:
    """Up to each point, it included, of each band: (n, bands, 4) of 1, w, wf and wff."""
    codes, place = np.unique(points.band, return_inverse=True)
    weight = points.flux_err_njy**-2
    flux = _about_mean(points.flux_njy, points.band, weight)
    terms = np.stack([np.ones(len(flux)), weight, weight * flux, weight * flux**2], axis=1)
    spread = np.zeros((len(flux), len(codes), 4))
    spread[np.arange(len(flux)), place] = terms
    return np.asarray(spread.cumsum(axis=0))


def _scatter(sums: Floats) -> Floats:
    """Mean square of what is left about each band's level, in errors; 1 at least, (n,)."""
    count, weight, first, second = np.moveaxis(sums, -1, 0)
    there = count > 0.5
    left = np.where(there, second - first**2 / np.where(there, weight, 1.0), 0.0).sum(axis=1)
    free = np.maximum(count.sum(axis=1) - there.sum(axis=1), 1)
    return np.asarray(np.maximum(left / free, 1.0))


def _level_change(before: Floats, after: Floats) -> float:
    """In errors, the mean over bands that both have, weighed by their points."""
    both = (before[:, 0] > 0.5) & (after[:, 0] > 0.5)
    if not both.any():
        return math.nan
    apart = after[both, 2] / after[both, 1] - before[both, 2] / before[both, 1]
    typical_err = np.sqrt((before + after)[both, 0] / (before + after)[both, 1])
    return float(np.average(apart / typical_err, weights=(before + after)[both, 0]))
