"""Arrow tables one after another, from file to file: a group of rows in memory at most."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lake.keys import Mask
from lake.layout import ASKED, ENCODING, INDEX, LEARNED

SCORE = LEARNED["probabilities"]


def masked(tables: Iterable[Any], keep: Mask) -> Iterator[Any]:
    """The rows of tables in a row that a mask of all of them keeps."""
    begin = 0
    for table in tables:
        rows = keep[begin : begin + len(table)]
        begin += len(table)
        if rows.any():
            yield table if rows.all() else table.filter(rows)


def write_tables(
    path: Path,
    tables: Iterable[Any],
    schema: Any,  # noqa: ANN401 - pyarrow has no types
    rows: int,
    *,
    repeating: Sequence[str],
    facts: Callable[[], Mapping[str, str]] = dict,
) -> None:
    """Tables, sorted by place, as one file of groups of so many rows.

    `repeating` are the columns of few values; `facts`, for the metadata, are asked for last.
    """
    import pyarrow.parquet as pq

    told = [name for name in schema.names if name in ASKED or name.startswith(SCORE)]
    kept = {"write_statistics": told, "use_dictionary": [*repeating]}
    if INDEX in schema.names:
        kept["sorting_columns"] = [pq.SortingColumn(schema.get_field_index(INDEX))]
    with pq.ParquetWriter(path, schema, **ENCODING, **kept) as file:
        for table in regrouped(tables, rows):
            file.write_table(table, row_group_size=rows)
        file.add_key_value_metadata(dict(facts()))


def to_disk(path: Path) -> None:
    """What was written is on the disk, before a name says that it is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def regrouped(tables: Iterable[Any], rows: int) -> Iterator[Any]:
    """The same rows in tables of a multiple of `rows` each, but for the last."""
    import pyarrow as pa

    waiting: list[Any] = []
    for table in tables:
        waiting.append(table)
        count = sum(map(len, waiting))
        if count >= rows:
            whole, full = pa.concat_tables(waiting), count // rows * rows
            yield whole.slice(0, full)
            waiting = [whole.slice(full)]
    if sum(map(len, waiting)):
        yield pa.concat_tables(waiting)
