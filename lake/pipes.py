"""A stream that cannot go back, as a pipe: its beginning is kept until it is known what it is."""

from __future__ import annotations

from io import RawIOBase
from typing import IO, Any

KEPT_BYTES = 2**20
"""More than any library reads to see what a stream is."""


class Pipe(RawIOBase):
    """A stream read once, from whose first KEPT_BYTES one can go back to the beginning."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = b""
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """As far as `seek` says, which is what those ask for who inflate streams."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes, or all; fewer at the end alone."""
        again = self._kept[self._at :] if self._at < len(self._kept) else b""
        if size >= 0:
            again = again[:size]
        new = self._stream.read(size - len(again) if size >= 0 else -1)
        if self._at + len(again) == len(self._kept) <= KEPT_BYTES:
            self._kept += new
        self._at += len(again) + len(new)
        return again + new

    def readinto(self, into: Any, /) -> int:  # noqa: ANN401 - whatever has a buffer
        """As `read`, into a buffer."""
        data = self.read(len(into))
        into[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """To the beginning. Raises OSError where that is no longer kept."""
        if (offset, whence) != (0, 0) or self._at > len(self._kept):
            raise OSError("a pipe is read once, and from its beginning on")
        self._at = 0
        return 0

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at
