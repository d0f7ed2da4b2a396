"""Packets read ahead of their time by a thread, so that a burst finds them in memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator

from replay.pacing import Due

AHEAD_BYTES_MAX = 256 * 2**20
"""Of packets that wait for their time."""


class _Line:
    """What waits between the thread and who takes it."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._items: deque[Due[bytes]] = deque()
        self._bytes = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, due: Due[bytes]) -> bool:
        """Wait for room; False where nobody takes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._bytes < self._bytes_max)
            if self._ended:
                return False
            self._items.append(due)
            self._bytes += len(due.item)
            self._changed.notify_all()
            return True

    def end(self, error: BaseException | None = None) -> None:
        """Nothing comes any more, or nobody takes it."""
        with self._changed:
            self._ended, self._error = True, self._error or error
            self._changed.notify_all()

    def take(self) -> Due[bytes] | None:
        """The next, once it is there; None at the end. Raises what the source raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            if self._items:
                due = self._items.popleft()
                self._bytes -= len(due.item)
                self._changed.notify_all()
                return due
            if self._error is not None:
                raise self._error
            return None


def ahead(items: Iterable[Due[bytes]], *, bytes_max: int = AHEAD_BYTES_MAX) -> Iterator[Due[bytes]]:
    """The same items in the same order; at most so many bytes of them wait, and one more."""
    line = _Line(bytes_max)

    def fill() -> None:
        try:
            for due in items:
                if not line.put(due):
                    return
        except BaseException as error:  # whoever takes is told, in his own thread
            line.end(error)
        else:
            line.end()

    thread = threading.Thread(target=fill, name="replay-ahead", daemon=True)
    thread.start()
    try:
        while (due := line.take()) is not None:
            yield due
    finally:
        line.end()
