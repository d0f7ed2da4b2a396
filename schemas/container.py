"""Avro's container framing: a header with the writer schema, then blocks of records."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cramjam
from isal import isal_zlib

from schemas.avro import WriterSchema
from schemas.batch import Reason
from schemas.errors import SchemaError
from schemas.limits import DecodeLimits

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
CODECS = ("null", "deflate", "snappy")
SNAPPY_CRC_BYTES = 4
VARINT_BYTES_MAX = 10


class Refusal(Exception):  # noqa: N818 - a packet is refused, nothing went wrong with us
    """Why a packet is no row; caught where packets are framed, and never seen outside."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


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
    position, metadata = len(MAGIC), {}
    while True:
        count, position = read_varint(data, position)
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
        raise Refusal(Reason.BAD_BLOCK, f"unknown codec {codec[:20]!r}")
    if "avro.schema" not in metadata:
        raise Refusal(Reason.UNKNOWN_SCHEMA, "the header has no avro.schema")
    try:
        return codec, WriterSchema.of(metadata["avro.schema"].decode())
    except (SchemaError, UnicodeDecodeError) as error:
        raise Refusal(Reason.UNKNOWN_SCHEMA, str(error)) from error


def only_block(data: bytes, header_bytes: int) -> tuple[int, int]:
    """Where the one block of a container with one record begins and ends. Raises Refusal."""
    begin, end, count = _block(data, header_bytes, header_bytes + SYNC_BYTES)
    if count != 1:
        raise Refusal(Reason.RECORD_COUNT, f"a block of {count} records")
    if end + SYNC_BYTES != len(data):
        more = _block(data, header_bytes, end + SYNC_BYTES)
        raise Refusal(Reason.RECORD_COUNT, f"a second block, of {more[2]} records")
    return begin, end


def _block(data: bytes, header_bytes: int, position: int) -> tuple[int, int, int]:
    """Where a block's content begins and ends, and how many records it says to hold."""
    if position == len(data):
        raise Refusal(Reason.RECORD_COUNT, "no record")
    count, position = read_varint(data, position)
    size, position = read_varint(data, position)
    end = position + size
    if size < 0 or end + SYNC_BYTES > len(data):
        raise Refusal(Reason.TRUNCATED, f"a block of {size} bytes at byte {position}")
    if data[end : end + SYNC_BYTES] != data[header_bytes : header_bytes + SYNC_BYTES]:
        raise Refusal(Reason.BAD_BLOCK, f"no sync marker at byte {end}")
    return position, end, count


def blocks(data: bytes, header: Header, limits: DecodeLimits) -> Iterator[tuple[int, bytes]]:
    """Each block's number of records and their inflated bytes. Raises Refusal."""
    position = len(header.raw) + SYNC_BYTES
    while position < len(data):
        begin, end, count = _block(data, len(header.raw), position)
        yield count, inflate(data[begin:end], header.codec, limits.block_bytes_max)
        position = end + SYNC_BYTES


def inflate(block: bytes, codec: str, bytes_max: int) -> bytes:
    """A block's records as they were before compression. Raises Refusal."""
    if codec == "null":
        return block
    try:
        content = INFLATERS[codec](block, bytes_max)
    except CORRUPT as error:
        raise Refusal(Reason.BAD_BLOCK, f"{codec}: {error}") from error
    if len(content) > bytes_max:
        raise Refusal(Reason.TOO_LARGE, f"a block of over {bytes_max} bytes once inflated")
    return content


def _deflate(block: bytes, bytes_max: int) -> bytes:
    stream = isal_zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    content: bytes = stream.decompress(block, bytes_max + 1)
    if not stream.eof and len(content) <= bytes_max:
        raise Refusal(Reason.BAD_BLOCK, "deflate: the block ends too early")
    return content


def _snappy(block: bytes, bytes_max: int) -> bytes:
    packed = block[:-SNAPPY_CRC_BYTES]
    if not packed or cramjam.snappy.decompress_raw_len(packed) > bytes_max:
        reason = Reason.TOO_LARGE if packed else Reason.BAD_BLOCK
        raise Refusal(reason, f"a snappy block of {len(block)} bytes")
    content = bytes(cramjam.snappy.decompress_raw(packed))
    if zlib.crc32(content).to_bytes(SNAPPY_CRC_BYTES, "big") != block[-SNAPPY_CRC_BYTES:]:
        raise Refusal(Reason.BAD_BLOCK, "snappy: the checksum differs")
    return content


INFLATERS: dict[str, Callable[[bytes, int], bytes]] = {"deflate": _deflate, "snappy": _snappy}
CORRUPT: tuple[Any, ...] = (isal_zlib.error, cramjam.DecompressionError)
