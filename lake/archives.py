"""Packets of a file, a folder or a tar archive, one after another, never unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from schemas.batch import AlertBatch
from schemas.compression import LAYERS_MAX, compressed_by, unwrapped
from schemas.container import MAGIC
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.refusal import Refusal

CONFLUENT_BYTE = 0
CONFLUENT_BYTES_MIN = 6
"""The byte 0, four of the schema's id, and something."""

TAR_BLOCK_BYTES = 512
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds on what an archive may ask of us."""

    member_bytes_max: int = 256 * 2**20
    """A file, or a member of a tar archive, once inflated; it is held in memory whole."""
    batch_alerts_max: int = 1000
    """Alerts that `read` hands over together."""
    batch_bytes_max: int = 128 * 2**20


class Packet(NamedTuple):
    """One message, and where it stood: `file`, `file!member`, and `#number` in one of many."""

    name: str
    data: bytes


class Unreadable(NamedTuple):
    """A file or member that was passed over, and why."""

    name: str
    reason: str


class Archive:
    """The packets at a path, to be gone through once: containers and Confluent payloads.

    A folder is read with all below it, sorted by name, hidden files left out. Files, tar archives
    and their members may be compressed (gzip, bzip2, xz, zstandard, lz4). A container of
    many records comes as messages of one record each. A member that is no packet is noted in
    `unreadable` and the others go on; a broken packet comes as it is, for decoding to refuse.
    """

    def __init__(
        self,
        path: Path,
        *,
        decoder: Decoder | None = None,
        limits: ArchiveLimits | None = None,
    ) -> None:
        """Raises ArchiveError where there is no such file or folder."""
        if not path.exists():
            raise ArchiveError(f"there is no file or folder {path}")
        self.path = path
        self.unreadable: list[Unreadable] = []
        self._files = _files_below(path)
        self.decoder = decoder or Decoder()
        self._limits = limits or ArchiveLimits()
        self._bytes_before = 0
        self._open: IO[bytes] | None = None

    @property
    def bytes_total(self) -> int:
        """The size of all files together, as they lie on disk."""
        return sum(file.stat().st_size for file in self._files if file.exists())

    @property
    def bytes_read(self) -> int:
        """How far we are through `bytes_total`."""
        return self._bytes_before + (self._open.tell() if self._open else 0)

    def __iter__(self) -> Iterator[Packet]:
        """Raises ArchiveError where the named file itself is broken or no packet was found."""
        found = False
        for file in self._files:
            try:
                for packet in self._packets(file):
                    found = True
                    yield packet
            except ArchiveError as error:
                if file == self.path:
                    raise
                self.unreadable.append(Unreadable(str(file), str(error)))
        if not found:
            raise ArchiveError(f"{self.path} holds no alert packet: Avro, or a tar archive of it")

    def _packets(self, file: Path) -> Iterator[Packet]:
        with self._opened(file) as raw:
            try:
                stream, is_tar = _inflated(raw, self._limits.member_bytes_max)
                members = self._members(file, stream) if is_tar else [self._whole(file, stream)]
            except _BROKEN as error:
                raise ArchiveError(f"{file} is broken after its beginning: {error}") from error
            for member in members:
                yield from self._messages(member, alone=member.name == str(self.path))

    @contextmanager
    def _opened(self, file: Path) -> Iterator[IO[bytes]]:
        try:
            with file.open("rb") as raw:
                self._open = raw
                try:
                    yield raw
                finally:
                    self._open = None
                    self._bytes_before += os.fstat(raw.fileno()).st_size
        except OSError as error:
            raise ArchiveError(f"{file} cannot be read: {error.strerror or error}") from error

    def _whole(self, file: Path, stream: _Readable) -> Packet:
        data = stream.read(self._limits.member_bytes_max + 1)
        if len(data) > self._limits.member_bytes_max:
            raise ArchiveError(f"{file} is over {self._limits.member_bytes_max} bytes")
        return Packet(str(file), data)

    def _members(self, file: Path, stream: _Readable) -> Iterator[Packet]:
        """The files in a tar archive, in its order. Raises ArchiveError where it is broken."""
        counted, last = _Counted(stream), "its beginning"
        try:
            with tarfile.open(fileobj=counted, mode="r|") as tar:
                while (member := tar.next()) is not None:
                    vars(tar)["members"].clear()  # else it keeps an entry for each, a kilobyte long
                    if member.isfile() and (packet := self._member(file, tar, member)):
                        yield packet
                    last = member.name
                counted.check_end()
        except _BROKEN as error:
            raise ArchiveError(f"{file} is broken after {last}: {error}") from error

    def _member(self, file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> Packet | None:
        name = f"{file}!{member.name}"
        if member.size > self._limits.member_bytes_max:
            reason = f"{member.size} bytes, over {self._limits.member_bytes_max}"
            self.unreadable.append(Unreadable(name, reason))
            return None
        content = tar.extractfile(member)
        assert content is not None, "a regular file has content"
        try:
            return Packet(name, unwrapped(content.read(), self._limits.member_bytes_max))
        except Refusal as refusal:
            self.unreadable.append(Unreadable(name, f"{refusal.reason}: {refusal.detail}"))
            return None

    def _messages(self, member: Packet, *, alone: bool) -> Iterator[Packet]:
        """A member's messages. Raises ArchiveError where it is none and was named by itself."""
        if not _is_framed(member.data):
            reason = "neither an Avro container nor a Confluent payload"
            if alone:
                raise ArchiveError(f"{member.name} is {reason}")
            self.unreadable.append(Unreadable(member.name, reason))
            return
        for number, message in enumerate(self.decoder.split(member.data)):
            whole = message is member.data
            yield Packet(member.name if whole else f"{member.name}#{number}", message)


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


