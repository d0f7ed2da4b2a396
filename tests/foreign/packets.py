"""The alerts of the foreign readers' night: real ones where they are, and what surveys allow."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro

from lake.archives import Archive
from replay.invention import invent
from tests.schemas.golden import (
    RUBIN_ID,
    container,
    rubin_packet,
    rubin_schema,
    ztf_record,
    ztf_schema,
)

REAL = {
    "ztf/ZwickyTransientFacility+ztfss18": 160,
    "ztf/astrolabsoftware+fink-broker": 60,
    "lsst/lsstcam": 60,
    "lsst/wire_confluent": 3,
}
"""How many packets of each folder of real alerts."""
INVENTED, GOLDEN = 260, 20
CONFLUENT_BYTES = 5


def night_packets(data: Path | None, folder: Path) -> tuple[list[bytes], Path]:
    """The night's packets, in no order, and the folder of the schemas of those that are bare.

    `data` holds the real alerts; None where there are none. `folder` is a new one, to be filled.
    """
    if data is not None:
        packets, schemas = _real(data), data / "lsst" / "schemas"
    else:
        packets, schemas = _made(), _golden_schemas(folder)
    packets += [unlawful_packet(seed) for seed in range(GOLDEN)]
    random.Random(12).shuffle(packets)
    return packets, schemas


def _real(data: Path) -> list[bytes]:
    """Untouched ZTF, Fink's and Rubin's, containers and bare records."""
    return [
        packet.data
        for folder, count in REAL.items()
        for packet in islice(Archive(data / folder), count)
    ]


def _made() -> list[bytes]:
    """An invented night in ZTF's schema, and bare records of Rubin's shape."""
    rubin = [rubin_packet(seed) for seed in range(GOLDEN)]
    return [each.packet for each in invent(INVENTED, seed=12)] + rubin


def _golden_schemas(folder: Path) -> Path:
    place = folder / str(RUBIN_ID // 100) / str(RUBIN_ID % 100)
    place.mkdir(parents=True)
    (place / "lsst.v11_0.alert.avsc").write_text(json.dumps(rubin_schema()))
    return folder


def unlawful_packet(seed: int) -> bytes:
    """A container with ZTF's own wrong defaults: null, where another type comes first."""
    schema = fastavro.parse_schema(_null_last(ztf_schema()), _ignore_default_error=True)
    return container([ztf_record(seed)], schema)


def _null_last(schema: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_null_last(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _null_last(value) for key, value in schema.items()}
    match copy.get("type"):
        case ["null", str(kind)] if "." not in kind:
            return copy | {"type": [kind, "null"], "default": None}
    return copy


def survey_digests(packet: bytes) -> Iterator[str]:
    """The SHA-256 of each record's own bytes, by fastavro."""
    if not packet.startswith(b"Obj\x01"):
        yield hashlib.sha256(packet[CONFLUENT_BYTES:]).hexdigest()
        return
    for block in fastavro.block_reader(io.BytesIO(packet)):
        assert block.num_records == 1
        yield hashlib.sha256(block.bytes_.getvalue()).hexdigest()
