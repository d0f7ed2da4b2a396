"""How many messages a group has yet to commit: what a feed is paced by, and when all is done."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

ANSWER_S_MAX = 5.0
ASK_INTERVAL_S = 0.2
PATIENCE_S = 60.0


class Backlog:
    """A topic as a group sees it; asked a few times a second, however often one looks."""

    def __init__(self, bootstrap: str, *, group: str, topic: str) -> None:
        # Uncommitted reads: an open transaction must not hold up the answer.
        isolation = {"isolation.level": "read_uncommitted", "log_level": 0}
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, **isolation})
        partitions = self._consumer.list_topics(topic, ANSWER_S_MAX).topics[topic].partitions
        self._parts = [TopicPartition(topic, number) for number in partitions]
        self._asked_s = -ASK_INTERVAL_S
        self._known = 0

    def messages(self) -> int:
        """The backlog now, or a moment ago; waits for a Kafka that is away."""
        if time.monotonic() < self._asked_s + ASK_INTERVAL_S:
            return self._known
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._known = self._ask()
            except KafkaException:
                if time.monotonic() > deadline_s:
                    raise
            else:
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

    def _ask(self) -> int:
        committed = self._consumer.committed(self._parts, ANSWER_S_MAX)
        ends = [self._consumer.get_watermark_offsets(p, ANSWER_S_MAX)[1] for p in self._parts]
        return int(sum(ends) - sum(max(0, part.offset) for part in committed))
