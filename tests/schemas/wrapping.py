"""Compressions, by code that is not the product's where the standard library has them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import cramjam

Compress = Callable[[bytes], bytes]
WRAPPERS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": lambda data: bytes(cramjam.zstd.compress(data)),
    "lz4": lambda data: bytes(cramjam.lz4.compress(data)),
}
"""Around a whole message or file."""


def raw_deflate(data: bytes) -> bytes:
    """A stream without a header, as Avro's codec asks for."""
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def snappy(data: bytes) -> bytes:
    """A block and the sum of what is in it, the highest byte first."""
    return bytes(cramjam.snappy.compress_raw(data)) + zlib.crc32(data).to_bytes(4, "big")


BLOCKS: dict[str, Compress] = {
    "null": bytes,
    "deflate": raw_deflate,
    "snappy": snappy,
    "zstandard": WRAPPERS["zstandard"],
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lambda data: bytes(cramjam.lz4.compress_block(data)),
}
"""Around a container's block, by Avro's name of the codec."""
