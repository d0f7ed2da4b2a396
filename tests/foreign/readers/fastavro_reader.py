"""What fastavro decodes of frames: FRAMING REGISTRY; decoded.py has the lines."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import decoded
import fastavro


@cache
def schemas(text: str) -> tuple[Any, Any]:
    """A schema's text parsed, and the survey's part of it."""
    return fastavro.parse_schema(json.loads(text)), fastavro.parse_schema(decoded.survey_part(text))


def contained(value: bytes) -> decoded.Opened:
    """A container's one record."""
    reader = fastavro.reader(io.BytesIO(value))
    (record,) = reader
    return record, again(record, reader.metadata["avro.schema"])


def bare(text: str, value: bytes) -> decoded.Opened:
    """A record without its schema."""
    record = fastavro.schemaless_reader(io.BytesIO(value), schemas(text)[0])
    return record, again(record, text)


def again(record: dict[str, Any], text: str) -> bytes:
    """The survey's part of a record, encoded."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schemas(text)[1], record)
    return out.getvalue()


decoded.run(contained, bare)
