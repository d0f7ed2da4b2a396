"""Colours without our Galaxy's dust, for filters that cut on a colour.

Dust takes A(band) = R(band) E(B-V), with E(B-V) on the scale of Schlegel, Finkbeiner & Davis (1998)
as the column `extinction_ebv` has it, and R of Schlafly & Finkbeiner (2011, ApJ 737, 103, table 6,
R_V = 3.1), which holds their recalibration of that scale by 0.86.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from filters.curves import band_code, colour
from schemas.batch import AlertBatch, Floats
from schemas.columns import BANDS, SYSTEMS

COEFFICIENTS: Mapping[str, Mapping[str, float]] = {
    "lsst": {"u": 4.145, "g": 3.237, "r": 2.273, "i": 1.684, "z": 1.323, "y": 1.088},
    "ztf": {"g": 3.21, "r": 2.16, "i": 1.54},
    "winter": {},
}
"""A(band) / E(B-V), mag. Rubin's are the table's. It lacks ZTF's, which are worked out as it was:
the law of Fitzpatrick (1999, PASP 111, 63) over the passbands, atmosphere included, and a black
body of 7,000 K, times the 0.882 that gives the table's Pan-STARRS g, r, i and z within 0.2 %."""

EBV_MAX = 0.5
"""mag. One in twenty values of the map is off by 0.27 of itself (schemas/dust.md), here 0.14 mag in
g - r and beyond it more, which is as much as cuts on a colour can bear."""


def reddening_mag(alerts: Alerts | AlertBatch, blue: str, red: str) -> Floats:
    """What the dust of the whole line of sight adds to a colour, mag, (n,).

    NaN in bands without a coefficient. An alert of an unknown system has Rubin's, from which those
    of other surveys differ by a tenth in g - r. Raises FilterError for a band that does not exist.
    """
    factor = _OF_A_BAND[:, band_code(blue)] - _OF_A_BAND[:, band_code(red)]
    return factor[alerts.photometric_system] * alerts.extinction_ebv


def dereddened_colour(alerts: Alerts | AlertBatch, blue: str, red: str) -> Floats:
    """`curves.colour` less `reddening_mag`, mag, (n,); NaN where either is.

    A source of our own Galaxy may stand before some of the dust, and is then redder than this.
    """
    return colour(alerts, blue, red) - reddening_mag(alerts, blue, red)


def is_told_from_dust(alerts: Alerts, observed: Floats, colour_max: float) -> NDArray[np.bool_]:
    """Whether a cut at a colour can be made: dust is thin, or what is seen is blue enough with it.

    Dust only reddens. `observed` is the colour with all dust, (n,); where it is NaN, this is true.
    """
    return ~((alerts.extinction_ebv > EBV_MAX) & (observed > colour_max))


def _by_code() -> Floats:
    """The coefficients, NaN where there is none, (systems + 1, bands); of system -1 the last."""
    rows = [COEFFICIENTS[system] for system in (*SYSTEMS, "lsst")]
    return np.array([[row.get(band, np.nan) for band in BANDS] for row in rows])


_OF_A_BAND = _by_code()
