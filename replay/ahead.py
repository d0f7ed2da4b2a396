"""Packets read ahead of their time by a thread, so that a burst finds them in memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator

from replay.pacing import Due

AHEAD_BYTES_MAX = 256 * 2**20
"""Of packets that wait for their time."""

TOGETHER_MAX = 64
"""Packets that go from the thread to who takes them at once."""

GATHER_S = 0.002
"""So long more are waited for where none was there."""


class _Line:
    """What waits between the thread and who takes it."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._items: deque[Due[bytes]] = deque()
        self._taken: list[Due[bytes]] = []
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

    def take(self) -> list[Due[bytes]]:
        """What is there, once something is; nothing at the end. Raises what the source raised.

        Until the next call it counts among what waits.
        """
        with self._changed:
            self._bytes -= sum(len(due.item) for due in self._taken)
            self._taken = []
            self._changed.notify_all()
        self._wait()
        with self._changed:
            if not self._items and self._error is not None:
                raise self._error
            count = min(len(self._items), TOGETHER_MAX)
            self._taken = [self._items.popleft() for _ in range(count)]
            return self._taken

    def _wait(self) -> None:
        """Who waits lets some more come: to be woken for each packet costs more than sending it."""
        with self._changed:
            if self._items or self._ended:
                return
            self._changed.wait_for(lambda: self._items or self._ended)
        time.sleep(GATHER_S)


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
        while some := line.take():
            yield from some
    finally:
        line.end()
