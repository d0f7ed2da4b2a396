"""Where reading begins in what was there when a group of the twin first came."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Literal

from broker.lives import Committed
from broker.memory.cluster import MemoryKafka
from broker.ports import Partition
from broker.subscribed import members_of, subscribed

Start = Literal["earliest", "latest"]


class History:
    """As `broker.kafka.history` tells it; here nobody else acts while one member does."""

    def __init__(self, subscription: Sequence[str], start: Start) -> None:
        self._subscription = subscription
        self._start = start
        self._found: dict[str, tuple[int, str | None]] | None = None

    def arrive(self, kafka: MemoryKafka) -> None:
        """Note what is there, the first time."""
        if self._found is None:
            self._found = {
                topic: (size, kafka.topic_id(topic)) for topic, size in kafka.sizes().items()
            }

    def open(
        self, kafka: MemoryKafka, partition: Partition, places: MutableMapping[Partition, Committed]
    ) -> None:
        """Where the group is new, have it begin behind all that was there when it came."""
        asked = subscribed(partition.topic, self._subscription)
        all_of_it = members_of(asked, self._subscription, kafka.sizes())
        if self._start == "earliest" or any(each in places for each in all_of_it):
            return
        for each in all_of_it:
            log = kafka.log(each)
            size, life = (self._found or {}).get(each.topic, (0, None))
            has_history = each.number < size and life == kafka.topic_id(each.topic)
            at = log.end if has_history else log.start
            places[each] = Committed(at, kafka.topic_id(each.topic) or "")

    def forget(self, topic: str) -> None:
        """It is not there any more: whatever comes by its name is new."""
        if self._found is not None:
            self._found.pop(topic, None)
