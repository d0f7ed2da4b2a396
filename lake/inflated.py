"""What a file of an archive is without the compression around it, read in pieces if it can be."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any, Literal, NamedTuple, Protocol
from zipfile import BadZipFile

from lake.pipes import Pipe
from schemas.compression import LAYERS_MAX, compressed_by, unwrapped
from schemas.refusal import Refusal

TAR_BLOCK_BYTES = 512
TABLE_MAGIC = b"PAR1"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of one with members, and of one without."""

BROKEN = (tarfile.TarError, BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError)
"""What reading one may raise."""

Kind = Literal["tar", "zip", "table", "one"]
"""A table is Parquet's; one is anything else, which is a packet or none."""


class Readable(Protocol):
    """A file open for reading, in which one can go back."""

    def read(self, size: int = ..., /) -> bytes:
        """At most so many bytes, or all."""
        ...

    def seek(self, offset: int, /) -> int:
        """Go to an offset."""
        ...


class Content(NamedTuple):
    """A file's content, at its beginning."""

    stream: Readable
    kind: Kind


def inflated(raw: IO[bytes], bytes_max: int) -> Content:
    """A file's content without the compression around it. Raises one of BROKEN.

    What is read here and there in no order, and what cannot be inflated in pieces, is held in
    memory, and is at most `bytes_max`.
    """
    stream: Readable = raw
    for layer in range(LAYERS_MAX + 1):
        head = stream.read(TAR_BLOCK_BYTES)
        stream.seek(0)
        name = compressed_by(head)
        if not name:
            kind = kind_of(head)
            apart = kind in {"zip", "table"} and (stream is not raw or isinstance(raw, Pipe))
            return Content(_held(stream, bytes_max) if apart else stream, kind)
        if layer < LAYERS_MAX:
            stream = _OPENED[name](stream) if name in _OPENED else _held(stream, bytes_max)
    raise tarfile.ReadError(f"compressed more than {LAYERS_MAX} times")


def kind_of(head: bytes) -> Kind:
    """What a file is, by its first TAR_BLOCK_BYTES."""
    if head.startswith(TABLE_MAGIC):
        return "table"
    if head.startswith(_ZIP_MAGICS):
        return "zip"
    return "tar" if _is_tar(head) else "one"


def _held(stream: Readable, bytes_max: int) -> BytesIO:
    try:
        return BytesIO(unwrapped(stream.read(bytes_max + 1), bytes_max))
    except Refusal as refusal:
        raise tarfile.ReadError(f"{refusal.reason}: {refusal.detail}") from refusal


def _is_tar(head: bytes) -> bool:
    """Whether a file begins with a member's header, or is a tar archive without members."""
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC) or head == bytes(TAR_BLOCK_BYTES):
        return True
    try:
        tarfile.TarInfo.frombuf(head, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


_OPENED: dict[str, Callable[[Any], Readable]] = {
    "gzip": gzip.open,
    "xz": lzma.open,
    "bzip2": bz2.open,
}
"""Read piece by piece, so that a night in one archive need not be held in memory."""
