"""Does it wander, and does it swing without keeping time? Of what varies, by two likelihoods.

What varies at random and forgets, as active nuclei do, is a damped random walk; what swings about
a period for some cycles is a damped oscillation. Both are one kernel (`lake.patterns.oscillator`),
the walk its frequency 0, so that a ratio of likelihoods says how much better it is to swing. Red
noise is thereby what a period has to beat: a strict one, too, which costs its terms as BIC has it
(Schwarz 1978, Annals of Statistics 6, 461). Bands are one curve, each about its own mean and in
units of its own scatter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.patterns.periods import HARMONICS, PER_PEAK
from lake.patterns.points import Points
from schemas.batch import Floats

SIGNALS: Final = (0.7, 1.5)
"""Variances from which a swing is sought, in units of what is seen; a walk, from thrice, too."""
COHERENCES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Memories from which it is sought, in periods."""
APART: Final = 1 / 6
"""Of frequencies, in logarithms, for a memory of one period: as wide as half of a peak."""
MEMORIES: Final = 24
EXTRAS: Final = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 1.5)
"""Variances of scatter beside errors, in units of what is seen."""
FINER: Final = 9
"""Frequencies between two that were searched for a period."""
SHORTEST_DAYS, LONGEST_SPANS = 0.3, 30.0
"""Between which a memory lies; the second in the span of time."""
SIGNAL_LIMITS: Final = (0.01, 100.0)
SCATTER_MIN: Final = 0.05
"""Of a band beside noise, in the square of its typical error."""


@dataclass(frozen=True)
class SwingLimits:
    """What is sought, and when it is believed."""

    period_min_days: float = 5.0
    """Nights alone cannot tell what is shorter."""
    cycles_min: float = 3.0
    """In the span of time."""
    points_min: int = 40
    varies_min: float = 5.0
    """By how many times its own spread chi-squared is beyond what errors alone give."""
    score_min: float = 15.0
    """A swing that is less sure is not told."""
    spans_max: float = 3.0
    """Of time, that it remembers; what remembers longer keeps time, and has a period."""


LIMITS: Final = SwingLimits()


class Swing(NamedTuple):
    """What is found; NaN where there is too little, or nothing that varies."""

    wander_days: float = math.nan
    """How long a damped random walk that describes it remembers."""
    wander_score: float = math.nan
    """Twice the log of how much likelier that walk, or a swing that is told, is than white noise,
    or a strict period."""
    quasi_period_days: float = math.nan
    """NaN where nothing is sure, or a strict period is likelier."""
    quasi_quality: float = math.nan
    """pi times the cycles in which it forgets its phase; of the likeliest, sure or not."""
    quasi_score: float = math.nan
    """Twice the log of how much likelier a damped oscillation is than a damped random walk."""


class Curve(NamedTuple):
    """All bands as one, (n,) each."""

    days: Floats
    flux: Floats
    variance: Floats
    """Of each one's error."""


def swing_of(points: Points, period_days: float = math.nan, limits: SwingLimits = LIMITS) -> Swing:
    """Of one object's fluxes, without limits; period_days: a strict period, where one is sure."""
    from lake.patterns.oscillator import likeliest  # noqa: PLC0415 - loads numba

    if len(points.mjd) < limits.points_min or not _varies(points, limits.varies_min):
        return Swing()
    curve = joined(points)
    span = float(curve.days[-1])
    if span < limits.cycles_min * limits.period_min_days:
        return Swing()
    slow, fast = limits.cycles_min / span, 1 / limits.period_min_days
    memories = (SHORTEST_DAYS, LONGEST_SPANS * span)
    within = np.log(np.array([SIGNAL_LIMITS, memories, (slow, fast)]).T)
    walk = likeliest(*curve, _walks(span), within)
    swing = likeliest(*curve, _swings(slow, fast), within)
    memory, frequency = np.exp(swing[1:3])
    score = 2 * float(swing[3] - walk[3])
    sure = score >= limits.score_min and memory < limits.spans_max * span
    moved = float(swing[3] if sure else walk[3])
    still = _unmoved(curve, points.band, period_days)
    wanders = 2 * (moved - still) - math.log(len(curve.days))
    return Swing(
        math.exp(walk[1]),
        wanders,
        1 / float(frequency) if sure and wanders > 0 else math.nan,
        math.pi * float(memory * frequency),
        score,
    )


