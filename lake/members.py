"""The files within a tar or zip archive, one after another, never unpacked to disk."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from lake.inflated import BROKEN, TAR_BLOCK_BYTES, Content, Readable
from schemas.compression import unwrapped
from schemas.errors import ArchiveError
from schemas.refusal import Refusal


class Packet(NamedTuple):
    """One message, and where it stood: `file`, `file!member`, and `#number` in one of many."""

    name: str
    data: bytes


class Unreadable(NamedTuple):
    """A file or member that was passed over, and why."""

    name: str
    reason: str


def members(file: Path, content: Content, bytes_max: int) -> Iterator[Packet | Unreadable]:
    """The regular files in an archive, in its order, without the compression around each.

    One that is over `bytes_max` once inflated, or broken, is unreadable. Raises ArchiveError where
    the archive itself is broken.
    """
    found = _of_tar if content.kind == "tar" else _of_zip
    return found(file, content.stream, bytes_max)


def _of_tar(file: Path, stream: Readable, bytes_max: int) -> Iterator[Packet | Unreadable]:
    counted, last = _Counted(stream), "its beginning"
    try:
        with tarfile.open(fileobj=counted, mode="r|") as tar:
            while (member := tar.next()) is not None:
                vars(tar)["members"].clear()  # else it keeps an entry for each, a kilobyte long
                if member.isfile():
                    yield _tar_member(file, tar, member, bytes_max)
                last = member.name
            counted.check_end()
    except BROKEN as error:
        raise ArchiveError(f"{file} is broken after {last}: {error}") from error


def _tar_member(
    file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, bytes_max: int
) -> Packet | Unreadable:
    name = f"{file}!{member.name}"
    if member.size > bytes_max:
        return _too_large(name, member.size, bytes_max)
    content = tar.extractfile(member)
    assert content is not None, "a regular file has content"
    return _unwrapped(name, content.read(), bytes_max)


def _of_zip(file: Path, stream: Readable, bytes_max: int) -> Iterator[Packet | Unreadable]:
    try:
        with ZipFile(stream) as archive:  # type: ignore[call-overload] # reads and seeks, no more
            for member in archive.infolist():
                if not member.is_dir():
                    yield _zip_member(file, archive, member, bytes_max)
    except BROKEN as error:
        raise ArchiveError(f"{file} is broken: {error}") from error


def _zip_member(
    file: Path, archive: ZipFile, member: ZipInfo, bytes_max: int
) -> Packet | Unreadable:
    name = f"{file}!{member.filename}"
    if member.file_size > bytes_max:
        return _too_large(name, member.file_size, bytes_max)
    try:
        data = archive.read(member)  # no more than the size that it says
    except (*BROKEN, NotImplementedError, RuntimeError) as error:
        return Unreadable(name, f"it cannot be taken out: {error}")
    return _unwrapped(name, data, bytes_max)


def _too_large(name: str, size: int, bytes_max: int) -> Unreadable:
    return Unreadable(name, f"{size} bytes, over {bytes_max}")


def _unwrapped(name: str, data: bytes, bytes_max: int) -> Packet | Unreadable:
    try:
        return Packet(name, unwrapped(data, bytes_max))
    except Refusal as refusal:
        return Unreadable(name, f"{refusal.reason}: {refusal.detail}")


class _Counted(RawIOBase):
    """A stream that knows whether it ended on a block's edge, as an unbroken tar archive does.

    `tarfile` takes an archive that is cut within a member's header for one that ends there.
    """

    def __init__(self, stream: Readable) -> None:
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
