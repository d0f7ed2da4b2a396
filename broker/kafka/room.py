"""What a producer in transactions may have queued: to each partition what one request holds.

librdkafka has one request to a partition under way at a time where it is idempotent: its bound of
five counts messages. While more wait it asks for the answer without a pause: that took more of the
CPU than all else in publishing (records of 100 kB, 300 in a transaction: 399 µs each, and 52 where
no partition ever has more than a request; of 14 kB, 1,000: 56 and 10; librdkafka 2.16).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class Room:
    """How much fits; topics of more than one partition are taken to be filled evenly.

    request_bytes: of one request to one partition. partitions: by topic, 1 where that is not known.
    """

    def __init__(self, request_bytes: int, partitions: Mapping[str, int]) -> None:
        self._request_bytes = request_bytes
        self._partitions = partitions
        self._queued: Counter[str] = Counter()

    def takes(self, topic: str, size_bytes: int) -> bool:
        """Count a message in; False where the topic has no room for it, and nothing is counted.

        A message that is larger than a request goes by itself.
        """
        queued, whole = self._queued[topic], self._request_bytes * self._partitions.get(topic, 1)
        if queued and queued + size_bytes > whole:
            return False
        self._queued[topic] += size_bytes
        return True

    def clear(self) -> None:
        """All was delivered."""
        self._queued.clear()
