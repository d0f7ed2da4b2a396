"""Truncated, mutated and hostile packets: each ends as a row or with a reason, nothing else."""

from __future__ import annotations

import json
import os
from functools import cache
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.batch import AlertBatch, Reason
from schemas.compression import CODECS, MAGICS, deflate
from schemas.container import MAGIC, SYNC_BYTES
from schemas.decode import Decoder
from schemas.limits import DecodeLimits
from schemas.wire import block_bytes, long_bytes, text_bytes
from tests.schemas import golden
from tests.schemas.comparing import assert_same
from tests.schemas.wrapping import WRAPPERS

EXAMPLES = int(os.environ.get("GUESTSTAR_HOSTILE_EXAMPLES", "150"))
MARKER = b"a marker of 16 B"
LIGHT: dict[str, Any] = dict.fromkeys(golden.ZTF_CUTOUTS)
"""Without stamps: most bytes then mean something."""


@cache
def _good() -> bytes:
    return golden.ztf_packet(7, **LIGHT)


@cache
def _decoder() -> Decoder:
    return Decoder(schemas=golden.GoldenSchemas())


def _among_neighbours(packet: bytes, decoder: Decoder | None = None) -> AlertBatch:
    """Decode one packet between two good ones, which must live."""
    batch = (decoder or _decoder()).decode([_good(), packet, _good()])
    assert {0, 2} <= set(batch.source_index.tolist())
    assert len(batch) + len(batch.rejected) == 3
    return batch


def _reason(packet: bytes, decoder: Decoder | None = None) -> Reason:
    (rejected,) = _among_neighbours(packet, decoder).rejected
    assert rejected.index == 1
    assert rejected.detail
    assert rejected.detail.isprintable()
    assert len(rejected.detail) <= 200
    return rejected.reason


def _container(datum: bytes, schema: object, *, count: int = 1, codec: str = "null") -> bytes:
    metadata = {"avro.codec": codec, "avro.schema": json.dumps(schema)}
    header = block_bytes(text_bytes(key) + text_bytes(text) for key, text in metadata.items())
    block = long_bytes(count) + long_bytes(len(datum)) + datum
    return MAGIC + header + MARKER + block + MARKER


def _datum(seed: int = 7, **changes: Any) -> bytes:  # noqa: ANN401 - values of any field
    out = BytesIO()
    record = golden.ztf_record(seed, **LIGHT | changes)
    fastavro.schemaless_writer(out, fastavro.parse_schema(golden.ztf_schema()), record)
    return out.getvalue()


def test_a_packet_cut_anywhere_is_rejected_and_its_neighbours_live() -> None:
    packet = golden.rubin_packet(3, **LIGHT)
    cut = [packet[:end] for end in range(len(packet))]
    batch = _decoder().decode([packet, *cut, packet])
    assert len(batch) == 2
    assert {one.reason for one in batch.rejected} == {Reason.TRUNCATED}
    assert [one.index for one in batch.rejected] == list(range(1, len(packet) + 1))


def test_a_container_cut_anywhere_is_rejected() -> None:
    packet = _good()
    batch = _decoder().decode([packet[:end] for end in range(len(packet))])
    assert len(batch) == 0
    reasons = {one.reason for one in batch.rejected}
    assert reasons == {Reason.TRUNCATED, Reason.RECORD_COUNT, Reason.NOT_AN_ALERT}


def test_a_record_cut_anywhere_within_a_sound_container_is_truncated() -> None:
    datum, schema = _datum(), golden.ztf_schema()
    batch = _decoder().decode([_container(datum[:end], schema) for end in range(len(datum))])
    assert {one.reason for one in batch.rejected} == {Reason.TRUNCATED}
    assert len(batch.rejected) == len(datum)


def test_a_byte_after_the_record_is_rejected() -> None:
    assert _reason(_container(_datum() + b"\0", golden.ztf_schema())) is Reason.TRAILING


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([0x00, 0x01, 0x02, 0x03, 0x7F, 0x80, 0xFF])),
    min_size=1,
    max_size=4,
)


