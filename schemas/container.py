"""Avro's container framing: a header with the writer schema, then blocks of records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from schemas.avro import WriterSchema
from schemas.batch import Reason
from schemas.compression import CODECS
from schemas.errors import SchemaError
from schemas.limits import DecodeLimits
from schemas.refusal import Refusal

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
VARINT_BYTES_MAX = 10
ENTRIES_MAX = 100
"""Of a header's metadata; two mean something."""
EMPTY_BLOCKS_MAX = 1_000
"""Around the block of a live message's one record."""


@dataclass(frozen=True)
class Header:
    """A container's header, without the sync marker that follows it and may differ."""

    raw: bytes
    codec: str
    schema: WriterSchema


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """A zigzag varint and the position after it. Raises Refusal."""
    value, shift = 0, 0
    for byte in data[position : position + VARINT_BYTES_MAX]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), position + shift // 7
    if len(data) - position < VARINT_BYTES_MAX:
        raise Refusal(Reason.TRUNCATED, f"within a length at byte {position}")
    raise Refusal(Reason.VARINT, f"a length at byte {position} has over {VARINT_BYTES_MAX} bytes")


def read_metadata(data: bytes, limits: DecodeLimits) -> tuple[int, dict[str, bytes]]:
    """Where a header ends, sync marker not counted, and what it says. Raises Refusal."""
    position, metadata, entries = len(MAGIC), dict[str, bytes](), 0
    while True:
        count, position = read_varint(data, position)
        entries += abs(count)
        if entries > ENTRIES_MAX:
            raise Refusal(Reason.TOO_MANY, f"over {ENTRIES_MAX} entries in the header")
        if count < 0:
            _, position = read_varint(data, position)
        for _ in range(abs(count)):
            key, position = _bytes(data, position, limits)
            metadata[key.decode("utf-8", "replace")], position = _bytes(data, position, limits)
        if count == 0:
            return position, metadata


def read_header(raw: bytes, metadata: dict[str, bytes]) -> Header:
    """What a header's metadata mean. Raises Refusal."""
    return Header(raw, *_schema(metadata))


def _bytes(data: bytes, position: int, limits: DecodeLimits) -> tuple[bytes, int]:
    length, position = read_varint(data, position)
    if position + length > limits.header_bytes_max:
        raise Refusal(Reason.TOO_LARGE, f"a header of over {limits.header_bytes_max} bytes")
    if length < 0 or length > len(data) - position:
        raise Refusal(Reason.TRUNCATED, f"within the header at byte {position}")
    return data[position : position + length], position + length


def _schema(metadata: dict[str, bytes]) -> tuple[str, WriterSchema]:
    codec = metadata.get("avro.codec", b"null").decode("utf-8", "replace")
    if codec not in CODECS:
        known = ", ".join(CODECS)
        raise Refusal(Reason.UNKNOWN_CODEC, f"unknown codec {codec[:20]!r}, none of {known}")
    if "avro.schema" not in metadata:
        raise Refusal(Reason.UNKNOWN_SCHEMA, "the header has no avro.schema")
    try:
        return codec, WriterSchema.of(metadata["avro.schema"].decode())
    except (SchemaError, UnicodeDecodeError) as error:
        raise Refusal(Reason.UNKNOWN_SCHEMA, str(error)) from error


class Block(NamedTuple):
    """Where a block's content begins and ends, and how many records it says to hold."""

    begin: int
    end: int
    count: int  # type: ignore[assignment] # hides a method of tuples that nobody asks for


def only_block(data: bytes, header_bytes: int) -> tuple[int, int]:
    """Where the block of a container's one record begins and ends. Raises Refusal.

    Blocks without a record, which some writers leave, may stand before and behind it.
    """
    begin, end, count = _block(data, header_bytes, header_bytes + SYNC_BYTES)
    if count != 1 or end + SYNC_BYTES != len(data):
        return _among_empty(data, header_bytes)
    return begin, end


def _among_empty(data: bytes, header_bytes: int) -> tuple[int, int]:
    full = list[Block]()
    for number, block in enumerate(blocks(data, header_bytes)):
        full += [block] if block.count else []
        if number - len(full) > EMPTY_BLOCKS_MAX:
            raise Refusal(Reason.RECORD_COUNT, f"over {EMPTY_BLOCKS_MAX:,} blocks without a record")
        if len(full) > 1:
            break
    if not full:
        raise Refusal(Reason.RECORD_COUNT, "no record")
    if full[0].count != 1:
        raise Refusal(Reason.RECORD_COUNT, f"a block of {full[0].count} records")
    if len(full) > 1:
        raise Refusal(Reason.RECORD_COUNT, f"a second block, of {full[1].count} records")
    return full[0].begin, full[0].end


def blocks(data: bytes, header_bytes: int) -> Iterator[Block]:
    """The blocks of a container, as they lie there. Raises Refusal where one is broken."""
    position = header_bytes + SYNC_BYTES
    while position < len(data):
        block = _block(data, header_bytes, position)
        yield block
        position = block.end + SYNC_BYTES


def _block(data: bytes, header_bytes: int, position: int) -> Block:
    if position == len(data):
        raise Refusal(Reason.RECORD_COUNT, "no record")
    count, position = read_varint(data, position)
    size, position = read_varint(data, position)
    end = position + size
    if size < 0 or end + SYNC_BYTES > len(data):
        raise Refusal(Reason.TRUNCATED, f"a block of {size} bytes at byte {position}")
    if data[end : end + SYNC_BYTES] != data[header_bytes : header_bytes + SYNC_BYTES]:
        raise Refusal(Reason.BAD_BLOCK, f"no sync marker at byte {end}")
    return Block(position, end, count)
