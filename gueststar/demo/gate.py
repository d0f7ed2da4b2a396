"""A bound on the bytes under way: the demo's Kafka forgets without a word what is over it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from threading import Condition

from broker.errors import KafkaUnavailable

UNDER_WAY_BYTES_MAX = 3_000_000
"""Below the 5 MB that the mock keeps of a partition, were all of it on one partition."""

WAIT_S_MAX = 60.0
"""How long a full gate may stay full before something must be wrong."""


class Gate:
    """Lets a packet in while fewer bytes are under way than the bound, or none at all.

    A packet is under way until the last of those who read it has done so. They finish in the
    order sent but for small differences, so the oldest size is the one to let go.
    """

    def __init__(self, bytes_max: int = UNDER_WAY_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._is_shut = False
        self._changed = Condition()

    def admitted(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """The packets, each when there is room for it, until the gate is shut.

        Raises KafkaUnavailable where there was none for WAIT_S_MAX.
        """
        for packet in packets:
            self._enter(len(packet))
            if self._is_shut:
                return
            yield packet

    def leave(self, packets: int) -> None:
        """Count the oldest packets out."""
        with self._changed:
            for _ in range(min(packets, len(self._sizes))):
                self._bytes -= self._sizes.popleft()
            self._changed.notify_all()

    def shut(self) -> None:
        with self._changed:
            self._is_shut = True
            self._changed.notify_all()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._sizes

    def _enter(self, size: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(size), WAIT_S_MAX):
                raise KafkaUnavailable(
                    f"{len(self._sizes)} alerts stand still in the demo's Kafka; run it again"
                )
            self._sizes.append(size)
            self._bytes += size

    def _has_room(self, size: int) -> bool:
        return self._is_shut or not self._sizes or self._bytes + size <= self._bytes_max
