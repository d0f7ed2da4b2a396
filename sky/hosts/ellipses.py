"""Galaxies as ellipses on the sky, and how many of its light radii a position lies from one.

A directional light radius is what a galaxy's isophote measures in the direction of the alert
(Sullivan et al. 2006, ApJ 648, 868; Gupta et al. 2016, AJ 152, 154).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sky.positions import ARCSEC_PER_DEG, Vectors, unit_vectors

Floats = NDArray[np.float64]

LIGHT_RADII_MAX = 1.5
"""Of a host. In D25 radii it keeps 96 % of the hosts right (docs/phase_and_host.md)."""
SQUARE_ARCSEC = 4 * np.pi * np.degrees(1.0) ** 2 * ARCSEC_PER_DEG**2
"""Of the whole sky."""


class Ellipses(NamedTuple):
    """Isophotes of n galaxies, ICRS, float64 (n,) each."""

    ra_deg: Floats
    dec_deg: Floats
    major_arcsec: Floats
    """Semi-major axis."""
    axis_ratio: Floats
    """Minor by major axis, above 0 and at most 1."""
    angle_deg: Floats
    """Of the major axis, from north through east; NaN where it is not known."""

    def take(self, rows: NDArray[np.int64]) -> Ellipses:
        """Some of them, in the order given."""
        return Ellipses(*(column[rows] for column in self))

    @property
    def area(self) -> Floats:
        """Square arcseconds, (n,)."""
        return np.pi * self.major_arcsec**2 * self.axis_ratio


def light_radii(galaxies: Ellipses, positions: Vectors) -> Floats:
    """How many directional light radii each position (n, 3) lies from its galaxy, (n,).

    A galaxy whose angle is not known is a circle of the same area.
    """
    east, north = offsets_arcsec(galaxies.ra_deg, galaxies.dec_deg, positions)
    is_round = np.isnan(galaxies.angle_deg)
    angle = np.radians(np.where(is_round, 0.0, galaxies.angle_deg))
    major = galaxies.major_arcsec * np.where(is_round, np.sqrt(galaxies.axis_ratio), 1.0)
    minor = np.where(is_round, major, galaxies.major_arcsec * galaxies.axis_ratio)
    along = north * np.cos(angle) + east * np.sin(angle)
    across = east * np.cos(angle) - north * np.sin(angle)
    return np.hypot(along / major, across / minor)


def offsets_arcsec(ra_deg: Floats, dec_deg: Floats, positions: Vectors) -> tuple[Floats, Floats]:
    """From each place to its position, to the east and to the north in its tangent plane, (n,)."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    apart = positions - unit_vectors(ra_deg, dec_deg)
    east = apart[:, 1] * np.cos(ra) - apart[:, 0] * np.sin(ra)
    outward = apart[:, 0] * np.cos(ra) + apart[:, 1] * np.sin(ra)
    north = apart[:, 2] * np.cos(dec) - outward * np.sin(dec)
    arcsec = np.degrees(1.0) * ARCSEC_PER_DEG
    return east * arcsec, north * arcsec
