"""What people and programs say of an object, as they publish it: a small Avro record.

Numbers and texts have names of their author's choice; photometry is a list of points. Whoever
publishes one again with the same source and kind replaces what it said before.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import fastavro

from schemas.errors import SchemaError

BYTES_MAX: Final = 1_000_000
TEXT_MAX: Final = 10_000
"""Characters of one text."""

SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "ObjectAnnotation",
    "namespace": "gueststar",
    "fields": [
        {"name": "object_id", "type": "string", "doc": "As the survey's alerts have it."},
        {"name": "source", "type": "string", "doc": "Who says so; `followup` is ours."},
        {"name": "kind", "type": "string", "doc": "classification, photometry, spectrum, remark."},
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "numbers", "type": {"type": "map", "values": "double"}, "default": {}},
        {"name": "texts", "type": {"type": "map", "values": "string"}, "default": {}},
        {
            "name": "points",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Point",
                    "fields": [
                        {"name": "mjd", "type": "double"},
                        {"name": "band", "type": "string"},
                        {"name": "magnitude", "type": "double", "doc": "AB."},
                        {"name": "magnitude_err", "type": "double"},
                        {"name": "star", "type": "string", "default": ""},
                    ],
                },
            },
            "default": [],
        },
    ],
}
_PARSED: Final = fastavro.parse_schema(SCHEMA)
TEXT: Final = json.dumps(SCHEMA)
"""The schema as a file has it."""


class Measured(NamedTuple):
    """One point; `star` names a star that was measured to compare with."""

    mjd: float
    band: str
    magnitude: float
    magnitude_err: float
    star: str = ""


@dataclass(frozen=True)
class ObjectAnnotation:
    """One thing that one source says of one object."""

    object_id: str
    source: str
    kind: str
    unix_s: float
    numbers: Mapping[str, float] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    points: Sequence[Measured] = ()

    @property
    def key(self) -> bytes:
        """What its topic keeps the last of."""
        site = self.texts.get("request", "")
        return "/".join(filter(None, (self.object_id, self.source, self.kind, site))).encode()

    def encode(self) -> bytes:
        """An Avro container of this one record."""
        held = io.BytesIO()
        fastavro.writer(
            held,
            _PARSED,
            [
                {
                    "object_id": self.object_id,
                    "source": self.source,
                    "kind": self.kind,
                    "time": datetime.fromtimestamp(self.unix_s, UTC),
                    "numbers": {**self.numbers},
                    "texts": {**self.texts},
                    "points": [one._asdict() for one in self.points],
                }
            ],
        )
        return held.getvalue()


def read_object_annotation(value: bytes) -> ObjectAnnotation:
    """One record, written by this schema or one that resolves to it. Raises SchemaError."""
    if len(value) > BYTES_MAX:
        raise SchemaError(f"an annotation of {len(value):,} bytes; at most {BYTES_MAX:,}")
    try:
        (record,) = fastavro.reader(io.BytesIO(value), reader_schema=_PARSED)
        found = _found(dict(record))
    except Exception as error:  # whatever the bytes make the reader raise
        raise SchemaError(f"no annotation: {error!r:.200}") from error
    if not (found.object_id and found.source):
        raise SchemaError("an annotation of no object, or by nobody")
    if any(len(text) > TEXT_MAX for text in found.texts.values()):
        raise SchemaError(f"an annotation's text is longer than {TEXT_MAX:,} characters")
    return found


def _found(record: dict[str, Any]) -> ObjectAnnotation:
    return ObjectAnnotation(
        record["object_id"],
        record["source"],
        record["kind"],
        record["time"].timestamp(),
        record["numbers"],
        record["texts"],
        [Measured(**one) for one in record["points"]],
    )
