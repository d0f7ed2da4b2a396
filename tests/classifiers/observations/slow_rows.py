"""Rows made point by point from the words of `layout`, to hold the compiled ones against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.layout import BANDS
from classifiers.observations.rows import (
    FLUX_NJY_MAX,
    LIMIT_SIGMAS,
    PRECISION_MAX,
    ZERO_POINT_MAG,
)
from tests.classifiers.observations.curves import Point

Floats = NDArray[np.float64]


class Seen(NamedTuple):
    """A point that says something; `days` since the first detection, or the first point."""

    days: float
    band: int
    flux: float
    precision: float
    detected: bool

    @property
    def error(self) -> float:
        return 1.0 / self.precision

    @property
    def lower(self) -> float:
        return self.flux - self.error

    @property
    def upper(self) -> float:
        return self.flux + self.error


def slow_row(points: Sequence[Point], redshift: Sequence[float]) -> Floats:
    """One row, float64 (ROW,), of points by rising time."""
    seen = since_first([one for one in map(told, points) if one is not None])
    return np.array(
        [
            *known(redshift),
            *context(seen),
            *(value for band in range(len(BANDS)) for value in of_band(seen, band)),
            *shape(seen),
            *lags(seen),
            *tokens(seen),
        ]
    )


def told(point: Point) -> Seen | None:
    """What a point says, its days still by the calendar; None where it says nothing."""
    flux, error, detected = point.flux_njy, point.flux_err_njy, point.detected
    if math.isnan(flux):
        flux, detected = 0.0, False
        error = float(10.0 ** ((ZERO_POINT_MAG - point.limit_mag) / 2.5) / LIMIT_SIGMAS)
    sound = abs(flux) <= FLUX_NJY_MAX and 1 / PRECISION_MAX <= error <= FLUX_NJY_MAX
    if not sound or point.band not in range(len(BANDS)):
        return None
    return Seen(point.mjd, point.band, flux, 1.0 / error, detected)


def since_first(seen: Sequence[Seen]) -> list[Seen]:
    begin = next((one.days for one in seen if one.detected), seen[0].days if seen else 0.0)
    return [one._replace(days=one.days - begin) for one in seen]


def known(redshift: Sequence[float]) -> list[float]:
    if math.isnan(redshift[0]) or math.isnan(redshift[1]):
        return [0.0] * 4
    return [1.0, *(0.0 if math.isnan(one) else one for one in redshift)]


def peak_of(seen: Sequence[Seen]) -> int:
    """The place of the detection that is surely brightest; of the first point without one."""
    detected = [place for place, one in enumerate(seen) if one.detected]
    return max(detected, key=lambda place: seen[place].lower, default=0)


def context(seen: Sequence[Seen]) -> list[float]:
    """Without the redshift, which stands before."""
    if not seen:
        return [0.0] * 10
    detected = [one for one in seen if one.detected]
    peak, lowest = seen[peak_of(seen)], min(seen, key=lambda one: one.upper)
    last = detected[-1].days if detected else 0.0
    return [
        len(seen),
        len(detected),
        -seen[0].days,
        last,
        seen[-1].days - last,
        *(peak.days, peak.flux, peak.precision),
        *(lowest.flux, lowest.precision),
    ]


def of_band(seen: Sequence[Seen], band: int) -> list[float]:
    own = [one for one in seen if one.band == band]
    if not own:
        return [0.0] * len(layout.BAND_FEATURES)
    peak = seen[peak_of(seen)].days
    flux = np.array([one.flux for one in own])
    mean, precision = weighted(own)
    high, low = max(own, key=lambda one: one.lower), min(own, key=lambda one: one.upper)
    detected = [one.days for one in own if one.detected]
    return [
        *(len(own), len(detected), mean, precision),
        *(flux.std(), root_mean_square(one.error for one in own), skewness(flux)),
        *(high.flux, high.precision, high.days - peak),
        *(low.flux, low.precision, low.days - peak),
        detected[-1] - detected[0] if detected else 0.0,
    ]


def weighted(seen: Sequence[Seen]) -> tuple[float, float]:
    """The mean by inverse variance, and its precision."""
    weight = np.array([one.precision**2 for one in seen])
    flux = np.array([one.flux for one in seen])
    return float((weight * flux).sum() / weight.sum()), math.sqrt(weight.sum())


def root_mean_square(values: Iterable[float]) -> float:
    return float(np.sqrt(np.mean(np.square(list(values)))))


def skewness(flux: Floats) -> float:
    if len(set(flux.tolist())) == 1:
        return 0.0
    return float(((flux - flux.mean()) ** 3).mean() / flux.std() ** 3)


def shape(seen: Sequence[Seen]) -> list[float]:
    """Means, then precisions, of each bin and in it of each band."""
    cells: dict[tuple[int, int], list[Seen]] = {}
    for one in seen:
        since = one.days - seen[peak_of(seen)].days
        place = sum(since >= edge for edge in layout.BIN_EDGES_DAYS)
        cells.setdefault((place, one.band), []).append(one)
    both = [
        weighted(cells[place, band]) if (place, band) in cells else (0.0, 0.0)
        for place in range(layout.BINS)
        for band in range(len(BANDS))
    ]
    return [mean for mean, _ in both] + [precision for _, precision in both]


def lags(seen: Sequence[Seen]) -> list[float]:
    """Of neighbours in one band, by the days between them."""
    bands = [[one for one in seen if one.band == band] for band in range(len(BANDS))]
    pairs = [pair for own in bands for pair in pairwise(own)]
    found: list[float] = []
    for lag in range(layout.LAGS):
        mine = [
            (one, other)
            for one, other in pairs
            if sum(other.days - one.days >= edge for edge in layout.LAG_EDGES_DAYS) == lag
        ]
        change = root_mean_square(b.flux - a.flux for a, b in mine) if mine else 0.0
        noise = root_mean_square(math.hypot(a.error, b.error) for a, b in mine) if mine else 0.0
        found += [len(mine), change, noise]
    return found


def tokens(seen: Sequence[Seen]) -> list[float]:
    """Detections before others, then what is nearer to the peak, then what came before it."""
    peak = peak_of(seen)

    def turn(place: int) -> tuple[bool, float, bool, int]:
        one, away = seen[place], abs(seen[place].days - seen[peak].days)
        return not one.detected, away, place > peak, abs(place - peak)

    kept = sorted(sorted(range(len(seen)), key=turn)[: layout.TOKENS])
    found = [float(value) for place in kept for value in cells_of(seen[place])]
    return found + [0.0] * (layout.TOKENS * len(layout.TOKEN_COLUMNS) - len(found))


def cells_of(one: Seen) -> tuple[float, ...]:
    return one.days, one.flux, one.precision, one.band, one.detected
