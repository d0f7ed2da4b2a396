"""What we once learned of alerts, read from records that were decoded already.

The compiled decoder has said where our field lies, so that no library walks to it: in a record of
ZTF's that would be nine tenths of the way, and a light curve on it.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from schemas.annotation import FIELD_SCHEMA
from schemas.avro import WriterSchema
from schemas.batch import AlertBatch
from schemas.enriched_schema import bare_type, ready_type

SCHEMAS_KEPT_MAX = 64
"""Writer schemas whose last field was made ready; the longest unused goes first."""

UNREADABLE = (EOFError, IndexError, ValueError, OverflowError)
"""What the library raises for bytes that are of no such field, or of no time that there is."""


class _Field(NamedTuple):
    """Our field's type, as fastavro reads with it."""

    written: Any
    wanted: Any
    """As it is now; None where that is what was written."""


def read_annotations(batch: AlertBatch) -> list[dict[str, Any] | None]:
    """What a broker wrote about each alert of a batch that was decoded (n).

    None where no broker wrote anything, and where that cannot be read.
    """
    view, places = batch.buffer.data, batch.spans.annotation.tolist()
    return [
        _read(view[begin:end], _field_of(batch.schemas[number]))
        if begin >= 0 and batch.schemas[number].enriched
        else None
        for (begin, end), number in zip(places, batch.schema.tolist(), strict=True)
    ]


def _read(data: memoryview, field: _Field) -> dict[str, Any] | None:
    try:
        found = fastavro.schemaless_reader(BytesIO(data), field.written, field.wanted)
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None


@lru_cache(maxsize=SCHEMAS_KEPT_MAX)
def _field_of(schema: WriterSchema) -> _Field:
    """The last field of a schema that was enriched, which names no type but its own."""
    last = schema.parsed["fields"][-1]["type"]
    if bare_type(last) == bare_type(FIELD_SCHEMA["type"]):
        return _Field(ready_type(last), None)
    return _Field(ready_type(last), fastavro.parse_schema(FIELD_SCHEMA["type"]))
