"""Invented exposures: when, where, in which band and under what sky the camera looked."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALERTS_PER_EXPOSURE = 600
EXPOSURE_SPACING_S = 38.0
"""30 s of light and 8 s of readout: 16 alerts a second, as on an ordinary night of ZTF."""

QUADRANTS = 64
QUADRANT_ROWS, QUADRANT_COLUMNS = 3080, 3072
PIXEL_ARCSEC = 1.012
GAIN_E_PER_DN = 6.2
READ_NOISE_DN = 1.6
NOISE_EXCESS = 1.35
"""Real noise over that of photons and readout: flat fields, faint sources, resampling."""
SUBTRACTION_EXCESS = 1.4
"""What a subtraction adds to the noise of a fit: its pixels are correlated."""
TEMPLATE_FWHM_PIXELS = 2.0
TEMPLATE_EXPOSURES = 16
"""A reference image is a mean of so many exposures, and less noisy by the root of that."""

HISTORY_DAYS = 30.0
VISITS_MAX = 27
NIGHT_NUMBER_JD = 2457754.5
"""ZTF counts its nights from 2017-01-01, and writes the count first into its identifiers."""


class Exposure(NamedTuple):
    """One look at one field."""

    number: int
    jd: float
    fid: int
    """ZTF's filter number: 1 g, 2 r."""
    field: int
    ra_deg: float
    dec_deg: float
    zero_point_mag: float
    fwhm_pixels: float
    sky_dn: float

    @property
    def limit_mag(self) -> float:
        """Five-sigma limiting magnitude of a point source on the sky's noise alone."""
        pixels = 4 * math.pi * (self.fwhm_pixels / 2.355) ** 2
        noise_dn = SUBTRACTION_EXCESS * math.sqrt(noise_variance(self.sky_dn) * pixels)
        return self.zero_point_mag - 2.5 * math.log10(5 * noise_dn)


class Visits(NamedTuple):
    """Earlier looks at one place, by rising time; one entry a visit."""

    jd: NDArray[np.float64]
    fid: NDArray[np.int64]
    limit_mag: NDArray[np.float64]


@lru_cache(maxsize=8)
def exposure(seed: int, number: int, night_jd: float) -> Exposure:
    """The exposure of that number in the night that begins at `night_jd`."""
    rng = np.random.default_rng([seed, 1, number])
    return Exposure(
        number=number,
        jd=night_jd + number * EXPOSURE_SPACING_S / 86_400,
        fid=int(rng.integers(1, 3)),
        field=int(rng.integers(250, 870)),
        ra_deg=float(rng.uniform(0, 360)),
        dec_deg=float(np.degrees(np.arcsin(rng.uniform(-0.4, 0.98)))),
        zero_point_mag=float(rng.normal(26.28, 0.05)),
        fwhm_pixels=float(np.clip(rng.lognormal(math.log(2.2), 0.15), 1.6, 4.0)),
        sky_dn=float(np.clip(rng.lognormal(math.log(155), 0.4), 60, 600)),
    )


def visits(rng: np.random.Generator, now: Exposure) -> Visits:
    """Earlier visits within the history that a packet carries; there may be none."""
    count = int(rng.integers(0, VISITS_MAX + 1))
    days = np.sort(rng.uniform(0.9, HISTORY_DAYS, count))[::-1]
    limits = now.limit_mag - np.abs(rng.normal(0, 0.35, count)) + 0.1
    return Visits(now.jd - days, rng.integers(1, 3, count), limits)


def noise_variance(light_dn: float) -> float:
    """Of a pixel of one exposure that holds so much light, its sky included; DN squared."""
    return NOISE_EXCESS**2 * (light_dn / GAIN_E_PER_DN + READ_NOISE_DN**2)


def image_id(jd: float, quadrant: int) -> int:
    """ZTF's processing id: night (4 digits), hundred-thousandths of it (5), quadrant (2), 15."""
    night, part = divmod(jd - NIGHT_NUMBER_JD, 1.0)
    return ((int(night) * 100_000 + int(part * 100_000)) * 100 + quadrant) * 100 + 15
