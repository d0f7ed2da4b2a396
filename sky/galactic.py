"""Where our Galaxy's pole and plane are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POLE_RA_DEG, POLE_DEC_DEG = 192.85948, 27.12825
"""Of the north, J2000 (ESA 1997, The Hipparcos and Tycho Catalogues, volume 1, section 1.5.3)."""


def plane(points: int) -> tuple[Floats, Floats]:
    """So many places along the plane, once around: right ascensions and declinations, degrees."""
    ra, dec = np.radians((POLE_RA_DEG, POLE_DEC_DEG))
    pole = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    east = np.cross([0.0, 0.0, 1.0], pole)
    east /= np.linalg.norm(east)
    angle = np.linspace(0, 2 * np.pi, points)[:, None]
    x, y, z = (np.cos(angle) * east + np.sin(angle) * np.cross(pole, east)).T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(np.clip(z, -1, 1)))
