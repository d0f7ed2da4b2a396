"""Compressed bytes, inflated within bounds: the codecs of Avro's blocks, and whole messages.

Blocks are compressed as Apache Avro 1.12's specification says; `lz4`, which it does not name, as
fastavro writes it: the length in four bytes, the lowest first, then a block of LZ4.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import cramjam
import numpy as np
from isal import isal_zlib

from schemas.batch import Reason
from schemas.refusal import Refusal

SNAPPY_CRC_BYTES = 4
LZ4_LENGTH_BYTES = 4
XZ_MEMORY_BYTES_MAX = 128 * 2**20
"""What xz's own dictionary may take; its highest preset asks for 65 MB."""
CHUNK_BYTES = 2**14
"""Of a stream that are looked at together: what follows a stream's end is copied once a chunk."""
LAYERS_MAX = 2
"""Compressions around a message, one within another."""

Inflate = Callable[[bytes, int], bytes]
"""Inflates a block to at most so many bytes. Raises Refusal, or one of CORRUPT."""


class _Stream(Protocol):
    """One compressed stream, as the standard library's decompressors are."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


CORRUPT: tuple[Any, ...] = (isal_zlib.error, cramjam.DecompressionError, OSError, lzma.LZMAError)


def inflate(block: bytes, codec: str, bytes_max: int) -> bytes:
    """A block's records as they were before compression. Raises Refusal."""
    if codec == "null":
        return block
    return _bounded(INFLATERS[codec], block, codec, bytes_max)


def deflate(content: bytes, codec: str) -> bytes:
    """The records of a block, compressed by one of CODECS."""
    return DEFLATERS[codec](content)


def compressed_by(data: bytes) -> str:
    """What a whole file or message is compressed by, told by its first bytes; "" for nothing."""
    return next((name for name, magic in MAGICS.items() if data.startswith(magic)), "")


def unwrapped(message: bytes, bytes_max: int) -> bytes:
    """A message without the compression around it, where there is one. Raises Refusal."""
    for _ in range(LAYERS_MAX):
        name = compressed_by(message)
        if not name:
            break
        message = _bounded(OUTER[name], message, name, bytes_max)
    return message


def _bounded(function: Inflate, data: bytes, name: str, bytes_max: int) -> bytes:
    try:
        content = function(data, bytes_max)
    except CORRUPT as error:
        raise Refusal(Reason.BAD_BLOCK, f"{name}: {error}") from error
    if len(content) > bytes_max:
        raise _too_large(name, bytes_max)
    return content


def _too_large(name: str, bytes_max: int) -> Refusal:
    return Refusal(Reason.TOO_LARGE, f"{name}: over {bytes_max} bytes once inflated")


def _deflate(block: bytes, bytes_max: int) -> bytes:
    stream = isal_zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    content: bytes = stream.decompress(block, bytes_max + 1)
    if not stream.eof and len(content) <= bytes_max:
        raise Refusal(Reason.BAD_BLOCK, "deflate: the block ends too early")
    return content


def _snappy(block: bytes, bytes_max: int) -> bytes:
    packed = block[:-SNAPPY_CRC_BYTES]
    if not packed:
        raise Refusal(Reason.BAD_BLOCK, f"snappy: {len(block)} bytes")
    if cramjam.snappy.decompress_raw_len(packed) > bytes_max:
        raise _too_large("snappy", bytes_max)
    content = bytes(cramjam.snappy.decompress_raw(packed))
    if zlib.crc32(content).to_bytes(SNAPPY_CRC_BYTES, "big") != block[-SNAPPY_CRC_BYTES:]:
        raise Refusal(Reason.BAD_BLOCK, "snappy: the checksum differs")
    return content


def _lz4_block(block: bytes, bytes_max: int) -> bytes:
    if int.from_bytes(block[:LZ4_LENGTH_BYTES], "little") > bytes_max:
        raise _too_large("lz4", bytes_max)
    return bytes(cramjam.lz4.decompress_block(block))


def _streams(begin: Callable[[], _Stream], name: str, data: bytes, bytes_max: int) -> bytes:
    """Streams one after another, zeros between them or not."""
    stream, pieces, room = begin(), [], bytes_max + 1
    for at in range(0, len(data), CHUNK_BYTES):
        rest = data[at : at + CHUNK_BYTES]
        while rest:
            stream = begin() if stream.eof else stream
            pieces.append(stream.decompress(rest, room))
            room -= len(pieces[-1])
            if room == 0:
                raise _too_large(name, bytes_max)
            rest = stream.unused_data.lstrip(b"\0") if stream.eof else b""
    if not stream.eof:
        raise Refusal(Reason.TRUNCATED, f"{name}: the stream ends too early")
    return b"".join(pieces)


def _into(function: Callable[[bytes, Any], int], name: str, data: bytes, bytes_max: int) -> bytes:
    """One of cramjam's, told how much room there is. Memory is taken as it is written to."""
    room = np.empty(bytes_max, np.uint8)
    try:
        return room[: function(data, room)].tobytes()
    except cramjam.DecompressionError as error:
        if "whole buffer" in str(error):
            raise _too_large(name, bytes_max) from error
        raise


_GZIP = partial(_streams, partial(isal_zlib.decompressobj, wbits=16 + zlib.MAX_WBITS), "gzip")
_BZIP2 = partial(_streams, bz2.BZ2Decompressor, "bzip2")
_XZ = partial(_streams, partial(lzma.LZMADecompressor, memlimit=XZ_MEMORY_BYTES_MAX), "xz")
_ZSTANDARD = partial(_into, cramjam.zstd.decompress_into, "zstandard")
_LZ4 = partial(_into, cramjam.lz4.decompress_into, "lz4")

INFLATERS: dict[str, Inflate] = {
    "deflate": _deflate,
    "snappy": _snappy,
    "zstandard": _ZSTANDARD,
    "bzip2": _BZIP2,
    "xz": _XZ,
    "lz4": _lz4_block,
}
CODECS = ("null", *INFLATERS)
OUTER: dict[str, Inflate] = {
    "gzip": _GZIP,
    "bzip2": _BZIP2,
    "xz": _XZ,
    "zstandard": _ZSTANDARD,
    "lz4": _LZ4,
}
MAGICS = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zstandard": b"\x28\xb5\x2f\xfd",
    "lz4": b"\x04\x22\x4d\x18",
}
"""By name: the first bytes of a file so compressed."""


def _deflated(content: bytes) -> bytes:
    stream = isal_zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return bytes(stream.compress(content) + stream.flush())


def _snapped(content: bytes) -> bytes:
    packed = bytes(cramjam.snappy.compress_raw(content))
    return packed + zlib.crc32(content).to_bytes(SNAPPY_CRC_BYTES, "big")


DEFLATERS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": _deflated,
    "snappy": _snapped,
    "zstandard": lambda content: bytes(cramjam.zstd.compress(content)),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lambda content: bytes(cramjam.lz4.compress_block(content)),
}
