"""One light curve an alert out of what its packet holds, of the system that a network was taught.

After decoding, detections and forced photometry stand apart, each exposure once in either. A
network reads it once of both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch, Floats, LightCurves
from schemas.columns import BANDS, SYSTEMS
from schemas.light_curves import TWIN_DAYS, point_rows, repeated

WINDOW_DAYS = 30.0
"""Of history in a ZTF packet (Masci et al. 2019, PASP 131, 018003); some archives hold more."""
ZTF_BANDS = (BANDS.index("g"), BANDS.index("r"))
"""The others are in no archive of classified supernovae, so nothing was taught them."""
LIMIT_MAG_MAX = 23.0
"""No exposure of 30 s is as deep: its five sigma are at 20.8 (Bellm et al. 2019, PASP 131)."""
HISTORY_DAYS_MAX = 1e5
"""Older is no observation."""
CONTRADICTION_SIGMA = 10.0
"""Forced photometry above this, in an exposure in which the survey detected nothing there (from
five sigma up), contradicts itself: it was measured on a bad subtraction. One such point makes an
eclipse: it made binaries of 28 of the 41 active galaxies among Rubin's first alerts."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def gathered(batch: AlertBatch, system: str) -> LightCurves:
    """The light curve of every row, by rising time; empty where the row is of another system.

    "ztf": detections and limits in ZTF_BANDS of the WINDOW_DAYS before the alert, its own
    detection included.
    "lsst": detections and forced photometry up to the alert, an exposure of both once, as the
    detection; epochs that have neither flux nor limit are left out, and so is forced photometry
    that contradicts itself (CONTRADICTION_SIGMA).
    """
    of_system = batch.photometric_system == SYSTEMS.index(system)
    if not of_system.any():  # a stream of one survey asks nothing of the other's network
        return batch.light_curve.points(np.zeros(len(batch) + 1, np.int64), slice(0))
    if system == "ztf":
        return _window(batch, of_system)
    return _exposures(batch, of_system)


def _window(batch: AlertBatch, of_system: Bools) -> LightCurves:
    curves = batch.light_curve
    rows = point_rows(curves)
    days_before = batch.mjd[rows] - curves.mjd
    is_limit = (curves.limit_mag >= 0) & (curves.limit_mag <= LIMIT_MAG_MAX)
    kept = (
        of_system[rows]
        & (days_before >= 0)
        & (days_before <= WINDOW_DAYS)
        & (ZTF_BANDS[0] <= curves.band)
        & (curves.band <= ZTF_BANDS[-1])
        & (curves.detected | is_limit)
    )
    return curves if kept.all() else curves.where(kept)


def _exposures(batch: AlertBatch, of_system: Bools) -> LightCurves:
    detections = batch.light_curve
    both = _joined(detections, batch.forced_photometry)
    rows = np.concatenate((point_rows(detections), point_rows(batch.forced_photometry)))
    has_flux = np.isfinite(both.flux_njy)
    days = both.mjd - batch.mjd[rows]
    points = np.flatnonzero(
        of_system[rows]
        & (has_flux | np.isfinite(both.limit_mag))
        & (days <= TWIN_DAYS)
        & (days >= -HISTORY_DAYS_MAX)
    )
    points = points[_order(rows[points], both.mjd[points], days[points])]
    is_detection = (points < len(detections.mjd)) & both.detected[points]
    worth = has_flux[points] * (np.int8(1) + is_detection)
    rows = rows[points]
    alone = ~repeated(rows, both.mjd[points], both.band[points], worth)
    is_forced = points >= len(detections.mjd)
    alone &= ~(is_forced & contradictory(both.flux_njy[points], both.flux_err_njy[points]))
    offsets = np.searchsorted(rows[alone], np.arange(len(batch) + 1))
    return both.points(offsets, points[alone])


def contradictory(flux_njy: Floats, flux_err_njy: Floats) -> Bools:
    """Which points nobody could overlook, (n,): no measurements where nothing was detected."""
    return np.asarray(np.abs(flux_njy) > CONTRADICTION_SIGMA * flux_err_njy)


def history(batch: AlertBatch, curves: LightCurves) -> Floats:
    """What `layout.HISTORY` names, (n, 2), of a batch and of the light curves gathered from it.

    A packet that says nothing of what was before, or less than it holds itself, is believed what
    it holds: archives that were written anew have lost it.
    """
    return history_of(curves, batch.age_days, batch.detections)


def history_of(
    curves: LightCurves, age_days: Floats, detections: NDArray[np.integer] | Floats
) -> Floats:
    """The same of light curves that end with a detection, and of what is said of each, (n,)."""
    seen = np.diff(np.concatenate(([0], np.cumsum(curves.detected)))[curves.offsets])
    return np.column_stack(
        (np.fmax(age_days, detected_days(curves)), np.fmax(detections.astype(np.float64), seen))
    )


def detected_days(curves: LightCurves) -> Floats:
    """From each row's first detection to its last, (n,); 0 where it has fewer than two."""
    rows, mjd = point_rows(curves)[curves.detected], curves.mjd[curves.detected]
    begins = np.searchsorted(rows, np.arange(len(curves) + 1))
    found = np.zeros(len(curves))
    some = np.flatnonzero(np.diff(begins))
    found[some] = mjd[begins[some + 1] - 1] - mjd[begins[some]]
    return found


def _order(rows: Ints, mjd: Floats, days: Floats) -> Ints:
    """By row and time, points of one time as they come; quick for two runs in order."""
    order = np.argsort(2 * HISTORY_DAYS_MAX * rows + days, kind="stable")
    # Row and time in one number leave the time to within a millisecond.
    is_late = (np.diff(mjd[order]) < 0) & (np.diff(rows[order]) == 0)
    return np.lexsort((mjd, rows)) if is_late.any() else order


def _joined(one: LightCurves, other: LightCurves) -> LightCurves:
    """The points of both, one after the other; the offsets mean nothing."""
    return LightCurves(
        np.zeros(1, np.int64),
        np.concatenate((one.mjd, other.mjd)),
        np.concatenate((one.band, other.band)),
        np.concatenate((one.flux_njy, other.flux_njy)),
        np.concatenate((one.flux_err_njy, other.flux_err_njy)),
        np.concatenate((one.limit_mag, other.limit_mag)),
        np.concatenate((one.detected, other.detected)),
    )
