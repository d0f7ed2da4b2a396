"""What a light curve shows: magnitudes and upper limits, for pictures, charts and tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gueststar.row import Row
from schemas.batch import Floats, LightCurves
from schemas.columns import BANDS
from schemas.light_curves import TWIN_DAYS
from schemas.photometry import DETECTION_SIGMA, FLUX_ERR_PER_MAG, ab_magnitude

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Points:
    """Measurements of one alert's object, (k,) each, by rising time; the alert's own at day 0."""

    mjd: Floats
    days: Floats
    """From the alert; before it negative."""
    band: NDArray[np.int8]
    """Index into BANDS, -1 where unknown."""
    magnitude: Floats
    """AB magnitude of the absolute difference flux; of a limit, the limit."""
    magnitude_err: Floats
    """To first order in the flux error; NaN for a limit."""
    limit: Bools
    """Nothing was detected: the source was fainter than `magnitude`, at five sigma."""
    fading: Bools
    """Detected, and fainter than in the template."""
    forced: Bools
    """Measured at the known position, whether anything stood out there or not."""

    def __len__(self) -> int:
        return len(self.mjd)

    def take(self, which: Bools | NDArray[np.int64]) -> Points:
        return Points(*(getattr(self, name)[which] for name in self.__slots__))

    @property
    def bands(self) -> list[int]:
        """The bands that have points, blue first; unknown ones last."""
        return sorted(set(self.band.tolist()), key=lambda band: band if band >= 0 else len(BANDS))


def points_of(alert: Row) -> Points:
    """An alert's light curve and, of exposures that it lacks, its forced photometry.

    A point without a magnitude or a limit is left out.
    """
    own = _measured(alert.light_curve, alert.mjd, forced=False)
    forced = _measured(alert.forced_photometry, alert.mjd, forced=True)
    return _joined(own, forced.take(~_repeated(forced, own)))


def _measured(curve: LightCurves, mjd: float, *, forced: bool) -> Points:
    detected = curve.detected & np.isfinite(curve.flux_njy) & (curve.flux_njy != 0)
    with np.errstate(all="ignore"):
        at_five_sigma = ab_magnitude(DETECTION_SIGMA * curve.flux_err_njy)
        limits = np.where(np.isfinite(curve.limit_mag), curve.limit_mag, at_five_sigma)
        errors = curve.flux_err_njy / np.abs(curve.flux_njy) / FLUX_ERR_PER_MAG
        magnitudes = np.where(detected, ab_magnitude(curve.flux_njy), limits)
    points = Points(
        mjd=curve.mjd,
        days=curve.mjd - mjd,
        band=curve.band,
        magnitude=magnitudes,
        magnitude_err=np.where(detected, errors, np.nan),
        limit=~detected,
        fading=detected & (curve.flux_njy < 0),
        forced=np.full(len(curve.mjd), forced),
    )
    return points.take(np.isfinite(magnitudes) & np.isfinite(curve.mjd))


def _repeated(points: Points, others: Points) -> Bools:
    """Which points are of an exposure that the others have, (k,)."""
    near = np.abs(points.mjd[:, None] - others.mjd[None, :]) <= TWIN_DAYS
    repeated: Bools = (near & (points.band[:, None] == others.band[None, :])).any(axis=1)
    return repeated


def _joined(one: Points, other: Points) -> Points:
    columns = [
        np.concatenate((getattr(one, name), getattr(other, name))) for name in Points.__slots__
    ]
    both = Points(*columns)
    return both.take(np.argsort(both.mjd, kind="stable"))
