"""Regions and watchlists made by hand: a few cones and positions, looked at one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sky.catalogues import CatalogueIdentity, Degrees, Sky

ARCSEC_PER_DEG = 3600.0
Circle = tuple[float, float, float]
"""Right ascension and declination in degrees (ICRS), and a radius."""


def sky(
    *,
    regions: Mapping[str, Sequence[Circle]] | None = None,
    watchlists: Mapping[str, Sequence[Circle]] | None = None,
) -> Sky:
    """What a filter under test may ask of the sky.

        sky(regions={"virgo": [(187.7, 12.4, 6.0)]},       # cones, radius in degrees
            watchlists={"mine": [(150.1, 2.2, 1.5)]})      # positions, radius in arcsec

    A position is in a region where it lies in any of its cones, borders included.
    """
    found = [Cones.of(name, cones, ARCSEC_PER_DEG) for name, cones in (regions or {}).items()]
    lists = [Cones.of(name, places, 1.0) for name, places in (watchlists or {}).items()]
    return Sky(regions=found, watchlists=lists)


@dataclass(frozen=True, eq=False)
class Cones:
    """A few circles, as a `Region` and as a `Watchlist`."""

    identity: CatalogueIdentity
    ra_deg: Degrees
    dec_deg: Degrees
    radius_arcsec: NDArray[np.float64]

    @classmethod
    def of(cls, name: str, circles: Sequence[Circle], unit_arcsec: float) -> Cones:
        columns = np.array(circles, dtype=np.float64).reshape(-1, 3)
        ra_deg, dec_deg, radius = columns.T
        sha256 = hashlib.sha256(columns.tobytes()).hexdigest()
        return cls(CatalogueIdentity(name, sha256), ra_deg, dec_deg, radius * unit_arcsec)

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Whether each position (n,) lies in one of the circles."""
        return np.isfinite(self.distance_arcsec(ra_deg, dec_deg))

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """To the nearest centre whose circle reaches each position, (n,); +inf: none does."""
        apart = self._separation_arcsec(ra_deg[:, None], dec_deg[:, None])
        reached = np.where(apart <= self.radius_arcsec, apart, np.inf)
        nearest: NDArray[np.float64] = reached.min(axis=1, initial=np.inf)
        return nearest

    def _separation_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """By the haversine formula, which is exact for small angles."""
        dec, other = np.radians(dec_deg), np.radians(self.dec_deg)
        half_ra, half_dec = np.radians(ra_deg - self.ra_deg) / 2, (dec - other) / 2
        square = np.sin(half_dec) ** 2 + np.cos(dec) * np.cos(other) * np.sin(half_ra) ** 2
        radians = 2 * np.arcsin(np.sqrt(np.clip(square, 0, 1)))
        apart: NDArray[np.float64] = np.degrees(radians) * ARCSEC_PER_DEG
        return apart
