"""New alerts of a night as they come: in memory, then in pieces on disk, of a row group at most."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.arrays import conformed, curves_table, joined_schema, table_of
from lake.keys import Keys
from lake.layout import (
    ENCODING,
    LEARNED,
    LITE_BYTES,
    PACKET_AT,
    PACKET_BYTES,
    PACKET_FILE,
    PLAIN,
    ROWS_PER_GROUP,
    packet_sizes,
)
from schemas.batch import AlertBatch

KINDS = ("alerts", "curves")
"""What a piece is made of, a file each."""


class NightBuffer:
    """Alerts of one night, in the order in which they came; one that came again is there twice."""

    def __init__(self, folder: Path, mark: str, *, with_packets: bool) -> None:
        """`folder` is for its pieces, and is there; `mark` will name its files."""
        self.packets = folder / "packets"
        self.keys = Keys()
        self.waiting_bytes = 0
        self.mark = mark
        self.with_packets = with_packets
        self._folder = folder
        self._packet_file = mark if with_packets else ""
        self._packet_at = 0
        self._waiting: list[tuple[Any, Any]] = []
        self._waiting_rows = self._pieces = 0

    def add(self, batch: AlertBatch) -> None:
        tables = (table_of(columns_of(batch) | self._places(batch)), curves_table(batch))
        self._waiting.append(tables)
        self._waiting_rows += len(batch)
        self.waiting_bytes += sum(each.nbytes for each in tables)
        self.keys.add(batch.survey, batch.alert_id)
        if self._packet_file:
            with self.packets.open("ab") as file:
                file.writelines(batch.packets)
        if self._waiting_rows >= ROWS_PER_GROUP:
            self.spill()

    def spill(self) -> None:
        """Write what waits in memory as a piece on disk."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for place, kind in enumerate(KINDS if self._waiting else ()):
            tables = [pair[place] for pair in self._waiting]
            whole = joined_schema([each.schema for each in tables])
            table = pa.concat_tables(conformed(each, whole) for each in tables)
            pq.write_table(table, self._piece(kind, self._pieces), **ENCODING)
        self._pieces += bool(self._waiting)
        self._waiting.clear()
        self._waiting_rows = self.waiting_bytes = 0

    def schemas(self, kind: str) -> list[Any]:
        import pyarrow.parquet as pq

        return [pq.read_schema(self._piece(kind, number)) for number in range(self._pieces)]

    def tables(self, kind: str) -> Iterator[Any]:
        """The pieces of a kind, in order; each is removed once it was taken."""
        import pyarrow.parquet as pq

        for number in range(self._pieces):
            yield pq.read_table(self._piece(kind, number), use_threads=False)
            self._piece(kind, number).unlink()

    def _places(self, batch: AlertBatch) -> dict[str, NDArray[Any]]:
        whole, lite = packet_sizes(batch)
        begins = np.full(len(batch), -1)
        if self._packet_file:
            begins = self._packet_at + np.cumsum(whole) - whole
            self._packet_at += int(whole.sum())
        file = np.full(len(batch), self._packet_file)
        return {PACKET_BYTES: whole, LITE_BYTES: lite, PACKET_FILE: file, PACKET_AT: begins}

    def _piece(self, kind: str, number: int) -> Path:
        return self._folder / f"{kind}-{number}"


def columns_of(batch: AlertBatch) -> dict[str, NDArray[Any]]:
    """The plain columns of a batch and what was learned, as a lake has them: at even odds."""
    learned = {
        f"{LEARNED[each.kind]}{name}.{column}": np.ascontiguousarray(each.column(column))
        for name, each in batch.with_prior("even").learned.items()
        for column in each.columns
    }
    return {name: batch.column(name) for name in PLAIN} | learned
