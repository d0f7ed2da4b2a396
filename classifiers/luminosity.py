"""How bright is it there? Absolute magnitudes with their intervals, where a redshift is known.

M = m - A - mu(z): without a correction for the redshift of the light (K correction), which for
supernovae below redshift 0.1 is some tenths of a magnitude, and without the host's own dust.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.distances import distance_modulus
from schemas.dust_law import OF_A_BAND
from schemas.learned import Given
from schemas.stage import Identity

NAME, VERSION = "luminosity", "1"
GIVES = (
    "absolute_magnitude",
    "absolute_magnitude_low",
    "absolute_magnitude_high",
    "peak_absolute_magnitude",
    "peak_absolute_magnitude_low",
    "peak_absolute_magnitude_high",
)
"""Of the alert, in its band, and of the peak in g or r, whichever the alert is in. low is brighter:
68 % lie between, by the errors of redshift, peculiar velocity, and magnitude or peak."""
PECULIAR = 0.001
"""In redshift: 300 km/s of a galaxy's own, which no catalogue's error holds."""
PEAK_BANDS = {1: "g", 2: "r"}
"""By `schemas.columns.BANDS`."""

Floats = NDArray[np.float64]


class Luminosity:
    """Absolute magnitudes, as a `schemas.stage.Stage`."""

    def __init__(self, *, phase: bool = False) -> None:
        """phase: whether that stage is served, too; without it there is none of the peak."""
        self._phase = phase
        sha256 = hashlib.sha256(f"{NAME} {VERSION}".encode()).hexdigest()
        self.identity = Identity(NAME, VERSION, sha256)
        self.gives = (Given(NAME, "values", GIVES),)
        self.reads: tuple[str, ...] = (
            *("magnitude", "magnitude_err", "band", "photometric_system", "extinction_ebv"),
            "learned.redshift",
            *(("learned.phase",) if phase else ()),
        )

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, GIVES), NaN without a redshift, and in bands whose dust is not known."""
        modulus = _moduli(batch)
        dust = OF_A_BAND[batch.photometric_system, batch.band] * batch.extinction_ebv
        dust[batch.band < 0] = np.nan
        found = np.full((len(batch), len(GIVES)), np.nan)
        error = batch.magnitude_err
        now = (batch.magnitude - error, batch.magnitude, batch.magnitude + error)
        found[:, :3] = _absolute(now, dust, modulus)
        if self._phase:
            found[:, 3:] = _absolute(_peaks(batch), dust, modulus)
        return (found,)

    def warm_up(self) -> None:
        """Nothing is left to do."""


def _moduli(batch: AlertBatch) -> tuple[Floats, Floats, Floats]:
    """Distance moduli of the interval's near end, its middle and its far end."""
    said = batch.learned["redshift"]
    low, middle, high = (
        said.column(one).astype(np.float64) for one in ("redshift_low", "redshift", "redshift_high")
    )
    near = middle - np.hypot(middle - low, PECULIAR)
    far = middle + np.hypot(high - middle, PECULIAR)
    middle = np.where(middle > 0, middle, np.nan)
    at_least = np.where(np.isnan(middle), np.nan, np.maximum(near, 1e-4))
    return distance_modulus(at_least), distance_modulus(middle), distance_modulus(far)


def _absolute(
    apparent: tuple[Floats, Floats, Floats], dust: Floats, modulus: tuple[Floats, Floats, Floats]
) -> Floats:
    """(n, 3): low, which is brighter, in second place, as GIVES has them."""
    middle = apparent[1] - dust - modulus[1]
    brighter = np.hypot(apparent[1] - apparent[0], modulus[2] - modulus[1])
    fainter = np.hypot(apparent[2] - apparent[1], modulus[1] - modulus[0])
    return np.column_stack((middle, middle - brighter, middle + fainter))


def _peaks(batch: AlertBatch) -> tuple[Floats, Floats, Floats]:
    """Apparent magnitudes at peak in the alert's band: low, middle, high; NaN in other bands."""
    said = batch.learned["phase"]
    found = np.full((3, len(batch)), np.nan)
    for code, band in PEAK_BANDS.items():
        own = batch.band == code
        for place, end in enumerate(("_low", "", "_high")):
            found[place, own] = said.column(f"peak_mag_{band}{end}")[own]
    return found[0], found[1], found[2]
