"""The parts of the sky that are folders of a catalogue: HEALPix cells of several orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sky.cells import DEPTH_MAX, Cells

ROWS_A_CELL_MAX = 500_000
"""Rows of a cell; over it a cell is four. So many are in memory together, some 500 bytes each."""

ORDER_MAX = 9
"""Of the smallest cells, 7 arcminutes wide: these hold what they must."""

CELLS_A_FOLDER = 10_000
SMALLEST = 12 * 4**ORDER_MAX
"""How many of the smallest cells the sky has."""


class Cell(NamedTuple):
    """A part of the sky."""

    order: int
    number: int

    @property
    def ends(self) -> tuple[int, int]:
        """The first of its cells of order 29, and the one after the last."""
        return self.within(DEPTH_MAX)

    @property
    def folder(self) -> str:
        """Where its files are, from the dataset's folder."""
        folder = self.number // CELLS_A_FOLDER * CELLS_A_FOLDER
        return f"Norder={self.order}/Dir={folder}/Npix={self.number}"

    def within(self, order: int) -> tuple[int, int]:
        """The first of its cells of a greater order, and the one after the last."""
        deeper = 2 * (order - self.order)
        return self.number << deeper, (self.number + 1) << deeper

    def meets(self, other: Cell) -> bool:
        """Whether one is part of the other."""
        begin, end = self.ends
        return other.ends[0] < end and begin < other.ends[1]


class Division:
    """Cells none of which meets another, along the sky's order."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.cells = sorted(cells, key=lambda cell: cell.ends)
        ends = np.array([cell.ends for cell in self.cells], np.int64).reshape(-1, 2)
        self._begins, self._ends = ends.T

    def places(self, index: Cells) -> NDArray[np.int64]:
        """Which of the cells holds each of those of order 29, (n,); -1 where none does."""
        if not self.cells:
            return np.full(len(index), -1)
        place = np.searchsorted(self._begins, index, side="right") - 1
        inside = (place >= 0) & (index < self._ends[place])
        return np.where(inside, place, -1)


def cells(counts: NDArray[np.int64], standing: Iterable[Cell] = ()) -> list[Cell]:
    """The cells for rows of which `counts` has those of each cell of ORDER_MAX.

    Along the sky's order, none empty: the largest that hold at most ROWS_A_CELL_MAX rows, or else
    those of ORDER_MAX, and that meet none of those that stand, in which no row is counted.
    """
    taken = np.zeros(SMALLEST, dtype=np.bool_)
    for cell in standing:
        taken[slice(*cell.within(ORDER_MAX))] = True
    found: list[Cell] = []
    covered = np.zeros(12, dtype=np.bool_)
    for order in range(ORDER_MAX + 1):
        shape = 12 * 4**order, -1
        own = counts.reshape(shape).sum(axis=1)
        few = (own <= ROWS_A_CELL_MAX) | (order == ORDER_MAX)
        few &= ~taken.reshape(shape).any(axis=1)
        numbers = np.flatnonzero(few & ~covered & (own > 0))
        found += [Cell(order, number) for number in numbers.tolist()]
        covered = np.repeat(covered | few, 4)
    return sorted(found, key=lambda cell: cell.ends)
