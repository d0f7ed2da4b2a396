"""A model's last hidden layer as a second output, the file's bytes left as they are.

ONNX files are protocol buffers, where a message that is appended is merged into the one before: a
few bytes more name one more output of the same graph. Only what is needed of the format is read
(Protocol Buffers, "Encoding"; onnx.proto3 for the numbers of the fields).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

GRAPH: Final = 7
"""Of a ModelProto."""
NODE: Final = 1
OUTPUT: Final = 12
"""Of a GraphProto."""
INPUT: Final = 1
OP_TYPE: Final = 4
"""Of a NodeProto."""
NAME: Final = 1
"""Of a ValueInfoProto."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""How a field lies on the wire."""
READOUT = "Gemm"
"""What the last of a network's layers is; its input is the last hidden one."""


def last_hidden(content: bytes, readout: str = READOUT) -> str:
    """The name of what the last such operator of a graph reads; empty where nothing is found."""
    found = ""
    try:
        for node in (node for graph in _fields(content, GRAPH) for node in _fields(graph, NODE)):
            if [readout.encode()] == list(_fields(node, OP_TYPE)):
                found = next(_fields(node, INPUT)).decode()
    except (IndexError, KeyError, UnicodeDecodeError, StopIteration):
        return ""  # no model, as ONNX Runtime says better
    return found


def with_output(content: bytes, name: str) -> bytes:
    """The same model, which gives the tensor of that name besides."""
    return content + field_bytes(GRAPH, field_bytes(OUTPUT, field_bytes(NAME, name.encode())))


def _fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """The fields of a message that have that number and are bytes, in their order."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == BYTES:
            size, at = _varint(message, at)
            if key >> 3 == wanted:
                yield message[at : at + size]
            at += size
        elif kind == VARINT:
            _, at = _varint(message, at)
        else:
            at += {FIXED64: 8, FIXED32: 4}[kind]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return value | message[at] << shift, at + 1


def field_bytes(number: int, payload: bytes) -> bytes:
    """A field of that number that is bytes, as it is appended to a message."""
    size, out = len(payload), bytearray([number << 3 | BYTES])
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size]) + payload
