"""A checksum of a night's rows, which does not depend on their order, their files or encoding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.layout import PACKET_AT, PACKET_FILE
from lake.part import Part
from lake.streams import regrouped

MODULUS = 2**256

TOGETHER = 8_192
"""Rows that are summed together."""

PLACES = (PACKET_FILE, PACKET_AT)
"""Where a packet stands is no part of its alert."""


class Checksum(NamedTuple):
    """Of rows."""

    rows: int
    sum: int
    """Of each row's SHA-256, modulo 2**256: those of two sets add up to their union's."""

    def __str__(self) -> str:
        return f"{self.sum:064x}"


def checksum(parts: Iterable[Part]) -> Checksum:
    """Of all rows of some parts: every column, light curves, and packets where they were kept."""
    rows = total = 0
    for part in parts:
        for columns in _columns(part):
            digests = [hashlib.sha256(b"".join(row)).digest() for row in zip(*columns, strict=True)]
            rows += len(digests)
            total += sum(int.from_bytes(each, "little") for each in digests)
    return Checksum(rows, total % MODULUS)


def _columns(part: Part) -> Iterator[list[list[bytes]]]:
    """Some rows at a time, each column as one text of bytes a row, named and of known length."""
    for begin, table in _pieces(part):
        names = sorted({*table.column_names} - {*PLACES})
        columns = [_bytes(name, table.column(name)) for name in names]
        if part.has_packets:
            columns.append(_packets(part, begin, len(table)))
        yield columns


def _pieces(part: Part) -> Iterator[tuple[int, Any]]:
    """Tables of alerts with their light curves, and at which row of the part each begins."""
    curves = _steps(part.curves_tables())
    begin = 0
    for table in _steps(part.tables()):
        beside = next(curves)
        for name in beside.column_names:
            if name not in table.column_names:
                table = table.append_column(name, beside.column(name))  # noqa: PLW2901
        yield begin, table
        begin += len(table)


def _steps(tables: Iterable[Any]) -> Iterator[Any]:
    """The rows of tables in a row, TOGETHER at a time, however they are grouped."""
    for table in regrouped(tables, TOGETHER):
        for begin in range(0, len(table), TOGETHER):
            yield table.slice(begin, TOGETHER)


def _bytes(name: str, column: Any) -> list[bytes]:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa  # noqa: PLC0415 - `gueststar --help` shall not load it

    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], whole.type)
    if pa.types.is_list(whole.type):
        return _lists(name, whole)
    if pa.types.is_string(whole.type):
        return [_framed(name, text.encode()) for text in whole.to_pylist()]
    values = whole.to_numpy(zero_copy_only=False)
    data, width = np.ascontiguousarray(values).tobytes(), values.dtype.itemsize
    return [_framed(name, data[at : at + width]) for at in range(0, len(data), width)]


def _lists(name: str, whole: Any) -> list[bytes]:  # noqa: ANN401
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_string(whole.type.value_type):
        return [_framed(name, "\0".join(texts).encode()) for texts in whole.to_pylist()]
    points: NDArray[Any] = whole.flatten().to_numpy(zero_copy_only=False)
    data, width = np.ascontiguousarray(points).tobytes(), points.dtype.itemsize
    ends = whole.offsets.to_numpy().astype(np.int64)
    places = ((ends - ends[0]) * width).tolist()
    return [_framed(name, data[begin:end]) for begin, end in pairwise(places)]


def _packets(part: Part, begin: int, count: int) -> list[bytes]:
    """Packets of a part's rows from one on, which all are of one group."""
    group = next(n for n in range(part.groups) if part.span(n)[0] <= begin < part.span(n)[1])
    own = np.arange(count) + begin - part.span(group)[0]
    return [_framed("packet", hashlib.sha256(one).digest()) for one in part.packets(group, own)]


def _framed(name: str, value: bytes) -> bytes:
    return b"%s %d " % (name.encode(), len(value)) + value
