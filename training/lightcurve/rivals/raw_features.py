"""Statistics of a light curve as measured, with no model of it: what the boosted trees start from.

The kinds of statistics are those of the PLAsTiCC challenge (Hlozek et al. 2023, ApJS 267, 25) and
of Boone 2019 (arXiv:1907.04690, table 2). What is undefined is NaN, which trees take as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log10, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from schemas.batch import LightCurves
from training.arrays import Floats, Ints, Mask

Named = dict[str, float]
"""Features of one object by name, in an order that is the same for every object."""

NJY_ZERO_POINT = 31.4
THRESHOLDS = (3, 5, 10, 20)
LAGS_DAYS = (0.0, 0.1, 1.0, 10.0, 100.0, np.inf)
WINDOWS_DAYS = (-100, -50, -20, -5, 5, 20, 50, 100, 300)
"""Edges of the windows about maximum in which a band's mean flux is taken."""
QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
RATIO_QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.95)
COLOURS = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (1, 3), (0, 2), (1, 4))
"""Pairs of places in BANDS."""


@dataclass(frozen=True)
class Curve:
    """The measured points of one object in the bands known, n >= 1, by rising mjd."""

    mjd: Floats
    band: NDArray[np.int8]
    flux: Floats
    """nJy, as is `err`."""
    err: Floats
    detected: Mask

    @property
    def ratio(self) -> Floats:
        """Signal to noise, signed."""
        return self.flux / self.err

    @property
    def brightest(self) -> int:
        """The place of the most significant positive point."""
        return int(np.argmax(self.ratio))


def curves_of(curves: LightCurves) -> Iterator[Curve | None]:
    """Each object's measured points; None where it has none."""
    good = np.isfinite(curves.flux_njy) & (curves.flux_err_njy > 0) & (curves.band >= 0)
    columns = (curves.mjd, curves.band, curves.flux_njy, curves.flux_err_njy, curves.detected)
    for start, stop in pairwise(curves.offsets):
        rows = np.flatnonzero(good[start:stop]) + start
        # The order of points at one instant must not matter to what depends on the order.
        rows = rows[np.lexsort((curves.band[rows], curves.mjd[rows]))]
        yield Curve(*(column[rows] for column in columns)) if len(rows) else None


def raw(curve: Curve) -> Named:
    """All statistics that need no redshift."""
    named = detections(curve) | strengths(curve) | structure(curve)
    maxima = np.full(len(BANDS), np.nan)
    for place, band in enumerate(BANDS):
        rows = curve.band == place
        named |= {f"{band}_{name}": value for name, value in _of_band(curve, rows).items()}
        maxima[place] = named[f"{band}_maximum"]
    named |= {f"raw_{name}": value for name, value in colours(maxima).items()}
    return named | windows(curve)


def detections(curve: Curve) -> Named:
    """How often, how long and how strongly the object was seen."""
    when, ratio = curve.mjd[curve.detected], curve.ratio
    first, last = (when[0], when[-1]) if len(when) else (np.nan, np.nan)
    before = curve.mjd[curve.mjd < first]
    within = curve.detected[(curve.mjd >= first) & (curve.mjd <= last)]
    named = {
        "detections": float(len(when)),
        "detected_share": len(when) / len(curve.mjd),
        "detected_share_within": share(within),
        "detection_days": last - first,
        "detection_nights": float(len(np.unique(np.floor(when)))),
        "longest_gap_days": np.diff(when).max(initial=0.0) if len(when) > 1 else np.nan,
        "negative_share": share(curve.flux[curve.detected] < 0),
        "days_since_undetected": first - before[-1] if len(before) else np.nan,
        "first_to_brightest_days": curve.mjd[curve.brightest] - first,
        "brightest_to_last_days": last - curve.mjd[curve.brightest],
    }
    for threshold in THRESHOLDS:
        days = curve.mjd[np.abs(ratio) > threshold]
        named[f"days_beyond_{threshold}"] = np.ptp(days) if len(days) > 1 else np.nan
        named[f"share_above_{threshold}"] = share(ratio > threshold)
        named[f"share_below_{threshold}"] = share(ratio < -threshold)
    return named


