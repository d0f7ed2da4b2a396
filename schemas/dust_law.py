"""How much light our Galaxy's dust takes, by band.

Dust takes A(band) = R(band) E(B-V), with E(B-V) on the scale of Schlegel, Finkbeiner & Davis (1998)
as the column `extinction_ebv` has it, and R of Schlafly & Finkbeiner (2011, ApJ 737, 103, table 6,
R_V = 3.1), which holds their recalibration of that scale by 0.86.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from schemas.columns import BANDS, SYSTEMS

_RUBIN = {"u": 4.145, "g": 3.237, "r": 2.273, "i": 1.684, "z": 1.323, "y": 1.088}
COEFFICIENTS: Mapping[str, Mapping[str, float]] = {
    "lsst": _RUBIN,
    "ztf": {"g": 3.21, "r": 2.16, "i": 1.54},
    "winter": {},
    "telescope": _RUBIN,
}
"""A(band) / E(B-V), mag. Rubin's are the table's. It lacks ZTF's, which are worked out as it was:
the law of Fitzpatrick (1999, PASP 111, 63) over the passbands, atmosphere included, and a black
body of 7,000 K, times the 0.882 that gives the table's Pan-STARRS g, r, i and z within 0.2 %. Own
telescopes' passbands are not known, and their letters say what is nearest."""


def _by_code() -> NDArray[np.float64]:
    """The coefficients, NaN where there is none, (systems + 1, bands); of system -1 the last."""
    rows = [COEFFICIENTS[system] for system in (*SYSTEMS, "lsst")]
    return np.array([[row.get(band, np.nan) for band in BANDS] for row in rows])


OF_A_BAND = _by_code()
"""(systems + 1, bands), by their codes."""
