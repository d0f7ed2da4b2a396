"""How readers hand on what they read: frames of a message, on a pipe.

A frame is the partition (4 bytes), the offset (8), the key's length (4) and the key, the value's
length (4) and the value; all numbers are big-endian.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

HEAD = struct.Struct(">iqi")
LENGTH = struct.Struct(">i")


class Lasts:
    """The last offset of each partition, from the text "0:381,1:377"; which are still to come."""

    def __init__(self, text: str) -> None:
        """Nothing was seen yet."""
        pairs = (each.split(":") for each in text.split(","))
        self.left = {int(partition): int(offset) for partition, offset in pairs}

    def see(self, partition: int, offset: int) -> None:
        """A message was read."""
        if offset >= self.left.get(partition, offset + 1):
            del self.left[partition]


def write(partition: int, offset: int, key: bytes, value: bytes) -> None:
    """One message to standard output."""
    head = HEAD.pack(partition, offset, len(key))
    sys.stdout.buffer.write(b"".join((head, key, LENGTH.pack(len(value)), value)))


def read(stream: BinaryIO) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Each message's partition, offset, key and value."""
    while head := stream.read(HEAD.size):
        partition, offset, key_bytes = HEAD.unpack(head)
        key = stream.read(key_bytes)
        (value_bytes,) = LENGTH.unpack(stream.read(LENGTH.size))
        yield partition, offset, key, stream.read(value_bytes)