def strengths(curve: Curve) -> Named:
    """The distribution of signal to noise, and how far one or two points stand out."""
    ratio = curve.ratio
    size = np.sort(np.abs(ratio))
    by_flux = np.sort(curve.flux)[::-1]
    shape = moments(ratio)
    named = {
        "total_ratio": float(np.sqrt(size @ size)),
        "mean_ratio": shape.mean,
        "skew_of_ratio": shape.skew,
        "kurtosis_of_ratio": shape.kurtosis,
        "largest_ratio": float(ratio.max()),
        "smallest_ratio": float(ratio.min()),
    }
    names = (f"ratio_quantile_{quantile}" for quantile in RATIO_QUANTILES)
    named |= dict(zip(names, at_quantiles(size, RATIO_QUANTILES).tolist(), strict=True))
    for place in (1, 2, 4, 9):
        enough = len(size) > place
        named[f"ratio_{place}_after_largest"] = size[-1 - place] / size[-1] if enough else np.nan
        named[f"flux_{place}_after_largest"] = by_flux[place] / by_flux[0] if enough else np.nan
    return named


def _of_band(curve: Curve, rows: Mask) -> Named:
    """Statistics of the points of one band; NaN all where there is none."""
    names = ("maximum", "minimum", "ratio", "mean_ratio", "chi2", "spread", "skew", "kurtosis")
    if not rows.any():
        return dict.fromkeys((*names, "neumann", *(f"quantile_{q}" for q in QUANTILES)), np.nan)
    flux, err = curve.flux[rows], curve.err[rows]
    ordered, weight = np.sort(flux), err**-2
    mean = flux @ weight / weight.sum()
    shape = moments(flux)
    span = ordered[-1] - ordered[0] or np.nan
    values = (
        ordered[-1],
        ordered[0],
        np.sqrt(_squared(flux / err)),
        mean * np.sqrt(weight.sum()),
        _squared((flux - mean) / err) / len(flux),
        shape.deviation / span,
        shape.skew,
        shape.kurtosis,
        _squared(flux[1:] - flux[:-1]) / (_squared(flux - shape.mean) or np.nan),
    )
    named = dict(zip((*names, "neumann"), map(float, values), strict=True))
    levels = (at_quantiles(ordered, QUANTILES) - ordered[0]) / span
    quantiles = (f"quantile_{quantile}" for quantile in QUANTILES)
    return named | dict(zip(quantiles, levels.tolist(), strict=True))


def structure(curve: Curve) -> Named:
    """How much a band's flux changes over some lags: in noises, and against all its variance."""
    lag, change, noise, power = (
        np.concatenate(parts) for parts in zip(*_pairs(curve), strict=True)
    )
    beyond = change - noise
    bins = np.digitize(lag, LAGS_DAYS[1:-1])
    count = np.bincount(bins, minlength=len(LAGS_DAYS) - 1).astype(np.float64)
    count[count == 0] = np.nan
    noises = np.bincount(bins, change / noise, len(count)) / count
    shares = np.bincount(bins, beyond / power, len(count)) / count
    named = {f"change_{k}_noises": float(value) for k, value in enumerate(noises)}
    return named | {f"change_{k}_share": float(value) for k, value in enumerate(shares)}


def _pairs(curve: Curve) -> Iterator[tuple[Floats, Floats, Floats, Floats]]:
    """Of each band's pairs: lag, squared change, its variance by noise, the band's variance."""
    for place in range(len(BANDS)):
        rows = curve.band == place
        mjd, flux, variance = curve.mjd[rows], curve.flux[rows], curve.err[rows] ** 2
        one, other = _all_pairs(len(mjd))
        power = np.full(len(one), flux.var() if len(one) else 1.0)
        power[power == 0] = np.nan
        yield (
            mjd[other] - mjd[one],
            (flux[other] - flux[one]) ** 2,
            variance[one] + variance[other],
            power,
        )


