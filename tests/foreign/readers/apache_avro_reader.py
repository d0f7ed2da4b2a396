"""What Apache's avro (Python) decodes of frames: FRAMING REGISTRY; decoded.py has the lines."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import avro.datafile
import avro.io
import avro.schema
import decoded


@cache
def schemas(text: str) -> tuple[Any, Any]:
    """A schema's text parsed, and the survey's part of it."""
    return avro.schema.parse(text), avro.schema.parse(json.dumps(decoded.survey_part(text)))


def contained(value: bytes) -> decoded.Opened:
    """A container's one record."""
    reader = avro.datafile.DataFileReader(io.BytesIO(value), avro.io.DatumReader())
    (record,) = reader
    return record, again(record, reader.get_meta("avro.schema").decode())


def bare(text: str, value: bytes) -> decoded.Opened:
    """A record without its schema."""
    datum = avro.io.BinaryDecoder(io.BytesIO(value))
    record = avro.io.DatumReader(schemas(text)[0]).read(datum)
    return record, again(record, text)


def again(record: dict[str, Any], text: str) -> bytes:
    """The survey's part of a record, encoded."""
    out = io.BytesIO()
    survey = schemas(text)[1]
    known = {each.name: record[each.name] for each in survey.fields}
    avro.io.DatumWriter(survey).write(known, avro.io.BinaryEncoder(out))
    return out.getvalue()


decoded.run(contained, bare)
