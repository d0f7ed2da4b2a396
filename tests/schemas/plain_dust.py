"""The map of dust looked up as plainly as can be: astropy turns, cdshealpix numbers."""

from __future__ import annotations

import math

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from cdshealpix import ring

from schemas.dust import FILE, SIDE


def extinction_ebv(ra_deg: float, dec_deg: float) -> float:
    """Of one ICRS position, degrees; NaN where it is none."""
    if not (math.isfinite(ra_deg) and -90 <= dec_deg <= 90):
        return math.nan
    place = SkyCoord(ra_deg, dec_deg, unit=units.deg).galactic
    pixel = ring.lonlat_to_healpix(place.l, place.b, SIDE)
    with np.load(FILE) as file:
        return float(file["ebv_mag"][int(np.ravel(pixel)[0])])