@lru_cache(maxsize=500)
def _all_pairs(count: int) -> tuple[Ints, Ints]:
    """Kept, since a third of the time of `structure` would be spent on them."""
    one, other = np.triu_indices(count, 1)
    return one, other


def windows(curve: Curve) -> Named:
    """About the brightest point: each band's mean flux, in units of its flux; detections."""
    peak = curve.flux[curve.brightest]
    place = np.digitize(curve.mjd - curve.mjd[curve.brightest], WINDOWS_DAYS) - 1
    known = (place >= 0) & (place < len(WINDOWS_DAYS) - 1)
    shape = (len(BANDS), len(WINDOWS_DAYS) - 1)
    cell = np.ravel_multi_index((curve.band[known], place[known]), shape)
    weight = curve.err[known] ** -2
    total = np.bincount(cell, weight, shape[0] * shape[1])
    total[total == 0] = np.nan
    mean = np.bincount(cell, weight * curve.flux[known], len(total)) / total / peak
    names = (f"{band}_from_{edge}" for band in BANDS for edge in WINDOWS_DAYS[:-1])
    named = dict(zip(names, mean.tolist(), strict=True))
    seen = np.bincount(place[known & curve.detected], minlength=shape[1])
    counts = (f"detections_from_{edge}" for edge in WINDOWS_DAYS[:-1])
    return named | dict(zip(counts, map(float, seen), strict=True))


def colours(flux: Floats) -> Named:
    """Of fluxes by band, (6,): the bluer one's share in pairs, which noise cannot blow up."""
    named = {}
    for blue, red in COLOURS:
        total = abs(flux[blue]) + abs(flux[red])
        named[f"{BANDS[blue]}_of_{BANDS[red]}"] = float(flux[blue] / total) if total else np.nan
    return named


def redshifts(redshift: Floats) -> Named:
    """The host's photo-z, its error, its distance modulus."""
    return dict(zip(("photo_z", "photo_z_err", "distmod"), redshift.tolist(), strict=True))


def luminosities(flux: Floats, redshift: Floats, what: str) -> Named:
    """Absolute AB magnitudes of fluxes by band, (6,) nJy."""
    pairs = zip(BANDS, flux, strict=True)
    return {f"{band}_{what}": magnitude(one) - float(redshift[2]) for band, one in pairs}


def magnitude(flux: float) -> float:
    """AB, of nJy; NaN for none or a negative flux."""
    return NJY_ZERO_POINT - 2.5 * log10(flux) if flux > 0 else nan


def share(which: Mask) -> float:
    """The share that is true; NaN of none."""
    return float(which.mean()) if len(which) else np.nan


class Moments(NamedTuple):
    """Of a distribution; skew and kurtosis NaN where nothing varies."""

    mean: float
    deviation: float
    skew: float
    kurtosis: float


def moments(values: Floats) -> Moments:
    """Of one value or more."""
    mean = float(values.sum() / len(values))
    centred = values - mean
    squared = centred * centred
    variance = float(squared.sum() / len(values))
    if variance <= 0:
        return Moments(mean, 0.0, nan, nan)
    skew = float(squared @ centred / len(values) / variance**1.5)
    return Moments(mean, sqrt(variance), skew, _squared(squared) / len(values) / variance**2)


def _squared(values: Floats) -> float:
    return float(values @ values)


def at_quantiles(ordered: Floats, quantiles: tuple[float, ...]) -> Floats:
    """Of sorted values, by linear interpolation."""
    places = np.array(quantiles) * (len(ordered) - 1)
    found: Floats = np.interp(places, np.arange(len(ordered)), ordered)
    return found
