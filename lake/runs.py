"""Many sorted runs of rows made one, with a few rows of each in memory."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.keys import Mask
from lake.layout import ENCODING, INDEX
from lake.places import with_places
from lake.streams import masked
from sky.cells import Cells

Kind = Literal["alerts", "curves"]
KINDS: tuple[Kind, ...] = ("alerts", "curves")
"""The tables of a lake, whose rows are in the same order."""

TOGETHER = 8_192
"""Rows that are put in order together; as many of each run at most are in memory."""


class Run(NamedTuple):
    """Rows sorted by their place."""

    places: Cells
    tables: Callable[[Kind], Iterator[Any]]
    """Of either kind, the rows in their order."""


class Pieces:
    """Tables on disk, each a run: how rows that come in any order are sorted without holding all"""

    def __init__(self, folder: Path, name: str) -> None:
        """`folder` is there; the files in it will begin with `name`."""
        self._stem = folder / name
        self._orders: list[NDArray[np.int64]] = []
        self._places: list[Cells] = []
        self._schemas: dict[Kind, list[Any]] = {kind: [] for kind in KINDS}

    def add(self, alerts: Any, curves: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        """Rows of both tables, alike; they are put in order."""
        import pyarrow.parquet as pq

        alerts = with_places(alerts)
        places = values_of(alerts.column(INDEX))
        order = np.argsort(places, kind="stable")
        for kind, table in zip(KINDS, (alerts, curves), strict=True):
            self._schemas[kind].append(table.schema)
            found = table.combine_chunks().take(order)
            pq.write_table(found, self._file(kind, len(self._orders)), **ENCODING)
        self._orders.append(order)
        self._places.append(places[order])

    def schemas(self, kind: Kind) -> Sequence[Any]:
        return self._schemas[kind]

    def runs(self, keep: Mask) -> Iterator[Run]:
        """A run a piece, of the rows that a mask keeps; it is in the order in which rows came."""
        begin = 0
        for number, (order, places) in enumerate(zip(self._orders, self._places, strict=True)):
            kept = keep[begin : begin + len(order)][order]
            begin += len(order)
            yield Run(places[kept], self._reader(number, kept))

    def _reader(self, number: int, kept: Mask) -> Callable[[Kind], Iterator[Any]]:
        return lambda kind: masked(read_through(self._file(kind, number)), kept)

    def _file(self, kind: Kind, number: int) -> Path:
        return self._stem.with_name(f"{self._stem.name}-{kind}-{number}")


def read_through(path: Path) -> Iterator[Any]:
    """A file from its beginning to its end, some rows in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        for batch in file.iter_batches(TOGETHER, use_threads=False):
            yield pa.Table.from_batches([batch])


def in_order(places: Sequence[Cells]) -> NDArray[np.int32]:
    """Of which run each row of the whole is, sorted by place; of equal ones the earlier runs'."""
    lengths = [len(each) for each in places]
    source = np.repeat(np.arange(len(places), dtype=np.int32), lengths)
    whole = np.concatenate([np.zeros(0, np.int64), *places])
    return source[np.argsort(whole, kind="stable")]


def interleaved(streams: Iterable[Iterator[Any]], source: NDArray[np.int32]) -> Iterator[Any]:
    """The tables of runs, of one schema, as one; `source` says of which run each row is."""
    import pyarrow as pa

    cursors = [_Cursor(each) for each in streams]
    for begin in range(0, len(source), TOGETHER):
        wanted = source[begin : begin + TOGETHER]
        counts = np.bincount(wanted, minlength=len(cursors)).tolist()
        taken = [one.take(count) for one, count in zip(cursors, counts, strict=True) if count]
        whole = pa.concat_tables(taken)
        place = np.empty(len(wanted), np.int64)
        place[np.argsort(wanted, kind="stable")] = np.arange(len(wanted))
        yield whole if len(taken) == 1 else whole.combine_chunks().take(place)


class _Cursor:
    """Tables in a row, taken some rows at a time."""

    def __init__(self, tables: Iterator[Any]) -> None:
        self._tables = tables
        self._held: list[Any] = []

    def take(self, count: int) -> Any:  # noqa: ANN401
        """The next rows, which are there."""
        import pyarrow as pa

        while sum(map(len, self._held)) < count:
            self._held.append(next(self._tables))
        whole = pa.concat_tables(self._held)
        self._held = [whole.slice(count)]
        return whole.slice(0, count)
