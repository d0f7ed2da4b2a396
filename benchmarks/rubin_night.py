"""Real Rubin alerts as Rubin sends them: bare records in Confluent's framing, by schema id.

The real ones at hand are containers that brokers wrote, with schemas of their own. Each record is
written anew under the newest of Rubin's published schemas that holds it, stamps and all.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import fastavro

from benchmarks.night import Night
from lake.archives import Archive
from schemas.schema_folder import IDS_PER_MAJOR, SchemaFolder

REAL = ("lsstcam", "decam_ap_test_stream")
"""Within GUESTSTAR_DATA/lsst."""
SCHEMAS = "schemas"


def schema_folder() -> Path | None:
    """The published schemas, where there are real alerts."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    folder = Path(named, "lsst", SCHEMAS)
    return folder if named and folder.is_dir() else None


def rubin_night(alerts: int) -> Night | None:
    """So many packets, the real ones again and again; None where there are none."""
    folder = schema_folder()
    if folder is None:
        return None
    real = list(islice(_framed(folder.parent, _published(folder)), alerts))
    sizes = len({len(packet) for packet in real})
    origin = f"{len(real)} real Rubin packets of {sizes} sizes, framed anew"
    return Night(list(islice(cycle(real), alerts)), origin)


def _published(folder: Path) -> dict[int, dict[str, Any]]:
    """By id, the newest first."""
    places = (minor for minor in folder.glob("[0-9]*/[0-9]*"))
    ids = (IDS_PER_MAJOR * int(place.parent.name) + int(place.name) for place in places)
    found = ((number, SchemaFolder(folder).find(number)) for number in sorted(ids, reverse=True))
    return {number: fastavro.parse_schema(json.loads(one.json)) for number, one in found if one}


def _framed(folder: Path, schemas: Mapping[int, Any]) -> Iterator[bytes]:
    for name in REAL:
        for packet in Archive(folder / name):
            for record in fastavro.reader(io.BytesIO(packet.data)):
                if (framed := _under_newest(record, schemas)) is not None:
                    yield framed


def _under_newest(record: object, schemas: Mapping[int, Any]) -> bytes | None:
    for number, schema in schemas.items():
        out = io.BytesIO()
        try:
            fastavro.schemaless_writer(out, schema, record)
        except (TypeError, ValueError):  # it has not what this version asks for
            continue
        return b"\0" + number.to_bytes(4, "big") + out.getvalue()
    return None
