"""What a person reads off a ZTF packet's light curve: magnitudes, slopes, colours and limits.

Boosted trees split one number at a time and cannot take a slope or a colour from fluxes; with
these beside the network's own features their flat log-loss fell from 1.27 to 1.18 at +20 days and
from 1.14 to 1.02 at +40 (an inner split of the training folds).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from schemas.columns import BANDS
from schemas.photometry import FLUX_ERR_PER_MAG, ab_magnitude
from training.arrays import Floats, Mask

Features = NDArray[np.float32]
Named = dict[str, float]

LOOKED_AT = MappingProxyType({band: BANDS.index(band) for band in "gr"})
"""ZTF's packets of the public survey have hardly any i."""
PAIR_DAYS = 3.0
"""Points of two bands this close make a colour."""
ERROR_MIN_MAG = 0.02
GAP_MIN_DAYS = 0.02
STEP_MIN_DAYS = 0.5
"""Shorter times would blow noise up to slopes."""
OF_BAND = (
    "detections",
    "first",
    "last",
    "brightest",
    "days_since_brightest",
    "days_to_brightest",
    "days_since_last",
    "limit_gap_days",
    "limit_gap_mag",
    "limit_gap_slope",
    "deepest_limit_before",
    "slope",
    "slope_errors",
    "change",
    "rise",
    "fall",
    "first_step_slope",
    "last_step_slope",
)
OF_PAIRS = (
    "first",
    "last",
    "mean",
    "slope",
    "of_first",
    "of_last",
    "of_brightest",
    "between_peaks",
)


@dataclass(frozen=True)
class Band:
    """One band of one packet: n detections by rising time, and its limits."""

    mjd: Floats
    magnitude: Floats
    error: Floats
    limit_mjd: Floats
    limit: Floats


def packet_features(curves: LightCurves) -> Features:
    """(n, len(NAMES)) of windows with a detection each; NaN where something was not seen."""
    magnitude, error = _magnitudes(curves)
    found = np.full((len(curves), len(NAMES)), np.nan, np.float32)
    for row, (start, stop) in zip(found, pairwise(curves.offsets), strict=True):
        own = slice(int(start), int(stop))
        row[:] = list(_read_off(curves, magnitude, error, own).values())
    return found


def _magnitudes(curves: LightCurves) -> tuple[Floats, Floats]:
    """AB magnitude of each point and its error; of a negative flux, that of its size."""
    size = np.where(curves.detected, np.abs(curves.flux_njy), np.nan)
    error = curves.flux_err_njy / (size * FLUX_ERR_PER_MAG)
    return ab_magnitude(size), np.maximum(error, ERROR_MIN_MAG)


def _read_off(curves: LightCurves, magnitude: Floats, error: Floats, own: slice) -> Named:
    mjd, code, seen = curves.mjd[own], curves.band[own], curves.detected[own]
    first, last = mjd[seen][0], mjd[seen][-1]
    bands = {}
    for name, place in LOOKED_AT.items():
        here, not_here = seen & (code == place), ~seen & (code == place)
        bands[name] = Band(
            *(mjd[here], magnitude[own][here], error[own][here]),
            *(mjd[not_here], curves.limit_mag[own][not_here]),
        )
    named = _whole(mjd, magnitude[own], curves.limit_mag[own], seen)
    for name, band in bands.items():
        seen_of = _of_band(band, float(first), float(last))
        named |= {f"{name}_{what}": value for what, value in seen_of.items()}
    named |= {f"colour_{what}": value for what, value in colours(*bands.values()).items()}
    return named


def _whole(mjd: Floats, magnitude: Floats, limit: Floats, seen: Mask) -> Named:
    """Of both bands together."""
    when, bright = mjd[seen], magnitude[seen]
    before = ~seen & (mjd < when[0])
    gap = when[0] - mjd[before][-1] if before.any() else np.nan
    return {
        "detections": float(seen.sum()),
        "limits": float((~seen).sum()),
        "limits_before": float(before.sum()),
        "days": float(when[-1] - when[0]),
        "last": float(bright[-1]),
        "brightest": float(bright.min()),
        "days_since_brightest": float(when[-1] - when[bright.argmin()]),
        "limit_gap_days": float(gap),
        "limit_gap_mag": float(limit[before][-1] - bright[0]) if before.any() else np.nan,
        "deepest_limit_before": float(limit[before].max()) if before.any() else np.nan,
    }


