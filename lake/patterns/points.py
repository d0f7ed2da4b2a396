"""An object's measurements, as periods and changes are sought in them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats, LightCurves
from schemas.photometry import DETECTION_SIGMA, njy

ERR_SHARE: Final = 0.02
"""Of a flux, added to its error in quadrature: what calibration leaves from night to night, so that
a few bright points do not outweigh all others."""


class Points(NamedTuple):
    """Measurements, (n,) each, by rising time."""

    mjd: Floats
    band: NDArray[np.int8]
    """Index into BANDS, all known."""
    flux_njy: Floats
    """Difference flux."""
    flux_err_njy: Floats
    """Above 0."""

    def take(self, which: NDArray[np.bool_]) -> Points:
        """Some of them."""
        return Points._make(each[which] for each in self)


def points_of(curve: LightCurves) -> Points:
    """Of one light curve; an exposure that says only a limit is no flux, within what it says."""
    limit = np.isnan(curve.flux_njy) & np.isfinite(curve.limit_mag)
    flux = np.where(limit, 0.0, curve.flux_njy)
    own = np.hypot(curve.flux_err_njy, ERR_SHARE * flux)
    err = np.where(limit, njy(curve.limit_mag) / DETECTION_SIGMA, own)
    whole = Points(curve.mjd, curve.band, flux, err)
    return whole.take(np.isfinite(flux) & np.isfinite(err) & (err > 0) & (curve.band >= 0))
