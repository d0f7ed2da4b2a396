"""What a producer in transactions may have queued: to each partition what one request holds.

librdkafka has one request to a partition under way at a time where it is idempotent: its bound of
five counts messages. While more wait it asks for the answer without a pause: that took more of the
CPU than all else in publishing (records of 100 kB, 300 in a transaction: 399 µs each, and 52 where
no partition ever has more than a request; of 14 kB, 1,000: 56 and 10; librdkafka 2.16).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class _Turn:
    """Whose turn it is of a topic's partitions."""

    partition: int = 0
    bytes: int = 0
    """Of the request that it is getting."""
    full: int = 0
    """Partitions that have theirs."""


class Room:
    """How much fits; topics of more than one partition are taken to be filled evenly.

    What may go anywhere fills the request of one partition, then that of the next: so each is whole
    within the client's linger, and under way while the next is filled.

    request_bytes: of one request to one partition. partitions: by topic, 1 where that is not known.
    """

    def __init__(self, request_bytes: int, partitions: Mapping[str, int]) -> None:
        self._request_bytes = request_bytes
        self._partitions = partitions
        self._queued: Counter[str] = Counter()
        self._turns = defaultdict[str, _Turn](_Turn)

    def takes(self, topic: str, size_bytes: int) -> bool:
        """Count a message in; False where the topic has no room for it, and nothing is counted.

        A message that is larger than a request goes by itself.
        """
        queued, whole = self._queued[topic], self._request_bytes * self._partitions.get(topic, 1)
        if queued and queued + size_bytes > whole:
            return False
        self._queued[topic] += size_bytes
        return True

    def takes_anywhere(self, topic: str, size_bytes: int) -> bool:
        """As `takes`, for a message that goes where `partition` says."""
        turn = self._turns[topic]
        if turn.bytes and turn.bytes + size_bytes > self._request_bytes:
            if turn.full + 1 >= self._partitions.get(topic, 1):
                return False
            self._next(topic, turn.full + 1)
        self._turns[topic].bytes += size_bytes
        return True

    def partition(self, topic: str) -> int | None:
        """Whose turn it is; None where a topic's partitions are not known."""
        return self._turns[topic].partition if topic in self._partitions else None

    def clear(self) -> None:
        """All was delivered."""
        self._queued.clear()
        for topic, turn in self._turns.items():
            if turn.bytes:
                self._next(topic, 0)

    def _next(self, topic: str, full: int) -> None:
        partition = (self._turns[topic].partition + 1) % self._partitions.get(topic, 1)
        self._turns[topic] = _Turn(partition, 0, full)