def _mutated(data: bytes, mutations: list[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for at, byte in mutations:
        changed[at % len(data)] = byte
    return bytes(changed)


@settings(max_examples=EXAMPLES)
@given(MUTATIONS)
@example([(210790, 0xFF)])  # a magnitude whose flux is beyond float64
@example([(94, 0x80)])  # a right ascension that a turn rounds to 360
def test_a_mutated_record_is_what_fastavro_reads_or_has_a_reason(
    mutations: list[tuple[int, int]],
) -> None:
    datum = _mutated(_datum(), mutations)
    batch = _among_neighbours(_container(datum, golden.ztf_schema()))
    if batch.rejected:
        return
    try:
        read: Any = fastavro.schemaless_reader(
            BytesIO(datum), fastavro.parse_schema(golden.ztf_schema()), None
        )
    except UnicodeDecodeError:  # in a string that nobody wants
        return
    assert_same(batch.take(batch.source_index[1:2]), [read])


@settings(max_examples=EXAMPLES)
@given(MUTATIONS, st.sampled_from(CODECS))
def test_a_mutated_message_is_a_row_or_has_a_reason(
    mutations: list[tuple[int, int]], codec: str
) -> None:
    packet = _container(deflate(_datum(), codec), golden.ztf_schema(), codec=codec)
    _among_neighbours(_mutated(packet, mutations))


@settings(max_examples=EXAMPLES)
@given(MUTATIONS, st.sampled_from(list(MAGICS)))
def test_a_mutated_compressed_message_is_a_row_or_has_a_reason(
    mutations: list[tuple[int, int]], outer: str
) -> None:
    _among_neighbours(_mutated(WRAPPERS[outer](_good()), mutations))


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([b"", MAGIC, b"\0", b"\0\0\0\x04\x4c"]), st.binary(max_size=200))
def test_any_bytes_at_all_are_a_row_or_have_a_reason(begin: bytes, rest: bytes) -> None:
    assert _reason(begin + rest)


ARRAY_OF_NULLS = {"type": "array", "items": "null"}
EXTRA: dict[str, Any] = {
    "a varint of eleven bytes": ("long", b"\xff" * 11, Reason.VARINT),
    "a varint beyond 64 bits": ("long", b"\xff" * 9 + b"\x02", Reason.VARINT),
    "a length below zero": ("bytes", long_bytes(-5), Reason.TRUNCATED),
    "a length beyond the end": ("bytes", long_bytes(2**62), Reason.TRUNCATED),
    "a branch that is none": (["null", "int", "long"], long_bytes(3), Reason.BAD_UNION),
    "a branch below zero": (["null", "int"], long_bytes(-1), Reason.BAD_UNION),
    "a branch beyond a pair": (["null", "int"], long_bytes(2), Reason.BAD_UNION),
    "too many nulls": (ARRAY_OF_NULLS, long_bytes(10**9), Reason.TOO_MANY),
    "the most negative count": (ARRAY_OF_NULLS, long_bytes(-(2**63)) + b"\0", Reason.TOO_MANY),
    "many blocks of nulls": (ARRAY_OF_NULLS, long_bytes(40_000) * 2, Reason.TOO_MANY),
    "a block larger than the record": (ARRAY_OF_NULLS, b"\x01\x40", Reason.TRUNCATED),
    "an array without an end": (ARRAY_OF_NULLS, b"\x02", Reason.TRUNCATED),
    "a map of too many": ({"type": "map", "values": "int"}, long_bytes(10**6), Reason.TOO_MANY),
    "a field over its limit": ("bytes", long_bytes(2_000_000) + bytes(2_000_000), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("case", EXTRA)
def test_a_hostile_value_has_its_reason(case: str) -> None:
    kind, value, reason = EXTRA[case]
    schema = golden.ztf_schema()
    schema["fields"].insert(0, {"name": "hostile", "type": kind})
    decoder = Decoder(limits=DecodeLimits(field_bytes_max=1_000_000))
    assert _reason(_container(value + _datum(), schema), decoder) is reason


def _nested(depth: int) -> object:
    schema: object = "int"
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def _doubling(depth: int) -> object:
    """Records that each hold the next one twice: 2**depth values of no bytes."""
    schema: object = "null"
    for level in range(depth):
        twice = [{"name": "a", "type": schema}, {"name": "b", "type": f"r{level - 1}"}]
        fields = twice if level else [{"name": "a", "type": "null"}]
        schema = {"type": "record", "name": f"r{level}", "fields": fields}
    return schema


SCHEMAS: dict[str, Any] = {
    "arrays too deep": _nested(101),
    "unions too deep": json.loads("[" * 400 + '"int"' + "]" * 400),
    "too many values": _doubling(40),
    "an unknown type": "no.such.type",
    "no type": {"name": "a"},
    "a name of many lines": "a\nb" * 1000,
    "an array of nothing": {"type": "array"},
    "a fixed type without a size": {"type": "fixed", "name": "f"},
    "a record without fields": {"type": "record", "name": "r"},
}


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_hostile_schema_has_its_reason(case: str) -> None:
    schema = golden.ztf_schema()
    schema["fields"].append({"name": "hostile", "type": SCHEMAS[case]})
    assert _reason(_container(_datum(), schema)) is Reason.UNKNOWN_SCHEMA


def test_a_wanted_field_of_another_type_is_an_unknown_schema() -> None:
    schema = golden.ztf_schema()
    schema["fields"][2]["type"] = "long"
    assert _reason(_container(_datum(), schema)) is Reason.UNKNOWN_SCHEMA


def test_a_record_of_something_else_is_no_alert() -> None:
    schema = {"type": "record", "name": "weather", "fields": [{"name": "sky", "type": "string"}]}
    assert _reason(_container(text_bytes("clear"), schema)) is Reason.NOT_AN_ALERT


@pytest.mark.parametrize(
    "candidate",
    [{"ra": 400.0}, {"dec": float("nan")}, {"dec": -91.0}, {"jd": float("inf")}, {"ra": -1e300}],
)
def test_an_alert_that_says_no_place_or_time_is_none(candidate: dict[str, float]) -> None:
    assert _reason(golden.ztf_packet(1, candidate=candidate)) is Reason.NOT_AN_ALERT


@pytest.mark.parametrize("name", ["", "n" * 33, "two words", "tab\t", "ztfé"])
def test_an_object_without_a_sound_name_is_no_alert(name: str) -> None:
    assert _reason(golden.ztf_packet(1, objectId=name)) is Reason.NOT_AN_ALERT


def test_a_block_that_does_not_inflate_is_named() -> None:
    for codec in set(CODECS) - {"null", "lz4"}:
        packet = _container(b"\xff" * 50, golden.ztf_schema(), codec=codec)
        assert _reason(packet) is Reason.BAD_BLOCK
    packet = _container(b"\x20\0\0\0" + b"\xff" * 50, golden.ztf_schema(), codec="lz4")
    assert _reason(packet) is Reason.BAD_BLOCK


def _around_nothing(kind: Any) -> tuple[object, bytes]:  # noqa: ANN401 - a type
    """A schema with a record that holds itself, and a datum that goes into it for ever."""
    loop = {"type": "record", "name": "loop", "fields": [{"name": "again", "type": kind}]}
    schema = golden.ztf_schema()
    schema["fields"].insert(0, {"name": "loop", "type": loop})
    return schema, b"\x02" * 5_000 + _datum()


@pytest.mark.parametrize(
    "kind", ["loop", ["null", "loop"], {"type": "array", "items": "loop"}], ids=str
)
def test_a_record_within_itself_without_an_end_is_nested_too_deeply(kind: object) -> None:
    schema, datum = _around_nothing(kind)
    assert _reason(_container(datum, schema)) is Reason.TOO_DEEP


def test_a_message_over_the_limit_is_too_large() -> None:
    decoder = Decoder(limits=DecodeLimits(packet_bytes_max=len(_good())))
    assert _reason(_good() + b"\0", decoder) is Reason.TOO_LARGE


def test_a_changed_sync_marker_is_a_bad_block() -> None:
    assert _reason(_good()[:-1] + b"\0") is Reason.BAD_BLOCK


@pytest.mark.parametrize("count", [0, 2, -1])
def test_a_block_of_other_than_one_record_is_rejected(count: int) -> None:
    assert _reason(_container(_datum(), golden.ztf_schema(), count=count)) is Reason.RECORD_COUNT


def test_a_second_block_is_rejected() -> None:
    packet = _good()
    at = packet.index(packet[-SYNC_BYTES:]) + SYNC_BYTES
    assert _reason(packet + packet[at:]) is Reason.RECORD_COUNT


def test_what_is_kept_of_schemas_is_bounded() -> None:
    decoder = Decoder(limits=DecodeLimits(schemas_kept_max=2))
    for number in range(5):
        schema = golden.ztf_schema() | {"doc": str(number)}
        assert len(_among_neighbours(_container(_datum(), schema), decoder)) == 3
    assert _reason(_container(_datum(), {"type": "record", "name": "x", "fields": []}), decoder)
