"""Positions of similar radius by HEALPix cell, so that an alert meets only those near it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.cells import Cells, cells_of, deepest, parents, touched
from sky.positions import (
    ARCSEC_PER_DEG,
    Positions,
    Vectors,
    squared_chord_of,
    squared_chords,
    unit_vectors,
)

PAIRS_AT_ONCE = 1 << 18
"""How many pairs of alert and position are held in memory at once."""

CELL_ROWS_WANTED = 8.0
"""Cells are split until a listed position shares its own with no more than this on the mean."""

CELL_ROWS_MAX = 20_000
"""In one cell: more would cost an alert there a millisecond and more."""

CELL_REACHES = 2.0
"""A cell is at least so many radii wide, and a circle in no more than four cells on the mean."""

Rows = NDArray[np.int64]


class Pairs(NamedTuple):
    """Pairs that may be near: rows of the alerts and places in the grid, int64 (n,) each."""

    alert: Rows
    listed: Rows


class Near(NamedTuple):
    """Pairs within a radius: alert, listed row, and squared chord, (n,) each."""

    alert: Rows
    row: NDArray[np.int32]
    chord: NDArray[np.float64]


class Grid:
    """Each cell has a list of the positions whose circles reach into it, for an alert there."""

    def __init__(self, positions: Positions) -> None:
        """Sort and keep them. Raises FilterError where too many crowd into one cell."""
        reach_rad = float(np.radians(positions.radius_arcsec.max() / ARCSEC_PER_DEG))
        ra, dec = positions.ra_deg, positions.dec_deg
        self._depth = _depth(np.sort(cells_of(ra, dec)), deepest(CELL_REACHES * reach_rad))
        row, cell = touched(ra, dec, reach_rad, self._depth)
        order = np.argsort(cell)
        cell, self._rows = cell[order], row.astype(np.int32)[order]
        self._begins = _run_begins(cell)
        self._occupied = cell[self._begins[:-1]]
        _check_crowd(np.diff(self._begins), self._rows[self._begins[:-1]], positions)
        self._vectors = unit_vectors(ra, dec)
        self._limits = _limits(positions.radius_arcsec)

    def lower(self, cell: Cells, vectors: Vectors, best: NDArray[np.float64]) -> None:
        """Lower `best` (n,), squared chords, to that of the nearest position that reaches here.

        Of each alert: its cell of DEPTH_MAX (n,) and its unit vector (n, 3).
        """
        for near in self.near(cell, vectors):
            np.minimum.at(best, near.alert, near.chord)

    def near(self, cell: Cells, vectors: Vectors) -> Iterator[Near]:
        """All pairs within a radius, each once, a part at a time; arguments as of `lower`."""
        for pairs in self._pairs(parents(cell, self._depth)):
            row = self._rows[pairs.listed]
            chord = squared_chords(vectors[pairs.alert], self._vectors[row])
            hit = chord <= self._limits[row]
            yield Near(pairs.alert[hit], row[hit], chord[hit])

    def _pairs(self, cell: Cells) -> Iterator[Pairs]:
        """All pairs that may be within a radius, a part at a time."""
        run = np.minimum(np.searchsorted(self._occupied, cell), len(self._occupied) - 1)
        alert = np.flatnonzero(self._occupied[run] == cell)
        run = run[alert]
        begin = self._begins[run]
        ends = np.cumsum(self._begins[run + 1] - begin)
        total = int(ends[-1]) if len(ends) else 0
        for first in range(0, total, PAIRS_AT_ONCE):
            pair = np.arange(first, min(first + PAIRS_AT_ONCE, total))
            place = np.searchsorted(ends, pair, side="right")
            after = self._begins[run[place] + 1] - ends[place]
            yield Pairs(alert[place], pair + after)


def _depth(cell: Cells, finest: int) -> int:
    """The shallowest depth whose cells are not crowded, of sorted cells of DEPTH_MAX."""
    roomy = math.ceil(math.log(len(cell) / CELL_ROWS_WANTED / 12, 4))
    for depth in range(max(0, roomy), finest):
        runs = np.diff(_run_begins(parents(cell, depth))).astype(np.float64)
        if np.sum(runs * runs) <= CELL_ROWS_WANTED * len(cell):
            return depth
    return finest


def _run_begins(cell: Cells) -> Rows:
    """Where each run of equal cells begins, and the end of the last: (runs + 1,)."""
    inner = np.flatnonzero(cell[1:] != cell[:-1]) + 1
    return np.concatenate((np.zeros(1, np.int64), inner, np.full(1, len(cell), np.int64)))


def _check_crowd(rows: Rows, first: NDArray[np.int32], positions: Positions) -> None:
    """Of the cells: how many rows each has (n,), and one of them (n,)."""
    worst = int(np.argmax(rows))
    if rows[worst] > CELL_ROWS_MAX:
        at = first[worst]
        raise FilterError(
            f"{rows[worst]:,} circles crowd near ra {positions.ra_deg[at]:.4f}, "
            f"dec {positions.dec_deg[at]:.4f} (radii up to {positions.radius_arcsec.max():g} "
            f"arcsec), at most {CELL_ROWS_MAX:,} may; give smaller radii, drop doubles, or draw "
            "a MOC region"
        )


def _limits(radius_arcsec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared chords of the radii (n,), held once where all are one."""
    if radius_arcsec.min() == radius_arcsec.max():
        return np.broadcast_to(squared_chord_of(radius_arcsec[:1]), radius_arcsec.shape)
    return squared_chord_of(radius_arcsec)
