"""Rows just beyond each cell's border, so that who searches around a cell's rows misses none."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.hats.cells import ORDER_MAX, Cell, Division
from lake.hats.leaves import Dataset, read
from lake.layout import PLACE
from sky.cells import DEPTH_MAX, bordering, deepest, touched

REACH_ARCSEC = 10.0
"""A cell's margin has all rows so near, and a few that are not quite."""


def margins(
    dataset: Dataset, division: Division, made: Iterable[Cell], nights: frozenset[int]
) -> dict[Cell, Any]:
    """The rows that come to the margins of a catalogue's cells: Arrow tables.

    Of cells that were `made` in this version all, of others those of the nights that come to it.
    """
    import pyarrow as pa

    found: dict[Cell, list[Any]] = defaultdict(list)
    new_cells = {*made}
    is_made = np.array([cell in new_cells for cell in division.cells])
    beside = _beside(division, is_made)
    for place, cell in enumerate(division.cells):
        for leaf in dataset.leaves[cell]:
            if leaf.name != dataset.name and place not in beside:
                continue
            own = read(dataset.file(cell, leaf), [*PLACE, "night"])
            row, other = _beyond(own, division, place)
            new = np.isin(values_of(own.column("night")), [*nights])
            wanted = is_made[other] | new[row]
            if wanted.any():
                row, other, whole = row[wanted], other[wanted], dataset.table(cell, leaf)
                for one in np.unique(other).tolist():
                    found[division.cells[one]].append(whole.take(row[other == one]))
    return {cell: pa.concat_tables(tables) for cell, tables in found.items()}


def _beyond(table: Any, division: Division, own: int) -> tuple[NDArray[np.int64], ...]:  # noqa: ANN401
    """Rows of a cell that are near others, and which: pairs, each once."""
    ra_deg, dec_deg = (values_of(table.column(name)) for name in PLACE)
    reach = float(np.radians(REACH_ARCSEC / 3600))
    depth = deepest(reach)
    row, cell = touched(ra_deg, dec_deg, reach, depth)
    place = division.places(cell << (2 * (DEPTH_MAX - depth)))
    elsewhere = (place >= 0) & (place != own)
    pairs = np.unique(np.stack([row[elsewhere], place[elsewhere]]), axis=1)
    return pairs[0], pairs[1]


def _beside(division: Division, is_made: NDArray[np.bool_]) -> frozenset[int]:
    """Which cells lie beside one that was made."""
    found: set[int] = set()
    for place in np.flatnonzero(is_made).tolist():
        cell = division.cells[place]
        around = bordering(cell.number, cell.order, ORDER_MAX) << (2 * (DEPTH_MAX - ORDER_MAX))
        found |= {*division.places(around).tolist()}
    return frozenset(found)
