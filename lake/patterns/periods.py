"""Periods of unevenly sampled light curves in several bands: the one door to nifty-ls.

Each band has a mean and two harmonics of its own, all bands one frequency (the multiband model
with no shared terms of VanderPlas & Ivezic 2015, ApJ 812, 18). Power is the share of chi-squared,
about the bands' means, that it explains. Of noise alone, at one frequency, that share has a beta
distribution; the false-alarm probability is its tail times the number of frequencies, an upper
bound. It knows white noise alone: what varies without a period, as active nuclei do, may pass it.
"""

# nifty-ls is an extra, and loaded by who seeks periods alone.
# ruff: noqa: PLC0415

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.patterns.points import Points
from schemas.batch import Floats
from schemas.errors import QuestionError

HARMONICS: Final = 2
BAND_TERMS: Final = 2 * HARMONICS
"""Of a band beside its mean."""
PER_PEAK: Final = 5
"""Frequencies in one over the span of time."""
FREQUENCIES_MAX: Final = 2_000_000
STILL: Final = 32
STILL_WEIGHT: Final = 1e-6
"""Of all weight, on so many points that say nothing, at times of no rhythm. At a frequency at which
a band was seen at one phase alone its terms have no solution, and nifty-ls ends the process."""
SEED: Final = 1
SIDEREAL_PER_DAY: Final = 1.0027379
"""Turns of the Earth under the stars in a day."""


@dataclass(frozen=True)
class PeriodLimits:
    """What is sought, and when it is believed."""

    period_min_days: float = 0.1
    cycles_min: float = 3.0
    """In the span of time; what is longer is a trend, and so is its alias by whole days."""
    band_points_min: int = 10
    """A band with fewer is left out."""
    points_min: int = 20
    """Of all bands together."""
    false_alarm_max: float = 1e-3
    """A period that is less sure is not told."""


LIMITS: Final = PeriodLimits()


class Period(NamedTuple):
    """What is found; NaN where there is too little, or nothing that is sure."""

    period_days: float = math.nan
    period_power: float = math.nan
    """0 to 1, of the strongest, sure or not."""
    period_false_alarm: float = math.nan
    """The probability that noise alone gives as much, at most; of the strongest."""
    alias_days: float = math.nan
    """The strongest period besides: neither it, its half nor its double."""
    alias_power: float = math.nan


def period_of(points: Points, limits: PeriodLimits = LIMITS) -> Period:
    """The period of one object. Raises QuestionError where nifty-ls is not installed."""
    codes, counts = np.unique(points.band, return_counts=True)
    bands = codes[counts >= limits.band_points_min]
    used = points.take(np.isin(points.band, bands))
    span = float(np.ptp(used.mjd)) if len(used.mjd) else 0.0
    if len(used.mjd) < limits.points_min or span < limits.cycles_min * limits.period_min_days:
        return Period()
    frequency = _frequencies(span, limits.period_min_days)
    power = _power(used, bands, frequency)
    fitted = (len(used.mjd), len(bands))
    best = int(power.argmax())
    false_alarm = min(1.0, len(frequency) * chance_of(float(power[best]), *fitted))
    sure = false_alarm <= limits.false_alarm_max
    best = _shortest(power, best, frequency, fitted) if sure else best
    sure &= not _is_trend(float(frequency[best]), limits.cycles_min / span)
    other = _strongest_besides(power, frequency, best, span)
    return Period(
        1 / float(frequency[best]) if sure else math.nan,
        float(power[best]),
        false_alarm,
        1 / float(frequency[other]),
        float(power[other]),
    )


def chance_of(power: float, points: int, bands: int) -> float:
    """How often noise alone explains as much at one frequency: the tail of a beta distribution."""
    half, rest = bands * BAND_TERMS // 2, (points - bands * (1 + BAND_TERMS)) / 2
    if power <= 0 or rest <= 0:
        return 1.0
    if power >= 1:
        return 0.0
    logs = (
        math.lgamma(rest + one) - math.lgamma(rest) - math.lgamma(one + 1) + one * math.log(power)
        for one in range(half)
    )
    return min(1.0, sum(math.exp(rest * math.log1p(-power) + each) for each in logs))


def _frequencies(span: float, period_min_days: float) -> Floats:
    """Rising, evenly, from one cycle in the span; per day."""
    first = 1 / span
    count = math.ceil((1 / period_min_days - first) * span * PER_PEAK) + 1
    return first + np.arange(max(2, min(count, FREQUENCIES_MAX))) / (span * PER_PEAK)


def _power(points: Points, bands: NDArray[np.int8], frequency: Floats) -> Floats:
    """Of all bands together, (frequencies,)."""
    search, still = _nifty_ls(), _still(np.ptp(points.mjd))
    explained, whole = np.zeros(len(frequency)), 0.0
    for band in bands:
        one = points.take(points.band == band)
        weight = one.flux_err_njy**-2
        apart = one.flux_njy - np.average(one.flux_njy, weights=weight)
        chi_squared = float(np.sum(weight * apart**2))
        found = search(
            np.append(one.mjd - points.mjd[0], still),
            np.append(apart, np.zeros(len(still))),
            np.append(
                one.flux_err_njy * np.sqrt(weight.mean()),
                np.full(len(still), (len(still) / (STILL_WEIGHT * len(weight))) ** 0.5),
            ),
            fmin=float(frequency[0]),
            fmax=float(frequency[-1]),
            Nf=len(frequency),
            nterms=HARMONICS,
            nthreads=1,
        )
        explained += chi_squared * np.nan_to_num(found.power)
        whole += chi_squared
    return explained / max(whole, np.finfo(float).tiny)


def _is_trend(frequency: float, slow: float) -> bool:
    """Whether a harmonic is slower than that, or as near to whole turns a day, solar or sidereal.

    What changes from night to night is as well described by what turns round once a day and a bit.
    """
    turns = (
        n * frequency / day for n in range(1, HARMONICS + 1) for day in (1.0, SIDEREAL_PER_DAY)
    )
    return frequency < slow or any(abs(one - round(one)) < slow for one in turns if round(one))


def _still(span: float) -> Floats:
    """Times of no rhythm."""
    return np.asarray(span * np.random.default_rng(SEED).random(STILL))


def _shortest(power: Floats, best: int, frequency: Floats, fitted: tuple[int, int]) -> int:
    """Half the period, and half that again, where noise may explain that it does no worse.

    With two harmonics each sine is found at twice its period, too, as its second one.
    """
    points, bands = fitted
    free = max(points - bands * (1 + BAND_TERMS), 1)
    for _ in range(2):
        middle = int(np.searchsorted(frequency, 2 * frequency[best]))
        begin = max(middle - PER_PEAK, 0)
        near = power[begin : middle + PER_PEAK]
        allowed = 2 * (1 - power[best]) * bands * BAND_TERMS / free
        if middle >= len(power) or near.max() < power[best] - allowed:
            break
        best = begin + int(near.argmax())
    return best


def _strongest_besides(power: Floats, frequency: Floats, best: int, span: float) -> int:
    own = frequency[best] * np.array([0.5, 1.0, 2.0])
    near = np.abs(frequency[:, None] - own).min(axis=1) <= 2 / span
    return int(np.where(near, -1.0, power).argmax())


def _nifty_ls() -> Any:  # noqa: ANN401 - it has no types
    """Raises QuestionError where it is not installed."""
    try:
        from nifty_ls import lombscargle
    except ImportError:
        raise QuestionError("periods need nifty-ls: install gueststar[patterns]") from None
    return lombscargle
