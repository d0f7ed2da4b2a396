"""New alerts of a night as they come: in memory, then in sorted pieces on disk."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.arrays import conformed, curves_table, joined_schema, table_of
from lake.keys import Keys, Mask
from lake.layout import (
    INDEX,
    LEARNED,
    LITE_BYTES,
    PACKET_AT,
    PACKET_BYTES,
    PACKET_FILE,
    PLAIN,
    ROWS_PER_GROUP,
    packet_sizes,
)
from lake.places import places_of
from lake.runs import Kind, Pieces, Run
from schemas.batch import AlertBatch


class NightBuffer:
    """Alerts of one night, in the order in which they came; one that came again is there twice."""

    def __init__(self, folder: Path, mark: str, *, with_packets: bool) -> None:
        """`folder` is for its pieces, and is there; `mark` will name its files."""
        self.packets = folder / "packets"
        self.keys = Keys()
        self.waiting_bytes = 0
        self.mark = mark
        self.with_packets = with_packets
        self._pieces = Pieces(folder, "new")
        self._packet_file = mark if with_packets else ""
        self._packet_at = 0
        self._waiting: list[tuple[Any, Any]] = []
        self._waiting_rows = 0

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

        if self._waiting:
            joined = []
            for tables in zip(*self._waiting, strict=True):
                whole = joined_schema([each.schema for each in tables])
                joined.append(pa.concat_tables(conformed(each, whole) for each in tables))
            self._pieces.add(*joined)
        self._waiting.clear()
        self._waiting_rows = self.waiting_bytes = 0

    def schemas(self, kind: Kind) -> Sequence[Any]:
        return self._pieces.schemas(kind)

    def runs(self, keep: Mask) -> Iterator[Run]:
        """What was spilled, of the rows that a mask keeps, which is in the order of `keys`."""
        return self._pieces.runs(keep)

    def _places(self, batch: AlertBatch) -> dict[str, NDArray[Any]]:
        whole, lite = packet_sizes(batch)
        begins = np.full(len(batch), -1)
        if self._packet_file:
            begins = self._packet_at + np.cumsum(whole) - whole
            self._packet_at += int(whole.sum())
        file = np.full(len(batch), self._packet_file)
        return {PACKET_BYTES: whole, LITE_BYTES: lite, PACKET_FILE: file, PACKET_AT: begins}


def columns_of(batch: AlertBatch) -> dict[str, NDArray[Any]]:
    """The place of each alert, the plain columns and what was learned, at even odds."""
    learned = {
        f"{LEARNED[each.kind]}{name}.{column}": np.ascontiguousarray(each.column(column))
        for name, each in batch.with_prior("even").learned.items()
        for column in each.columns
    }
    place = {INDEX: places_of(batch.ra_deg, batch.dec_deg)}
    return place | {name: batch.column(name) for name in PLAIN} | learned
