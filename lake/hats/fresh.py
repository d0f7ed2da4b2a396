"""Rows that come to a catalogue: sorted by place in pieces on disk, taken a cell at a time."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lake.arrays import conformed, joined_schema, values_of
from lake.hats.cells import Cell, Division
from lake.layout import INDEX, NOWHERE, PACKET
from lake.part import Part
from lake.places import with_places
from sky.cells import Cells


class Fresh(NamedTuple):
    """Rows in pieces, each sorted by its index."""

    schema: Any
    """Of the catalogue; pyarrow has no types."""
    pieces: Sequence[Any]
    indices: Sequence[Cells]
    placeless: int
    """Alerts without a position, which have no cell and are left out."""

    def __len__(self) -> int:
        return sum(map(len, self.indices))

    def within(self, cell: Cell) -> Any:  # noqa: ANN401
        """The rows of a cell, as an Arrow table."""
        import pyarrow as pa

        spans = [np.searchsorted(index, cell.ends).tolist() for index in self.indices]
        pieces = [
            piece.slice(begin, end - begin)
            for piece, (begin, end) in zip(self.pieces, spans, strict=True)
        ]
        return pa.Table.from_batches(pieces, self.schema)

    def counts(self, division: Division) -> Cells:
        """How many rows each cell has, and last how many none has."""
        found = np.zeros(len(division.cells) + 1, np.int64)
        for index in self.indices:
            found += np.bincount(division.places(index) % len(found), minlength=len(found))
        return found


@contextmanager
def spilled(parts: Sequence[Part], before: Any, file: Path) -> Iterator[Fresh]:  # noqa: ANN401
    """The rows of some parts, in a file of their own meanwhile.

    `before` is the schema of the catalogue that they come to, None where there is none yet.
    """
    import pyarrow as pa

    schema = _schema(parts, before)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, schema) as spill:
        placeless = sum(_spill(part, schema, spill) for part in parts)
    with pa.memory_map(str(file)) as source:
        opened = pa.ipc.open_file(source)
        pieces = [opened.get_batch(number) for number in range(opened.num_record_batches)]
        indices = [piece.column(INDEX).to_numpy() for piece in pieces]
        yield Fresh(schema, pieces, indices, placeless)
    file.unlink()


def _spill(part: Part, schema: Any, spill: Any) -> int:  # noqa: ANN401
    """Write a part's rows; how many have no position."""
    import pyarrow as pa

    placeless = 0
    for table in part.tables():
        placed = with_places(table)
        index = values_of(placed.column(INDEX))
        order = np.argsort(index, kind="stable")
        order = order[index[order] < NOWHERE]
        night = pa.array(np.full(len(placed), int(part.night), np.int32))
        whole = placed.append_column("night", night).take(order)
        spill.write_table(conformed(whole, schema).combine_chunks())
        placeless += len(table) - len(order)
    return placeless


def _schema(parts: Sequence[Part], before: Any) -> Any:  # noqa: ANN401
    """The columns of all parts, but for the places of packets, in front of them the index.

    What a catalogue did not have yet is null in what stands there already.
    """
    import pyarrow as pa

    joined = joined_schema([part.schema for part in parts])
    own = [
        pa.field(INDEX, pa.int64(), nullable=False),
        pa.field("night", pa.int32(), nullable=False),
        *(field for field in joined if field.name not in {INDEX, *PACKET}),
    ]
    if before is None:
        return pa.schema(own)
    new = [field.with_nullable(True) for field in own if field.name not in before.names]
    return pa.schema([*before, *new])