def joined(points: Points) -> Curve:
    """Each band less its mean, over its scatter beside noise."""
    flux, variance = np.empty(len(points.mjd)), np.empty(len(points.mjd))
    for band in np.unique(points.band):
        own = points.band == band
        errors = points.flux_err_njy[own] ** 2
        left = points.flux_njy[own] - np.average(points.flux_njy[own], weights=1 / errors)
        beside = max(float(np.mean(left**2 - errors)), SCATTER_MIN * float(np.median(errors)))
        flux[own], variance[own] = left / math.sqrt(beside), errors / beside
    return Curve(points.mjd - points.mjd[0], flux, variance)


def _varies(points: Points, sigmas: float) -> bool:
    """Whether it does beyond its errors, about each band's mean."""
    weight = points.flux_err_njy**-2
    codes, place = np.unique(points.band, return_inverse=True)
    mean = np.bincount(place, weight * points.flux_njy) / np.bincount(place, weight)
    free = len(place) - len(codes)
    beyond = float(np.sum(weight * (points.flux_njy - mean[place]) ** 2)) - free
    return free > 0 and beyond > sigmas * math.sqrt(2 * free)


def _unmoved(curve: Curve, band: NDArray[np.int8], period_days: float) -> float:
    """How likely white noise is, or a strict period with it, less what its terms cost."""
    none = np.zeros((len(band), 1))
    white = max(_white(curve, none, extra) for extra in EXTRAS)
    if math.isnan(period_days):
        return white
    away = np.linspace(-1, 1, FINER) / (2 * PER_PEAK * curve.days[-1])
    rivals = [_harmonics(curve.days, band, 1 / period_days + one) for one in away]
    closest = max(rivals, key=lambda one: _white(curve, one, EXTRAS[1]))
    strict = max(_white(curve, closest, extra) for extra in EXTRAS)
    cost: float = (closest.shape[1] - len(np.unique(band))) * math.log(len(band)) / 2
    return max(white, strict - cost)


def _harmonics(days: Floats, band: NDArray[np.int8], frequency: float) -> Floats:
    """(n, terms): of each band its mean and its sines and cosines."""
    turns = 2 * math.pi * frequency * np.outer(days, np.arange(1, HARMONICS + 1))
    own = np.column_stack([np.ones(len(days)), np.cos(turns), np.sin(turns)])
    return np.column_stack([own * (band == one)[:, None] for one in np.unique(band)])


def _white(curve: Curve, terms: Floats, extra: float) -> float:
    """How likely the best sum of terms is, with scatter beside the errors, of variance extra."""
    variance = curve.variance + extra
    scale = 1 / np.sqrt(variance)
    found, *_ = np.linalg.lstsq(terms * scale[:, None], curve.flux * scale, rcond=None)
    left = (curve.flux - terms @ found) * scale
    return -0.5 * float(np.sum(np.log(variance) + left**2))


def _walks(span: float) -> NDArray[np.float64]:
    """Where a walk is sought: logarithms of variance, memory, and of no frequency, (m, 3)."""
    variances = (*SIGNALS, *(3 * one for one in SIGNALS))
    memories = np.geomspace(1.0, 10 * span, MEMORIES)
    grid = np.array([(a, b) for a in variances for b in memories])
    return np.column_stack([np.log(grid), np.full(len(grid), -np.inf)])


def _swings(slow: float, fast: float) -> NDArray[np.float64]:
    """The same of a swing: the longer it remembers, the closer are frequencies."""
    found = [
        (math.log(signal), math.log(cycles) - frequency, frequency)
        for cycles in COHERENCES
        for frequency in np.arange(math.log(slow), math.log(fast), APART / cycles)
        for signal in SIGNALS
    ]
    return np.array(found)
