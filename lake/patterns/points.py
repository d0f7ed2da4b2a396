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


LIMIT_MAG: Final = (5.0, 30.0)
ERR_NJY: Final = (1e-6, 1e12)
"""Between these a limit and an error can be meant; surveys write others for what is missing."""


class Points(NamedTuple):
    """Measurements, (n,) each, by rising time."""

    mjd: Floats
    band: NDArray[np.int8]
    """Index into BANDS, all known."""
    flux_njy: Floats
    """Difference flux."""
    flux_err_njy: Floats
    """Above 0."""

    @property
    def measured(self) -> Points:
        """Without limits, whose flux is 0 to the bit.

        With these, what is seen on its brighter nights alone has the period of its nights.
        """
        return self.take(self.flux_njy != 0)

    def take(self, which: NDArray[np.bool_]) -> Points:
        """Some of them."""
        return Points._make(each[which] for each in self)


def points_of(curve: LightCurves) -> Points:
    """Of one light curve; an exposure that says only a limit is no flux, within what it says."""
    limit = np.isnan(curve.flux_njy) & _between(curve.limit_mag, LIMIT_MAG)
    flux = np.where(limit, 0.0, curve.flux_njy)
    own = np.hypot(curve.flux_err_njy, ERR_SHARE * flux)
    err = np.where(limit, njy(np.clip(curve.limit_mag, *LIMIT_MAG)) / DETECTION_SIGMA, own)
    whole = Points(curve.mjd, curve.band, flux, err)
    return whole.take(np.isfinite(flux) & _between(err, ERR_NJY) & (curve.band >= 0))


def _between(values: Floats, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((values > bounds[0]) & (values < bounds[1]))
