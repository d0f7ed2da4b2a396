"""Containers of every codec and any blocks, and whole messages that came compressed."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import fastavro
import pytest

from schemas.batch import AlertBatch, Reason, Rejected
from schemas.compression import CODECS, LAYERS_MAX, MAGICS
from schemas.container import MAGIC
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader
from schemas.errors import SchemaError
from schemas.limits import DecodeLimits
from schemas.wire import block_bytes, long_bytes, text_bytes
from tests.schemas import golden
from tests.schemas.comparing import assert_same
from tests.schemas.wrapping import BLOCKS, WRAPPERS

MARKER = b"a marker of 16 B"
BOMB_BYTES = 50_000_000
SMALL = DecodeLimits(packet_bytes_max=2**20, datum_bytes_max=2**20)


def _datum(seed: int) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(
        out, fastavro.parse_schema(golden.ztf_schema()), golden.ztf_record(seed)
    )
    return out.getvalue()


def _container(blocks: Sequence[tuple[int, bytes]], codec: str = "null") -> bytes:
    """Blocks of so many records, as they are written."""
    metadata = {"avro.codec": codec, "avro.schema": json.dumps(golden.ztf_schema())}
    header = block_bytes(text_bytes(key) + text_bytes(text) for key, text in metadata.items())
    written = (long_bytes(count) + long_bytes(len(data)) + data for count, data in blocks)
    return MAGIC + header + MARKER + b"".join(one + MARKER for one in written)


def _decode(*packets: bytes, limits: DecodeLimits | None = None) -> AlertBatch:
    return Decoder(schemas=golden.GoldenSchemas(), limits=limits or DecodeLimits()).decode(packets)


def _only(batch: AlertBatch) -> Rejected:
    (rejected,) = batch.rejected
    return rejected


def test_every_codec_that_the_decoder_names_is_tried_here() -> None:
    assert set(BLOCKS) == set(CODECS)
    assert set(WRAPPERS) == set(MAGICS)


@pytest.mark.parametrize("codec", BLOCKS)
def test_a_block_of_each_codec_is_read(codec: str) -> None:
    packet = _container([(1, BLOCKS[codec](_datum(3)))], codec)
    assert_same(_decode(packet), [golden.ztf_record(3)])
    assert EnrichedReader().read(packet)["objectId"] == golden.ztf_record(3)["objectId"]


@pytest.mark.parametrize("codec", BLOCKS)
def test_a_file_of_each_codec_is_cut_into_records_that_fastavro_reads(codec: str) -> None:
    blocks = [(2, _datum(1) + _datum(2)), (0, b""), (1, _datum(3))]
    data = _container([(count, BLOCKS[codec](block)) for count, block in blocks], codec)
    packets = list(Decoder().split(data))
    assert_same(_decode(*packets), [golden.ztf_record(seed) for seed in (1, 2, 3)])
    if codec not in {"zstandard", "lz4"}:  # for these two it needs libraries of its own
        assert [len(list(fastavro.reader(BytesIO(one)))) for one in packets] == [1, 1, 1]


def test_an_unknown_codec_is_named_as_the_reason() -> None:
    rejected = _only(_decode(_container([(1, _datum(1))], "brotli")))
    assert rejected.reason is Reason.UNKNOWN_CODEC
    assert "'brotli'" in rejected.detail


@pytest.mark.parametrize(
    "empty", [(1, 0), (0, 1), (2, 3)], ids=["before", "behind", "before and behind"]
)
def test_blocks_of_nothing_around_the_record_are_passed_over(empty: tuple[int, int]) -> None:
    before, behind = empty
    packet = _container([(0, b"")] * before + [(1, _datum(1))] + [(0, b"")] * behind)
    assert list(fastavro.reader(BytesIO(packet)))
    assert_same(_decode(packet), [golden.ztf_record(1)])
    assert list(Decoder().split(packet)) == [packet]


@pytest.mark.parametrize("blocks", [[], [(0, b"")], [(0, b""), (0, b"")]], ids=len)
def test_a_container_without_a_record_is_said_to_have_none(blocks: list[tuple[int, bytes]]) -> None:
    assert _only(_decode(_container(blocks))) == (0, Reason.RECORD_COUNT, "no record")


def test_a_block_that_cannot_be_inflated_is_refused_and_the_others_are_cut() -> None:
    packed = [BLOCKS["deflate"](_datum(seed)) for seed in range(4)]
    blocks = [(1, packed[0]), (3, b"\xff" * 40), (1, packed[1]), (1, packed[2])]
    batch = _decode(*Decoder().split(_container(blocks, "deflate")))
    assert _only(batch)[:2] == (1, Reason.BAD_BLOCK)
    assert len(batch) == 3


def test_what_lies_before_a_block_without_an_end_is_cut() -> None:
    data = _container([(2, _datum(1) + _datum(2)), (1, _datum(3)), (2, _datum(4) + _datum(5))])
    batch = _decode(*Decoder().split(data[:-100]))
    assert _only(batch)[:2] == (3, Reason.TRUNCATED)
    assert len(batch) == 3


MESSAGES: dict[str, Callable[[int], bytes]] = {
    "container": golden.ztf_packet,
    "Confluent": golden.rubin_packet,
}


@pytest.mark.parametrize("framing", MESSAGES)
@pytest.mark.parametrize("outer", WRAPPERS)
def test_a_message_that_came_compressed_is_read_and_kept_without_that(
    outer: str, framing: str
) -> None:
    inside = MESSAGES[framing](3)
    batch = _decode(WRAPPERS[outer](inside))
    assert_same(batch, [(golden.ztf_record if framing == "container" else golden.rubin_record)(3)])
    assert list(batch.packets) == [inside]


def test_a_message_may_be_compressed_twice_and_no_more() -> None:
    message = golden.ztf_packet(1)
    for layers in range(1, LAYERS_MAX + 2):
        message = WRAPPERS["gzip"](message)
        assert len(_decode(message)) == (layers <= LAYERS_MAX)


def test_a_stream_may_come_in_parts_and_end_in_zeros() -> None:
    packet = golden.ztf_packet(1)
    for outer in ("gzip", "bzip2", "xz"):
        pack = WRAPPERS[outer]
        parts = pack(packet[:1000]) + pack(b"") + pack(packet[1000:]) + bytes(8)
        assert list(_decode(parts).packets) == [packet]


def test_a_compressed_file_of_many_records_is_cut() -> None:
    records = [golden.ztf_record(seed) for seed in range(5)]
    data = WRAPPERS["gzip"](golden.container(records, golden.ztf_schema()))
    assert_same(_decode(*Decoder().split(data)), records)


@pytest.mark.parametrize("outer", WRAPPERS)
def test_a_compressed_message_cut_anywhere_has_a_reason(outer: str) -> None:
    light: dict[str, Any] = dict.fromkeys(golden.ZTF_CUTOUTS)
    whole = WRAPPERS[outer](golden.ztf_packet(1, **light))
    cut = [whole[:end] for end in range(0, len(whole) - 1, 37)]
    batch = _decode(*cut)
    assert len(batch) == 0
    assert len(batch.rejected) == len(cut)


@pytest.mark.parametrize("outer", WRAPPERS)
def test_a_message_that_inflates_without_end_is_refused_within_bounds(outer: str) -> None:
    bomb = WRAPPERS[outer](bytes(BOMB_BYTES))
    assert len(bomb) < SMALL.packet_bytes_max
    tracemalloc.start()
    rejected = _only(_decode(bomb, limits=SMALL))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejected.reason is Reason.TOO_LARGE
    assert peak < BOMB_BYTES / 4


@pytest.mark.parametrize("codec", [codec for codec in BLOCKS if codec != "null"])
def test_a_block_that_inflates_without_end_is_refused_within_bounds(codec: str) -> None:
    packet = _container([(1, BLOCKS[codec](bytes(BOMB_BYTES)))], codec)
    limits = DecodeLimits(datum_bytes_max=2**20)
    tracemalloc.start()
    rejected = _only(_decode(packet, limits=limits))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejected.reason is Reason.TOO_LARGE
    assert peak < BOMB_BYTES / 4


def test_an_enriched_packet_of_an_unknown_codec_is_an_error_that_names_it() -> None:
    with pytest.raises(SchemaError, match="brotli"):
        EnrichedReader().read(_container([(1, _datum(1))], "brotli"))
