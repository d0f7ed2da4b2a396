"""Packets that are small and ask for much: each ends with a reason, at little cost."""

from __future__ import annotations

import json
import struct
import tracemalloc
from functools import cache
from typing import Any

import pytest

from schemas.avro import NAME_LETTERS_MAX, SCHEMA_LETTERS_MAX, WriterSchema
from schemas.batch import Reason
from schemas.compression import deflate
from schemas.container import EMPTY_BLOCKS_MAX, ENTRIES_MAX, MAGIC
from schemas.decode import Decoder
from schemas.errors import SchemaError
from schemas.limits import DecodeLimits
from schemas.wire import block_bytes, long_bytes, text_bytes
from tests.schemas import golden

MARKER = b"a marker of 16 B"
MEGABYTE = 2**20
MEMORY_BYTES_MAX = 40 * MEGABYTE
"""That a bomb of a quarter of a megabyte at most may take at its peak."""
TOP: list[dict[str, Any]] = [
    {"name": "objectId", "type": "string"},
    {"name": "candid", "type": "long"},
    {
        "name": "candidate",
        "type": {
            "type": "record",
            "name": "candidate",
            "fields": [
                {"name": name, "type": kind}
                for name, kind in (
                    *(("fid", "int"), ("pid", "long")),
                    *(("jd", "double"), ("ra", "double"), ("dec", "double")),
                )
            ],
        },
    },
]
DATUM = (text_bytes("ZTF18bombing") + long_bytes(5) + long_bytes(1) + long_bytes(7)) + struct.pack(
    "<3d", 2460000.5, 10.0, 10.0
)


def _alert(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "alert", "fields": [*TOP, *fields]}


def _packet(schema: object, datum: bytes = b"", codec: str = "null") -> bytes:
    said = {"avro.codec": codec, "avro.schema": json.dumps(schema)}
    header = block_bytes(text_bytes(key) + text_bytes(text) for key, text in said.items())
    packed = deflate(datum, codec)
    block = long_bytes(1) + long_bytes(len(packed)) + packed
    return b"".join((MAGIC, header, MARKER, block, MARKER))


def _many(count: int, kinds: tuple[Any, ...] = ("int", "string")) -> list[dict[str, Any]]:
    return [{"name": f"f{at}", "type": kinds[at % len(kinds)]} for at in range(count)]


def _union_of_names() -> bytes:
    return _packet([{"type": "record", "name": "A", "fields": _many(3_000)}, *["A"] * 10_000])


def _union_of_records_that_name_one() -> bytes:
    large = {"type": "record", "name": "A", "fields": _many(3_000)}
    small = ({"type": "record", "name": f"B{at}", "fields": _many(1, ("A",))} for at in range(900))
    return _packet([large, *small])


def _long_place() -> bytes:
    inner = {"type": "record", "name": "R", "fields": _many(2_000)}
    again = ({"name": f"{'y' * 9_000}{at}", "type": "R"} for at in range(7))
    return _packet(_alert({"name": "x" * 60_000, "type": inner}, *again))


def _long_namespace() -> bytes:
    fixed = tuple({"type": "fixed", "name": f"F{at}", "size": 1} for at in range(1_500))
    return _packet({**_alert(*_many(1_500, fixed)), "namespace": "x" * 90_000})


def _header_of_entries() -> bytes:
    return MAGIC + long_bytes(100_000) + b"\0\0" * 100_000 + b"\0"


def _header_of_blocks() -> bytes:
    return MAGIC + (long_bytes(1) + b"\0\0") * 80_000 + b"\0"


def _empty_blocks(block: bytes) -> bytes:
    header, _, _ = _packet(_alert()).partition(MARKER)
    return header + MARKER + (block + MARKER) * 12_000


BOMBS = {
    "a union of one name": (_union_of_names, Reason.UNKNOWN_SCHEMA),
    "a union of records that name one": (_union_of_records_that_name_one, Reason.UNKNOWN_SCHEMA),
    "a long name around many": (_long_place, Reason.UNKNOWN_SCHEMA),
    "a long namespace of many": (_long_namespace, Reason.UNKNOWN_SCHEMA),
    "a header of entries": (_header_of_entries, Reason.TOO_MANY),
    "a header of blocks": (_header_of_blocks, Reason.TOO_MANY),
    "blocks without a record": (lambda: _empty_blocks(b"\0\0"), Reason.RECORD_COUNT),
    "blocks of a record each": (lambda: _empty_blocks(b"\2\0"), Reason.RECORD_COUNT),
}


