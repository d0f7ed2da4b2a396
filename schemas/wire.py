"""The few Avro encodings that are written by hand, where a library would cost more than all else.

Apache Avro 1.12 specification, "Binary Encoding".
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4096)
def long_bytes(value: int) -> bytes:
    """A whole number of at most 64 bits: zigzag, then seven bits a byte, the lowest first."""
    rest, out = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def text_bytes(text: str) -> bytes:
    """A string."""
    encoded = text.encode()
    return long_bytes(len(encoded)) + encoded


def block_bytes(items: Iterable[bytes]) -> bytes:
    """An array or a map of items already encoded, in one block."""
    present = list(items)
    if not present:
        return b"\0"
    return b"".join((long_bytes(len(present)), *present, b"\0"))