def _of_band(band: Band, first: float, last: float) -> Named:
    """Magnitudes and slopes of one band; days are from the packet's first and to its last."""
    named = dict.fromkeys(OF_BAND, np.nan) | {"detections": float(len(band.mjd))}
    if not len(band.mjd):
        return named
    peak = int(band.magnitude.argmin())
    named |= {
        "first": float(band.magnitude[0]),
        "last": float(band.magnitude[-1]),
        "brightest": float(band.magnitude[peak]),
        "days_since_brightest": float(last - band.mjd[peak]),
        "days_to_brightest": float(band.mjd[peak] - first),
        "days_since_last": float(last - band.mjd[-1]),
    }
    return named | _of_limits(band) | _slopes(band)


def _of_limits(band: Band) -> Named:
    """How fast the first detection came: a limit shortly before it, and much deeper."""
    before = band.limit_mjd < band.mjd[0]
    if not before.any():
        return {}
    gap = float(band.mjd[0] - band.limit_mjd[before][-1])
    deeper = float(band.limit[before][-1] - band.magnitude[0])
    return {
        "limit_gap_days": gap,
        "limit_gap_mag": deeper,
        "limit_gap_slope": deeper / max(gap, GAP_MIN_DAYS),
        "deepest_limit_before": float(band.limit[before].max()),
    }


def _slopes(band: Band) -> Named:
    """Magnitudes a day, positive where it fades: of a line through all, and of the end steps."""
    if len(band.mjd) < 2 or band.mjd[-1] == band.mjd[0]:
        return {}
    weight = band.error**-2
    centred = band.mjd - weight @ band.mjd / weight.sum()
    spread = float(weight @ centred**2)
    slope = float(weight @ (centred * band.magnitude)) / spread
    step, days = np.diff(band.magnitude), np.maximum(np.diff(band.mjd), STEP_MIN_DAYS)
    return {
        "slope": slope,
        "slope_errors": slope * spread**0.5,
        "change": float(band.magnitude[-1] - band.magnitude[0]),
        "rise": float(band.magnitude[0] - band.magnitude.min()),
        "fall": float(band.magnitude[-1] - band.magnitude.min()),
        "first_step_slope": float(step[0] / days[0]),
        "last_step_slope": float(step[-1] / days[-1]),
    }


def colours(blue: Band, red: Band) -> Named:
    """g - r of points that stand close, first and last and how it changes; and of other pairs."""
    named = dict.fromkeys(OF_PAIRS, np.nan)
    if not (len(blue.mjd) and len(red.mjd)):
        return named
    apart = np.abs(np.subtract.outer(blue.mjd, red.mjd))
    one, other = np.nonzero(apart <= PAIR_DAYS)
    if len(one):
        colour = blue.magnitude[one] - red.magnitude[other]
        days = max(float(blue.mjd[one[-1]] - blue.mjd[one[0]]), 1.0)
        named["first"], named["last"] = float(colour[0]), float(colour[-1])
        named["mean"], named["slope"] = float(colour.mean()), float(colour[-1] - colour[0]) / days
    tops = blue.magnitude.argmin(), red.magnitude.argmin()
    return named | {
        "of_first": float(blue.magnitude[0] - red.magnitude[0]),
        "of_last": float(blue.magnitude[-1] - red.magnitude[-1]),
        "of_brightest": float(blue.magnitude[tops[0]] - red.magnitude[tops[1]]),
        "between_peaks": float(blue.mjd[tops[0]] - red.mjd[tops[1]]),
    }


EXAMPLE = LightCurves(
    np.array([0, 1]),
    np.zeros(1),
    np.ones(1, np.int8),
    np.ones(1),
    np.ones(1),
    np.full(1, np.nan),
    np.ones(1, np.bool_),
)
NAMES = tuple(_read_off(EXAMPLE, *_magnitudes(EXAMPLE), slice(0, 1)))