@cache
def _sound() -> bytes:
    return golden.ztf_packet(7)


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_packet_asks_for_little_memory_whatever_it_says(name: str) -> None:
    make, reason = BOMBS[name]
    bomb, decoder = make(), Decoder()
    assert len(bomb) < MEGABYTE / 4
    decoder.warm_up()
    decoder.decode([_sound()])
    tracemalloc.start()
    try:
        batch = decoder.decode([_sound(), bomb, _sound()])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(one.index, one.reason) for one in batch.rejected] == [(1, reason)]
    assert peak < MEMORY_BYTES_MAX


def test_a_header_and_a_container_may_say_what_is_of_use() -> None:
    assert ENTRIES_MAX > 2
    header, _, block = _sound().partition(_sound()[-16:])
    around = (b"\0\0" + _sound()[-16:]) * (EMPTY_BLOCKS_MAX // 2)
    assert len(Decoder().decode([header + _sound()[-16:] + around + block + around])) == 1


def test_a_schema_of_a_registry_is_bounded_too() -> None:
    text = json.dumps(_alert({"name": "x", "doc": "y" * SCHEMA_LETTERS_MAX, "type": "int"}))
    with pytest.raises(SchemaError, match="letters"):
        WriterSchema.of(text, 7)


def test_places_are_as_long_as_any_survey_needs() -> None:
    deep: Any = "int"
    for at in range(30):
        deep = {"type": "record", "name": f"level_{at}", "fields": _many(1, (deep,))}
    assert len(".".join(["f0"] * 30)) < NAME_LETTERS_MAX
    batch = Decoder().decode([_packet(_alert({"name": "deep", "type": deep}), DATUM + b"\0")])
    assert len(batch) == 1


FIXED = {"type": "array", "items": {"type": "fixed", "name": "F", "size": 65_536}}


def _inflating(times: int, codec: str) -> bytes:
    datum = DATUM + long_bytes(times) + bytes(65_536 * times) + b"\0"
    return _packet(_alert({"name": "z", "type": FIXED}), datum, codec)


@pytest.mark.parametrize("codec", ["deflate", "zstandard", "bzip2", "xz", "snappy", "lz4"])
def test_of_a_batch_that_inflates_too_far_the_largest_are_refused(codec: str) -> None:
    decoder = Decoder(limits=DecodeLimits(batch_bytes_max=MEGABYTE))
    packets = [_inflating(1, codec), *(_inflating(at, codec) for at in (6, 7, 8)), _sound()]
    batch = decoder.decode(packets)
    assert batch.source_index.tolist() == [0, 1, 2, 4]
    ((refused, reason, detail),) = batch.rejected
    assert (refused, reason) == (3, Reason.TOO_LARGE)
    assert "in a batch of over 1048576" in detail


PREVIOUS = {
    "type": "record",
    "name": "previous",
    "fields": [{"name": "jd", "type": ["null", "double"]}, {"name": "fid", "type": "int"}],
}


def _pointed(count: int) -> bytes:
    points = b"".join(
        b"\2" + struct.pack("<d", 2459000.5 + at) + long_bytes(1) for at in range(count)
    )
    datum = DATUM + (long_bytes(count) + points if count else b"") + b"\0"
    of_points = {"name": "prv_candidates", "type": {"type": "array", "items": PREVIOUS}}
    return _packet(_alert(of_points), datum)


def test_of_a_batch_with_too_many_points_those_that_have_most_are_refused() -> None:
    counts = [3, 900, 5, 880, 0, 910, 7, 920, 4]
    packets = [*map(_pointed, counts), _sound()]
    alone = [len(Decoder().decode([each]).light_curve.mjd) for each in packets]
    limits = DecodeLimits(batch_points_max=2_000, history_items_max=1_000)
    batch = Decoder(limits=limits).decode(packets)
    refused = [one.index for one in batch.rejected]
    assert {one.reason for one in batch.rejected} == {Reason.TOO_MANY}
    assert 2 <= len(refused) <= 3
    assert min(counts[at] for at in refused) > 800
    assert batch.source_index.tolist() == [at for at in range(10) if at not in refused]
    offsets = batch.light_curve.offsets
    of_each = (offsets[1:] - offsets[:-1]).tolist()
    assert of_each == [alone[at] for at in batch.source_index]
