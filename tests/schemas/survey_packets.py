"""Small packets of both surveys, with the cutouts declared in every way that occurs."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import fastavro
import numpy as np

from schemas.writing import gzipped_fits

Json = Any
IMAGE = gzipped_fits(np.arange(30 * 30, dtype=np.float32).reshape(30, 30))
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
SYNC = bytes(range(16))


def cutout_record(file_name: Json, stamp: Json) -> Json:
    """A cutout with its file's name."""
    fields = [{"name": "fileName", "type": file_name}, {"name": "stampData", "type": stamp}]
    return {"type": "record", "name": "ztf.alert.cutout", "doc": "an image", "fields": fields}


WAYS: dict[str, Json] = {
    "record, null": [cutout_record("string", "bytes"), "null"],
    "null, record": ["null", cutout_record("string", "bytes")],
    "record": cutout_record("string", "bytes"),
    "record of unions": cutout_record(["string", "null"], ["bytes", "null"]),
    "bytes": "bytes",
    "bytes, null": ["bytes", "null"],
    "null, bytes": ["null", "bytes"],
}
"""How a schema may declare a cutout."""


def ztf_schema(way: str = "record, null", *, after: int = 0) -> Json:
    """A ZTF schema in small, with some fields after the cutouts."""
    candidate = {
        "type": "record",
        "name": "candidate",
        "doc": "the detection",
        "fields": [
            *({"name": name, "type": "int"} for name in ("fid", "pid")),
            *(
                {"name": name, "type": "double", "doc": "in degrees or days"}
                for name in ("jd", "ra", "dec")
            ),
        ],
    }
    types = [WAYS[way], *[_again(WAYS[way])] * 2]
    cutouts = [{"name": name, "type": kind} for name, kind in zip(CUTOUTS, types, strict=True)]
    last = [{"name": f"doc{n}", "type": ["null", "string"], "default": None} for n in range(after)]
    fields = [
        {"name": "objectId", "type": "string", "doc": "whose"},
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": candidate},
        *cutouts,
        *last,
    ]
    return {"type": "record", "name": "alert", "namespace": "ztf", "doc": "d", "fields": fields}


def _again(kind: Json) -> Json:
    """The same type once its record is defined."""
    if isinstance(kind, list):
        return [_again(branch) for branch in kind]
    return kind["name"] if isinstance(kind, dict) else kind


LSST_SCHEMA: Json = {
    "type": "record",
    "name": "lsst.v10_1.alert",
    "doc": "Rubin's",
    "fields": [
        {"name": "diaSourceId", "type": "long"},
        {
            "name": "diaSource",
            "type": {
                "type": "record",
                "name": "lsst.v10_1.diaSource",
                "fields": [
                    {"name": "diaSourceId", "type": "long"},
                    *({"name": name, "type": "double"} for name in ("midpointMjdTai", "ra", "dec")),
                ],
            },
        },
        *({"name": name, "type": ["null", "bytes"], "default": None} for name in CUTOUTS),
    ],
}


def ztf_record(number: int, schema: Json) -> dict[str, Any]:
    """An alert; one in three has no template."""
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    bare = "bytes" in kinds["cutoutScience"]
    image: Any = IMAGE if bare else {"fileName": f"candid{number}.fits.gz", "stampData": IMAGE}
    nullable = isinstance(kinds["cutoutScience"], list)
    return {
        "objectId": f"ZTF18abc{number:04}",
        "candid": number,
        "candidate": {"fid": 1, "pid": 1, "jd": 2_460_000.5 + number, "ra": 10.0, "dec": -5.0},
        **dict.fromkeys(CUTOUTS, image),
        **({"cutoutTemplate": None} if nullable and number % 3 == 0 else {}),
        **{name: "after" for name in kinds if name.startswith("doc")},
    }


def lsst_record(number: int) -> dict[str, Any]:
    """An alert with two planes."""
    source = {"diaSourceId": number, "midpointMjdTai": 60_000.0, "ra": 1.0, "dec": 2.0}
    images = {"cutoutTemplate": IMAGE, "cutoutDifference": IMAGE}
    return {"diaSourceId": number, "diaSource": source, "cutoutScience": None, **images}


def container(
    schema: Json, record: dict[str, Any], *, codec: str = "null", **metadata: str
) -> bytes:
    """A message of one record, as fastavro writes it."""
    out = BytesIO()
    fastavro.writer(
        out, json.loads(json.dumps(schema)), [record], codec, metadata=metadata, sync_marker=SYNC
    )
    return out.getvalue()


def ztf_packets(count: int, way: str = "record, null") -> list[bytes]:
    """Messages of small ZTF alerts."""
    schema = ztf_schema(way, after=1)
    return [container(schema, ztf_record(number, schema)) for number in range(count)]


def confluent(schema_id: int, schema: Json, record: dict[str, Any]) -> bytes:
    """The message of one record with its schema's id."""
    out = BytesIO(b"\0" + schema_id.to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    return out.getvalue()
