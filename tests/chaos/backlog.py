"""How many messages a group has yet to commit: what a feed is paced by, and when all is done."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

ANSWER_S_MAX = 5.0
ASK_INTERVAL_S = 0.2
PATIENCE_S = 60.0


class Backlog:
    """A topic as a group sees it. life: the one whose committed offsets count; "" for any."""

    def __init__(self, bootstrap: str, *, group: str, topic: str, life: str = "") -> None:
        # Uncommitted reads: an open transaction must not hold up the answer.
        isolation = {"isolation.level": "read_uncommitted", "log_level": 0}
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, **isolation})
        self._parts = [TopicPartition(topic, number) for number in self._partitions(topic)]
        self._life = life
        self._asked_s = -ASK_INTERVAL_S
        self._known = 0

    def _partitions(self, topic: str) -> list[int]:
        """Those of a topic that there is; waits for a Kafka that is away, or has just begun."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                listed = self._consumer.list_topics(topic, ANSWER_S_MAX).topics[topic]
                if listed.error is None:
                    return [*listed.partitions]
            except KafkaException:
                if time.monotonic() > deadline_s:
                    raise
            assert time.monotonic() < deadline_s, f"no topic {topic}"
            time.sleep(ASK_INTERVAL_S)

    def lately(self) -> int:
        """The backlog now or a moment ago: to be looked at as often as one likes."""
        is_due = time.monotonic() > self._asked_s + ASK_INTERVAL_S
        return self.messages() if is_due else self._known

    def messages(self) -> int:
        """The backlog now; waits for a Kafka that is away."""
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
        behind = 0
        for part in committed:
            end = self._consumer.get_watermark_offsets(part, ANSWER_S_MAX)[1]
            counts = not self._life or part.metadata == self._life
            behind += end - max(0, part.offset if counts else 0)
        return behind
