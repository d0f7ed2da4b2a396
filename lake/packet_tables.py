"""Parquet tables of alerts as packets: a row is a survey's record, or holds a packet as it was."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lake.inflated import Readable
from schemas.avro import Json
from schemas.container import MAGIC
from schemas.errors import ArchiveError
from schemas.recognition import survey_of
from schemas.refusal import Refusal
from schemas.surveys import surveys
from schemas.writing import container

ROWS_TOGETHER = 64
"""Rows that are in memory at once: an alert with its history is some 100 kB of Python."""

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
"""Of a field of Avro; a column called otherwise is no survey's."""

OF_A_LAKE = b"gueststar.lake"
"""A fact that a lake's files of alerts have."""


def table_packets(name: str, file: Readable) -> Iterator[bytes]:
    """Each row of a table as a message of one record, in its order.

    A row is an alert's record, as the Fink broker keeps it, of whose columns those that no Avro
    type fits are left out; or one column holds whole packets. Missing is null. `name` is what the
    file is called. Raises ArchiveError where the table has neither, or cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        yield from _packets(name, table)
    except (OSError, pa.ArrowException) as error:
        why = " ".join(str(error).split())
        raise ArchiveError(f"{name} cannot be read as Parquet: {why}") from error


def _packets(name: str, table: Any) -> Iterator[bytes]:  # noqa: ANN401 - pyarrow has no types
    if OF_A_LAKE in (table.metadata.metadata or {}):
        raise ArchiveError(f"{name} is a file of a lake; name the lake's own folder")
    record = _record(table.schema_arrow, "row")
    try:
        survey_of(record, surveys())
    except Refusal as refusal:
        return _kept(name, table, refusal.detail)
    return _written(table, record)


def _written(table: Any, record: dict[str, Json]) -> Iterator[bytes]:  # noqa: ANN401
    """Rows that are records, in Avro."""
    schema = json.dumps(record)
    for row in _rows(table, [field["name"] for field in record["fields"]]):
        yield container(schema, row)


def _kept(name: str, table: Any, why: str) -> Iterator[bytes]:  # noqa: ANN401
    """Packets of the first column that holds any. `why`: the rows are no records."""
    import pyarrow as pa

    for field in table.schema_arrow:
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            values = (row[field.name] for row in _rows(table, [field.name]))
            first = next((value for value in values if value is not None), b"")
            if first.startswith(MAGIC):
                yield first
                yield from (value for value in values if value is not None)
                return
    raise ArchiveError(f"{name} is a table of no alerts: {why}, and no column holds Avro packets")


def _rows(table: Any, names: list[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    for batch in table.iter_batches(ROWS_TOGETHER, columns=names, use_threads=False):
        yield from batch.to_pylist()


def _record(fields: Any, name: str) -> dict[str, Json]:  # noqa: ANN401
    """The Avro record of a table's columns or of a struct's fields; `name` is its own."""
    types = {one.name: _type(one.type, f"{name}_{one.name}") for one in fields}
    known = [
        {"name": each, "type": ["null", kind]}
        for each, kind in types.items()
        if kind is not None and NAME.fullmatch(each)
    ]
    return {"type": "record", "name": name, "fields": known}


def _type(kind: Any, name: str) -> Json | None:  # noqa: ANN401
    """None for a type that no survey's field is of: a map, a time, a record of nothing."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _type(kind.value_type, name)
    if pa.types.is_struct(kind):
        record = _record(kind, name)
        return record if record["fields"] else None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        items = _type(kind.value_type, name)
        return items and {"type": "array", "items": ["null", items]}
    return next((avro for fits, avro in _scalars() if fits(kind)), None)


def _scalars() -> tuple[tuple[Any, str], ...]:
    """What tells a type of Arrow, and the one of Avro for it."""
    from pyarrow import types

    return (
        (types.is_boolean, "boolean"),
        (types.is_integer, "long"),
        (types.is_float32, "float"),
        (types.is_floating, "double"),
        (types.is_null, "string"),  # a column without a single value
        (types.is_string, "string"),
        (types.is_large_string, "string"),
        (types.is_binary, "bytes"),
        (types.is_large_binary, "bytes"),
    )
