"""What a finished light curve says of its peaks, its beginning and its days: what is learnt.

A peak of a band is that of a cubic through the fluxes about the brightest, in least squares; it
counts where points stand on both sides and its time is known to PEAK_ERR_DAYS_MAX. The first light
lies midway between the first detection and the last image before it that would have shown it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.batch import LightCurves
from schemas.columns import BANDS
from schemas.photometry import ab_magnitude, njy
from training.arrays import Floats, Mask

G, R = BANDS.index("g"), BANDS.index("r")
BEFORE_DAYS, AFTER_DAYS = 12.0, 15.0
"""About the brightest point, that a cubic goes through."""
POINTS_MIN = 5
SIDE_DAYS = 1.0
"""Points stand at least so long before a peak, and after it."""
PEAK_ERR_DAYS_MAX = 1.5
SOFTENING = 0.03
"""Of the flux, added to each error: a cubic is no light curve."""
GAP_DAYS_MAX = 5.0
"""Between the last empty image and the first detection."""
AHEAD_GAP_DAYS_MAX = 5.0
"""Between two detections, for a magnitude between them."""
SIGMAS_MIN = 3.0


class Curve(NamedTuple):
    """One object's points, by rising time, (n,) each."""

    mjd: Floats
    band: np.ndarray
    flux: Floats
    error: Floats
    limit: Floats
    detected: Mask


def part_of(curve: Curve, rows: Mask) -> Curve:
    """Some of its points."""
    return Curve(
        curve.mjd[rows],
        curve.band[rows],
        curve.flux[rows],
        curve.error[rows],
        curve.limit[rows],
        curve.detected[rows],
    )


class Peak(NamedTuple):
    """Of one band; NaN where it is not known."""

    mjd: float
    flux_njy: float


NO_PEAK = Peak(np.nan, np.nan)


def curve_of(curves: LightCurves, row: int) -> Curve:
    """One object's."""
    own = slice(curves.offsets[row], curves.offsets[row + 1])
    return Curve(
        curves.mjd[own],
        curves.band[own],
        curves.flux_njy[own],
        curves.flux_err_njy[own],
        curves.limit_mag[own],
        curves.detected[own],
    )


def peak(curve: Curve, band: int) -> Peak:
    """That of a band's."""
    some = (curve.band == band) & np.isfinite(curve.flux) & (curve.error > 0)
    some &= curve.detected | (curve.flux < SIGMAS_MIN * curve.error)
    mjd, flux, error = curve.mjd[some], curve.flux[some], curve.error[some]
    sure = flux > SIGMAS_MIN * error
    if np.sum(sure) < POINTS_MIN - 1:
        return NO_PEAK
    centre = float(mjd[sure][np.argmax(flux[sure] - error[sure])])
    found = NO_PEAK
    for _ in range(3):
        found, err = _cubic(mjd, flux, error, centre)
        if not np.isfinite(found.mjd) or err > PEAK_ERR_DAYS_MAX:
            return NO_PEAK
        if abs(found.mjd - centre) < 1.0:
            break
        centre = found.mjd
    return found


def cubic_peak(mjd: Floats, flux: Floats, error: Floats) -> float:
    """MJD of the peak of a smooth curve (n,), as `peak` has it; NaN where it has none."""
    found = NO_PEAK._replace(mjd=float(mjd[np.argmax(flux)]))
    for _ in range(3):
        centre = found.mjd
        found, _ = _cubic(mjd, flux, error, centre)
        if not np.isfinite(found.mjd) or abs(found.mjd - centre) < 1.0:
            break
    return found.mjd


def _cubic(mjd: Floats, flux: Floats, error: Floats, centre: float) -> tuple[Peak, float]:
    """The peak of a cubic about a time, and the error of its time."""
    near = (mjd >= centre - BEFORE_DAYS) & (mjd <= centre + AFTER_DAYS)
    nothing = NO_PEAK, np.inf
    if near.sum() < POINTS_MIN:
        return nothing
    unit = float(np.max(flux[near]))
    x, y = (mjd[near] - centre) / 10, flux[near] / unit
    weight = 1 / np.hypot(error[near] / unit, SOFTENING)
    design = np.vander(x, 4, increasing=True)
    inverse = np.linalg.pinv((design * weight[:, None]).T @ (design * weight[:, None]))
    c0, c1, c2, c3 = inverse @ (design.T @ (y * weight**2))
    root = c2**2 - 3 * c1 * c3
    if root <= 0:
        return nothing
    at = -c1 / (c2 + np.sign(c2) * np.sqrt(root)) if c2 < 0 else np.nan
    if not np.isfinite(at) or not _has_sides(x, at):
        return nothing
    curvature = 2 * c2 + 6 * c3 * at
    slope = np.array([0, 1, 2 * at, 3 * at**2])
    err = float(np.sqrt(slope @ inverse @ slope) / abs(curvature) * 10)
    top = float(np.polyval([c3, c2, c1, c0], at) * unit)
    return (Peak(centre + 10 * float(at), top), err) if top > 0 else nothing


def _has_sides(x: Floats, at: float) -> bool:
    step = SIDE_DAYS / 10
    return bool((x < at - step).any() and (x > at + step).any() and abs(at) < 1.2)


def first_light(curve: Curve) -> float:
    """MJD; NaN where no image shortly before shows that it was not there."""
    if not curve.detected.any():
        return np.nan
    first = int(np.argmax(curve.detected))
    begin, flux = curve.mjd[first], curve.flux[first]
    deep = np.where(np.isfinite(curve.limit), njy(curve.limit), 3 * curve.error) < 1.5 * flux
    empty = deep & ~curve.detected & (curve.mjd < begin)
    empty &= ~(curve.flux > SIGMAS_MIN * curve.error)
    if not empty.any():
        return np.nan
    last = float(curve.mjd[empty].max())
    return (last + begin) / 2 if begin - last <= GAP_DAYS_MAX else np.nan


def magnitude_at(curve: Curve, band: int, mjd: Floats) -> Floats:
    """By a line between detections of a band that are no further apart than a gap, (k,)."""
    some = curve.detected & (curve.band == band) & (curve.flux > 0)
    times, mags = curve.mjd[some], ab_magnitude(curve.flux[some])
    if len(times) < 2:
        return np.full(len(mjd), np.nan)
    after = np.clip(np.searchsorted(times, mjd), 1, len(times) - 1)
    gap = times[after] - times[after - 1]
    inside = (mjd >= times[0]) & (mjd <= times[-1]) & (gap <= AHEAD_GAP_DAYS_MAX)
    return np.where(inside, np.interp(mjd, times, mags), np.nan)
