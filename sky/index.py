"""The nearest listed position that reaches a point, exactly: a grid for each size of radius.

A grid's cells are as wide as its greatest radius. One circle of a degree among a million of an
arcsecond would give them all cells of a degree, so circles are sorted by size first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sky.catalogues import Degrees
from sky.cells import cells_of
from sky.grid import Grid
from sky.positions import Positions, arcsec_of, on_sky, unit_vectors

CLASS_FACTOR = 8.0
"""Circles in one grid differ by less in radius: few grids, and none with cells far too wide."""


class PositionIndex:
    """Positions with radii, ready to be asked."""

    def __init__(self, positions: Positions) -> None:
        """Positions as `positions.check` passes them; FilterError where they are too crowded."""
        classes = size_classes(positions.radius_arcsec)
        of_a_size = (positions.take(rows) for rows in classes)
        self._grids = [Grid(each) for each in (of_a_size if len(classes) > 1 else [positions])]

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """To the nearest listed position whose radius reaches here, (n,).

        +inf where none does, and for what is no position (NaN, |dec| > 90). Right ascensions are
        taken modulo 360 degrees.
        """
        found = np.full(len(ra_deg), np.inf)
        rows = np.flatnonzero(on_sky(ra_deg, dec_deg))
        if not len(rows):
            return found
        ra, dec = ra_deg[rows], dec_deg[rows]
        cell, vectors, best = cells_of(ra, dec), unit_vectors(ra, dec), np.full(len(rows), np.inf)
        for grid in self._grids:
            grid.lower(cell, vectors, best)
        found[rows] = arcsec_of(best)
        return found


def size_classes(radius_arcsec: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Rows (n,) by classes, in which radii differ by less than CLASS_FACTOR."""
    size = np.floor(np.log(radius_arcsec) / np.log(CLASS_FACTOR))
    return [np.flatnonzero(size == one) for one in np.unique(size)]
