"""Which partition a key goes to, as Kafka's Java clients and librdkafka's murmur2 choose it.

Needed where the message's key is taken by something else, and order is kept by another.
"""

from __future__ import annotations

import time
from typing import Final

from confluent_kafka import Producer

LIST_S_MAX: Final = 5.0
COUNT_KEPT_S: Final = 10.0
"""How long a topic's number of partitions is believed; partitions are only ever added."""

_SEED: Final = 0x9747B28C
_MULTIPLIER: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """MurmurHash2 of 32 bits by A. Appleby, with the seed of Kafka's DefaultPartitioner."""
    hashed = _SEED ^ len(data)
    whole = len(data) & ~3
    for begin in range(0, whole, 4):
        four = int.from_bytes(data[begin : begin + 4], "little") * _MULTIPLIER & _MASK
        hashed = hashed * _MULTIPLIER & _MASK ^ (four ^ four >> 24) * _MULTIPLIER & _MASK
    if rest := data[whole:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15


class Partitioner:
    """Of one producer's topics."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, int]] = {}

    def partition(self, producer: Producer, topic: str, key: bytes) -> int:
        """The number of the partition. Raises KafkaException where Kafka does not know the topic.

        The hash's sign is cut off, as Kafka's clients do.
        """
        return (murmur2(key) & 0x7FFFFFFF) % self._count(producer, topic)

    def _count(self, producer: Producer, topic: str) -> int:
        asked_s, count = self._counts.get(topic, (0.0, 0))
        now_s = time.monotonic()
        if not count or now_s - asked_s > COUNT_KEPT_S:
            count = len(producer.list_topics(topic, timeout=LIST_S_MAX).topics[topic].partitions)
            self._counts[topic] = (now_s, max(1, count))
        return max(1, count)
