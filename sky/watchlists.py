"""A watchlist: positions that a user waits for, each with a radius."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity, Degrees
from sky.files import sha256_of
from sky.index import PositionIndex
from sky.position_files import read_positions
from sky.positions import RadiusRule

CIRCLES = RadiusRule()
"""A watchlist's radii."""


class PositionList:
    """The positions of one file (a `Watchlist`, and a `Region`: all points that a circle holds)."""

    def __init__(self, identity: CatalogueIdentity, index: PositionIndex) -> None:
        """`open_watchlist` and `regions.open_region` make one of a file."""
        self.identity = identity
        self._index = index

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """To the nearest listed position whose radius reaches here, (n,); +inf: none does."""
        return self._index.distance_arcsec(ra_deg, dec_deg)

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Whether each position (n,) lies in one of the circles."""
        inside: NDArray[np.bool_] = self.distance_arcsec(ra_deg, dec_deg) < np.inf
        return inside


def open_watchlist(name: str, path: Path, rule: RadiusRule = CIRCLES) -> PositionList:
    """The list of a CSV, FITS, Parquet or VOTable file (`read_positions`).

    Raises FilterError where the file cannot be used.
    """
    identity = CatalogueIdentity(name, sha256_of(path))
    positions = read_positions(path, rule)
    try:
        return PositionList(identity, PositionIndex(positions))
    except FilterError as error:
        raise FilterError(f"{path}: {error}") from error
