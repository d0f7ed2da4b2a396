"""The files of a catalogue's cells: what a version adds is written, all else linked."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lake.arrays import conformed
from lake.hats.cells import Cell
from lake.layout import INDEX, REPEATING
from lake.streams import to_disk

FILES_A_CELL_MAX = 16
"""With one more they are joined, so that who reads a cell opens few."""

ENCODING: dict[str, Any] = {
    "compression": "zstd",
    "row_group_size": 65_536,
    "use_dictionary": [*REPEATING],
}
"""Dictionaries of measured values only add to them."""


class Leaf(NamedTuple):
    """A file of a cell."""

    name: str
    rows: int


Leaves = Mapping[Cell, Sequence[Leaf]]


class Dataset:
    """A catalogue's files that are being written, from those of the version before."""

    def __init__(
        self,
        base: Path | None,
        folder: Path,
        number: int,
        schema: Any,  # noqa: ANN401 - pyarrow has no types
        dropped: frozenset[int],
    ) -> None:
        """`base` and `folder` are catalogues; rows of the nights `dropped` are left out."""
        self._base = base
        self._folder = folder
        self._schema = schema
        self._dropped = dropped
        self.name = f"{number:06}.parquet"
        self.leaves: dict[Cell, Sequence[Leaf]] = {}

    def carry(self, cell: Cell, before: Sequence[Leaf], fresh: Any) -> None:  # noqa: ANN401
        """Have the files of a cell, and rows that come to it, which may be none."""
        stale = [leaf for leaf in before if self._is_stale(cell, leaf)]
        many = len(before) >= FILES_A_CELL_MAX and (stale or len(fresh))
        folded = before if many else stale
        kept = [leaf for leaf in before if leaf not in folded]
        for leaf in kept:
            self._link(cell, leaf)
        if folded or len(fresh):
            self.write(cell, self._joined(cell, folded, fresh), kept)
        elif kept:
            self.leaves[cell] = kept

    def write(self, cell: Cell, table: Any, kept: Sequence[Leaf] = ()) -> None:  # noqa: ANN401
        """Have rows as a new file of a cell."""
        import pyarrow.parquet as pq

        if len(table):
            path = self._place(self._folder, cell) / self.name
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table.sort_by(INDEX), path, **ENCODING)
            to_disk(path)
            kept = [*kept, Leaf(self.name, len(table))]
        if kept:
            self.leaves[cell] = kept

    def before(self, cell: Cell, leaves: Sequence[Leaf], names: Sequence[str] = ()) -> Any:  # noqa: ANN401
        """The rows of a cell as they were, but for those of nights that are dropped.

        All columns, or those named and the night.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._base is None or not leaves:
            return self._schema.empty_table()
        wanted = [*names, "night"] if names else self._schema.names
        schema = pa.schema([self._schema.field(name) for name in wanted])
        paths = (self._place(self._base, cell) / leaf.name for leaf in leaves)
        tables = (conformed(read(path, names and wanted), schema) for path in paths)
        whole = pa.concat_tables(tables)
        gone = pa.array(sorted(self._dropped), pa.int32())
        return whole.filter(pc.invert(pc.is_in(whole.column("night"), gone)))

    def file(self, cell: Cell, leaf: Leaf) -> Path:
        """A file of this version."""
        return self._place(self._folder, cell) / leaf.name

    def table(self, cell: Cell, leaf: Leaf) -> Any:  # noqa: ANN401
        """All of a file of this version."""
        return conformed(read(self.file(cell, leaf)), self._schema)

    def _joined(self, cell: Cell, folded: Sequence[Leaf], fresh: Any) -> Any:  # noqa: ANN401
        import pyarrow as pa

        return pa.concat_tables([self.before(cell, folded), fresh])

    def _is_stale(self, cell: Cell, leaf: Leaf) -> bool:
        """Whether it may have rows of a night that is dropped."""
        if not self._dropped or self._base is None:
            return False
        import pyarrow.parquet as pq

        footer = pq.read_metadata(self._place(self._base, cell) / leaf.name)
        at = footer.schema.to_arrow_schema().get_field_index("night")
        groups = range(footer.num_row_groups)
        told = [footer.row_group(group).column(at).statistics for group in groups]
        return any(one.min <= night <= one.max for one in told for night in self._dropped)

    def _link(self, cell: Cell, leaf: Leaf) -> None:
        assert self._base is not None
        path = self.file(cell, leaf)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(self._place(self._base, cell) / leaf.name, path)

    @staticmethod
    def _place(catalogue: Path, cell: Cell) -> Path:
        return catalogue / "dataset" / cell.folder


def read(path: Path, columns: Sequence[str] = ()) -> Any:  # noqa: ANN401
    """A file of Parquet, which stands in folders with names that say nothing of its columns."""
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=[*columns] or None, partitioning=None)