class _Counted(RawIOBase):
    """A stream that knows whether it ended on a block's edge, as an unbroken tar archive does.

    `tarfile` takes an archive that is cut within a member's header for one that ends there.
    """

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self._bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._bytes += len(data)
        return data

    def check_end(self) -> None:
        """Read to the end, which checks a compressed stream's sum. Raises EOFError if it is cut."""
        while self.read(tarfile.RECORDSIZE):
            pass
        if self._bytes % TAR_BLOCK_BYTES:
            raise EOFError(f"it ends within a block, at byte {self._bytes}")


def _inflated(raw: IO[bytes], bytes_max: int) -> tuple[_Readable, bool]:
    """A file's content without the compression around it, and whether it is a tar archive.

    Raises one of _BROKEN.
    """
    stream: _Readable = raw
    for layer in range(LAYERS_MAX + 1):
        head = stream.read(TAR_BLOCK_BYTES)
        stream.seek(0)
        name = compressed_by(head)
        if not name:
            return stream, _is_tar(head)
        if layer < LAYERS_MAX:
            stream = _OPENED[name](stream) if name in _OPENED else _held(stream, bytes_max)
    raise tarfile.ReadError(f"compressed more than {LAYERS_MAX} times")


def _held(stream: _Readable, bytes_max: int) -> BytesIO:
    """The content of what cannot be inflated piece by piece."""
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


_OPENED: dict[str, Callable[[Any], _Readable]] = {
    "gzip": gzip.open,
    "xz": lzma.open,
    "bzip2": bz2.open,
}
"""Read piece by piece, so that a night in one archive need not be held in memory."""


def read(
    path: Path,
    *,
    decoder: Decoder | None = None,
    limits: ArchiveLimits | None = None,
) -> Iterator[AlertBatch]:
    """The alerts of a file, folder or archive, batch by batch, in its order.

    Packets that cannot be decoded are in each batch's `rejected`. Raises ArchiveError.
    """
    decoder, limits = decoder or Decoder(), limits or ArchiveLimits()
    for packets in _together(Archive(path, decoder=decoder, limits=limits), limits):
        yield decoder.decode(packets)


def _together(packets: Iterable[Packet], limits: ArchiveLimits) -> Iterator[list[bytes]]:
    waiting: list[bytes] = []
    size = 0
    for packet in packets:
        waiting.append(packet.data)
        size += len(packet.data)
        if size >= limits.batch_bytes_max or len(waiting) == limits.batch_alerts_max:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _files_below(path: Path) -> tuple[Path, ...]:
    if path.is_file():
        return (path,)
    found = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return tuple(sorted(file for file in found if not _is_hidden(file.relative_to(path))))


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _is_framed(data: bytes) -> bool:
    confluent = len(data) >= CONFLUENT_BYTES_MIN and data[0] == CONFLUENT_BYTE
    return data.startswith(MAGIC) or confluent
