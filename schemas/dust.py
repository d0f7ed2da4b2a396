"""Dust of our Galaxy in front of an alert, out of a coarse map of the whole sky (`dust.md`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats
from schemas.compiling import compiled

FILE = Path(__file__).with_name("dust.npz")
DUST = "extinction_ebv"
"""The column that holds it."""
SIDE = 64
"""HEALPix's nside: a pixel is 0.92 degrees wide."""

TO_GALACTIC = np.array(
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [+0.4941094279, -0.4448296300, +0.7469822445],
        [-0.8676661490, -0.1980763734, +0.4559837762],
    ]
)
"""ICRS to Galactic unit vectors (ESA 1997, The Hipparcos and Tycho Catalogues, volume 1, 1.5.3)."""


def extinction_ebv(ra_deg: Floats, dec_deg: Floats) -> Floats:
    """E(B-V) of all dust of our Galaxy in a line of sight, mag, float64 (n,), as SFD's map has it.

    Of ICRS positions in degrees, (n,). NaN where one is no position or the map knows nothing.
    Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525), to 0.92 degrees.
    """
    found = np.empty(len(ra_deg))
    look_up(np.radians(ra_deg), np.radians(dec_deg), TO_GALACTIC, ebv_map(), found)
    return found


@cache
def ebv_map() -> NDArray[np.float32]:
    """E(B-V), mag, float32 (49152,), by HEALPix pixel in Galactic coordinates, ring by ring."""
    with np.load(FILE) as file:
        ebv: NDArray[np.float32] = file["ebv_mag"].astype(np.float32)
    assert ebv.shape == (12 * SIDE**2,)
    return ebv


@compiled
def look_up(
    ra: Floats, dec: Floats, turn: Floats, pixels: NDArray[np.float32], found: Floats
) -> None:
    """Each position's pixel, angles in radians, `turn` (3, 3) first; NaN where it is none."""
    side = int(np.sqrt(len(pixels) / 12))
    for row in range(len(ra)):
        found[row] = np.nan
        if np.isfinite(ra[row]) and np.abs(dec[row]) <= np.pi / 2:
            across = np.cos(dec[row])
            x, y, z = across * np.cos(ra[row]), across * np.sin(ra[row]), np.sin(dec[row])
            east = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
            ahead = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
            height = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
            quarter = np.arctan2(east, ahead) / (np.pi / 2) % 4
            found[row] = pixels[ring_pixel(quarter, height, side)]


@compiled
def ring_pixel(quarter: float, height: float, side: int) -> int:
    """The pixel at a longitude in quarters of a turn, 0 to 4, and the sine of a latitude.

    Górski et al. 2005 (ApJ 622, 759), section 4.1: rings from the north, each from longitude 0.
    """
    if np.abs(height) <= 2 / 3:
        fall = int(side * (0.5 + quarter - 0.75 * height))
        rise = int(side * (0.5 + quarter + 0.75 * height))
        ring = side + 1 + fall - rise
        place = (fall + rise - side + 1 + (1 - ring % 2)) // 2 % (4 * side)
        return 2 * side * (side - 1) + 4 * side * (ring - 1) + place
    from_pole = side * np.sqrt(3 * (1 - np.abs(height)))
    within = quarter - int(quarter)
    ring = int(within * from_pole) + int((1 - within) * from_pole) + 1
    place = int(quarter * ring) % (4 * ring)
    if height > 0:
        return 2 * ring * (ring - 1) + place
    return 12 * side**2 - 2 * ring * (ring + 1) + place
