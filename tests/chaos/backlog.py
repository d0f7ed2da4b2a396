"""How many messages a group has yet to commit: what a feed is paced by, and when all is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException, TopicPartition

ANSWER_S_MAX = 5.0
ASK_INTERVAL_S = 0.2
PATIENCE_S = 60.0

Answer = TypeVar("Answer")


class Backlog:
    """A topic as a group sees it. life: the one whose committed offsets count; "" for any."""

    def __init__(self, bootstrap: str, *, group: str, topic: str, life: str = "") -> None:
        # Uncommitted reads: an open transaction must not hold up the answer.
        isolation = {"isolation.level": "read_uncommitted", "log_level": 0}
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, **isolation})
        self._parts = patiently(lambda: self._listed(topic))
        self._life = life
        self._asked_s = -ASK_INTERVAL_S
        self._known = 0

    def lately(self) -> int:
        """The backlog now or a moment ago: to be looked at as often as one likes."""
        is_due = time.monotonic() > self._asked_s + ASK_INTERVAL_S
        return self.messages() if is_due else self._known

    def messages(self) -> int:
        """The backlog now; waits for a Kafka that is away."""
        self._known = patiently(self._ask)
        self._asked_s = time.monotonic()
        return self._known

    def is_committed(self) -> bool:
        """Whether the group has committed a place in every partition, as far as Kafka can tell."""
        try:
            found = self._consumer.committed(self._parts, ANSWER_S_MAX)
        except KafkaException:
            return False
        return all(part.offset >= 0 for part in found)

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _listed(self, topic: str) -> list[TopicPartition]:
        found = self._consumer.list_topics(topic, ANSWER_S_MAX).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return [TopicPartition(topic, number) for number in found.partitions]

    def _ask(self) -> int:
        committed = self._consumer.committed(self._parts, ANSWER_S_MAX)
        behind = 0
        for part in committed:
            end = self._consumer.get_watermark_offsets(part, ANSWER_S_MAX)[1]
            counts = not self._life or part.metadata == self._life
            behind += end - max(0, part.offset if counts else 0)
        return behind


def patiently(ask: Callable[[], Answer]) -> Answer:
    """An answer of a Kafka that may be away, or have just begun. Raises KafkaException."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline_s:
                raise
        time.sleep(ASK_INTERVAL_S)
