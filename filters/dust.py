"""Colours without our Galaxy's dust, for filters that cut on a colour.

Dust takes what `schemas.dust_law` says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from filters.curves import band_code, colour
from schemas.batch import AlertBatch, Floats
from schemas.dust_law import OF_A_BAND

EBV_MAX = 0.5
"""mag. One in twenty values of the map is off by 0.27 of itself (schemas/dust.md), here 0.14 mag in
g - r and beyond it more, which is as much as cuts on a colour can bear."""


def reddening_mag(alerts: Alerts | AlertBatch, blue: str, red: str) -> Floats:
    """What the dust of the whole line of sight adds to a colour, mag, (n,).

    NaN in bands without a coefficient. An alert of an unknown system has Rubin's, from which those
    of other surveys differ by a tenth in g - r. Raises FilterError for a band that does not exist.
    """
    factor = OF_A_BAND[:, band_code(blue)] - OF_A_BAND[:, band_code(red)]
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
