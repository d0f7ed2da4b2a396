"""Single messages at known offsets: who reads so is in no group, and commits nothing."""

from __future__ import annotations

import time
from typing import Final, Self

from confluent_kafka import Consumer, KafkaError, TopicPartition

from broker.errors import KafkaUnavailable
from broker.kafka.admin import KafkaAdmin
from broker.kafka.connection import Connection
from broker.kafka.faults import UNKNOWN_TOPIC, Use, passes, refused, settings_checked
from broker.kafka.group_consumer import within_patience
from broker.kafka.messages import message_of
from broker.ports import Message, Partition
from schemas.errors import BrokerError

ANSWER_S_MAX: Final = 2.0

FETCH_WAIT_MS: Final = 20
"""What is asked for is there already. Behind it the client waits for more all the same, by its
default half a second, and goes nowhere else before that."""

# A partition is read on from offset to offset; one further away than this is sought.
AHEAD_OFFSETS_MAX: Final = 100


class KafkaFetcher:
    """`broker.dead_letters.replay.Fetch` of a real Kafka; a context manager.

    Offsets that rise within a partition are quickest.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._partitions: dict[str, int] = {}
        self._place: tuple[Partition, int] | None = None
        with settings_checked():
            self._consumer = Consumer(
                {
                    **connection.lone_consumer("fetcher"),
                    "auto.offset.reset": "error",
                    "fetch.wait.max.ms": FETCH_WAIT_MS,
                }
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        within_patience(self._consumer.close)

    def __call__(self, partition: Partition, offset: int) -> Message | None:
        """The message at an offset; None where its topic does not hold it any more.

        Raises KafkaUnavailable where Kafka gives no answer.
        """
        if not self._exists(partition):
            return None
        deadline_s = time.monotonic() + self._connection.patience_s
        self._go_to(partition, offset)
        while time.monotonic() < deadline_s:
            came = self._consumer.poll(ANSWER_S_MAX)
            if came is None:
                continue
            if (error := came.error()) is not None:
                if self._is_gone(error, partition.topic):
                    self._place = None
                    return None
                continue
            self._place = (partition, came.offset() + 1)
            if came.offset() >= offset:
                return message_of(came) if came.offset() == offset else None
        raise KafkaUnavailable(self._connection.watch.complaint())

    def _exists(self, partition: Partition) -> bool:
        """Asked first: the client waits half a minute before it says that a topic is none."""
        if partition.topic not in self._partitions:
            self._partitions = KafkaAdmin(self._connection).partitions()
        return partition.number < self._partitions.get(partition.topic, 0)

    def _go_to(self, partition: Partition, offset: int) -> None:
        if self._place is not None:
            where, at = self._place
            if where == partition and at <= offset <= at + AHEAD_OFFSETS_MAX:
                return
        self._place = (partition, offset)
        self._consumer.assign([TopicPartition(*partition, offset)])

    def _is_gone(self, error: KafkaError, topic: str) -> bool:
        """Whether the message is not there; False where the client goes on by itself."""
        if error.code() in (KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET):
            return True
        if error.code() in (*UNKNOWN_TOPIC, KafkaError.OFFSET_OUT_OF_RANGE):
            return True
        if passes(error):
            return False
        use = Use(self._connection.entered_as, "Read", (topic,))
        raise refused(error, use) or BrokerError(f"Kafka answers: {error.str()}")
