"""A compacted topic of one partition as broker/ports.py wants it: read whole, written rarely."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from broker.errors import TopicMissing
from broker.kafka.admin import TopicSettings
from broker.kafka.connection import Connection
from broker.kafka.faults import (
    UNKNOWN_TOPIC,
    Use,
    error_of,
    passes,
    refused,
    settings_checked,
)
from broker.kafka.group_consumer import within_patience
from broker.kafka.messages import message_of
from broker.kafka.plain_writer import PlainWriter
from broker.kafka.watch import STATISTICS_INTERVAL_MS, Pulse
from broker.ports import Message
from schemas.errors import BrokerError

CHUNK_MESSAGES: Final = 256
ANSWER_S_MAX: Final = 2.0
WAIT_S: Final = 0.02
RETRY_S: Final = 0.1
FETCH_WAIT_MS: Final = 500
TRANSACTIONS_FETCH_WAIT_MS: Final = 20
"""Of a topic that transactions write: its end is known once nothing follows their markers."""


def control_topic(name: str, *, replication: int = 1) -> TopicSettings:
    """A control topic as it is created: the last record of each key stays for ever."""
    settings = {"cleanup.policy": "compact", "retention.ms": "-1"}
    return TopicSettings(name, partitions=1, replication=replication, settings=settings)


class KafkaControlTopic:
    """See `broker.ports.ControlTopic`. Nothing is asked of Kafka before the first call."""

    def __init__(
        self, connection: Connection, topic: str, *, fetch_wait_ms: int = FETCH_WAIT_MS
    ) -> None:
        """fetch_wait_ms: how long Kafka waits for something to answer with."""
        self._fetch_wait_ms = fetch_wait_ms
        self._connection = connection
        self._topic = topic
        self._partition = TopicPartition(topic, 0)
        self._watcher: Consumer | None = None
        self._kept: list[Message] = []
        self._reached = 0
        self._was_there = False
        self._missing_since_s: float | None = None
        self._writer = PlainWriter(connection, topic)
        self._open()

    def _open(self) -> None:
        """A consumer that goes on behind what was read."""
        self._pulse = Pulse()
        heard = {
            "statistics.interval.ms": STATISTICS_INTERVAL_MS,
            "stats_cb": self._pulse.hear_statistics,
        }
        self._consumer = self._opened("read_committed", heard)
        begin = self._reached or OFFSET_BEGINNING
        self._consumer.assign([TopicPartition(self._topic, 0, begin)])

    def _opened(self, isolation: str, more: Mapping[str, Any]) -> Consumer:
        with settings_checked():
            return Consumer(
                {
                    **self._connection.lone_consumer("control-topic"),
                    "isolation.level": isolation,
                    # A position that compaction passed over: what is read twice adds up the same.
                    "auto.offset.reset": "earliest",
                    "fetch.wait.max.ms": self._fetch_wait_ms,
                    **more,
                }
            )

    def new(self) -> list[Message]:
        """What was written since last asked, in order; never waits."""
        while self._fetch(0) == CHUNK_MESSAGES:
            pass
        taken, self._kept = self._kept, []
        return taken

    def present(self) -> list[Message]:
        """As `new`, once all that was written before this call is there."""
        return self._until(self._consumer)

    def complete(self) -> list[Message]:
        """As `present`, and no transaction is open any more that had begun to write before."""
        if self._watcher is None:
            self._watcher = self._opened("read_uncommitted", {})
        return self._until(self._watcher)

    def _until(self, asks: Consumer) -> list[Message]:
        """What is new, once all is there that ends where this client says now."""
        deadline_s = time.monotonic() + self._connection.patience_s
        end = self._end(asks, deadline_s)
        while self._reached < end:
            self._fetch(WAIT_S)
            self._connection.require_time(deadline_s)
        return self.new()

    def write(self, key: bytes, value: bytes) -> int:
        """Write a message; its offset, once Kafka has it."""
        return self._writer.write(key, value)

    def close(self) -> None:
        within_patience(self._consumer.close)
        if self._watcher is not None:
            within_patience(self._watcher.close)
        self._writer.close()

    def _fetch(self, timeout_s: float) -> int:
        """Take what came; how much that was, the news that the end is reached included."""
        if self._pulse.is_lost:
            within_patience(self._consumer.close)
            self._open()
        came = self._consumer.consume(CHUNK_MESSAGES, timeout_s)
        fault: BrokerError | None = None
        for message in came:
            error = message.error()
            if error is None:
                self._kept.append(message_of(message))
                self._reached = message.offset() + 1
                self._found()
            elif error.code() == KafkaError._PARTITION_EOF:
                self._reached = max(self._reached, message.offset())
            else:
                fault = self._fault(error) or fault
        if fault is not None:
            raise fault
        return len(came)

    def _end(self, asks: Consumer, deadline_s: float) -> int:
        """The offset after the last message that there is now, as far as a client may see."""
        while True:
            try:
                _, high = asks.get_watermark_offsets(self._partition, ANSWER_S_MAX)
            except KafkaException as raised:
                if (fault := self._fault(error_of(raised))) is not None:
                    raise fault from raised
            else:
                self._found()
                return int(high)
            self._connection.require_time(deadline_s)
            time.sleep(RETRY_S)

    def _fault(self, error: KafkaError) -> BrokerError | None:
        """What is to be said of an error; None where the client goes on by itself."""
        if error.code() in UNKNOWN_TOPIC:
            missing = TopicMissing(f"topic {self._topic!r} does not exist; create it first")
            return None if self._may_be_back() else missing
        if passes(error):
            return None
        use = Use(self._connection.entered_as, "Read", (self._topic,))
        return refused(error, use) or BrokerError(
            f"topic {self._topic!r}: Kafka says: {error.str()}"
        )

    def _found(self) -> None:
        self._was_there, self._missing_since_s = True, None

    def _may_be_back(self) -> bool:
        """A Kafka that has just started knows none of its topics: one that was there is awaited."""
        now_s = time.monotonic()
        if self._missing_since_s is None:
            self._missing_since_s = now_s
        return self._was_there and now_s < self._missing_since_s + self._connection.patience_s
