"""Single messages to one partition, each confirmed before the next: no transaction, no consumer."""

from __future__ import annotations

from typing import Final

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException, Producer

from broker.errors import KafkaUnavailable
from broker.kafka.connection import Connection
from broker.kafka.faults import delivery_fault, error_of, passes, settings_checked
from schemas.errors import BrokerError

# A worker writes between two batches, and its alerts wait meanwhile.
WRITE_S_MAX: Final = 5.0


class PlainWriter:
    """Writes to a topic of one partition. Nothing is asked of Kafka before the first message."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self._producer: Producer | None = None

    def write(self, key: bytes, value: bytes) -> int:
        """Write a message; its offset, once Kafka has it. Raises as `ControlTopic.write`."""
        answers: list[tuple[KafkaError | None, confluent_kafka.Message]] = []
        producer = self._open_producer()
        try:
            producer.produce(
                self._topic, value, key, 0, on_delivery=lambda *answer: answers.append(answer)
            )
            producer.flush(WRITE_S_MAX + 1)
        except KafkaException as raised:
            raise self._undelivered(error_of(raised)) from raised
        except SystemError as raised:
            # What is fatal the client raises within the callback that it is about to call.
            if not isinstance(raised.__cause__, KafkaException):
                raise
            raise self._undelivered(error_of(raised.__cause__)) from raised
        if not answers:
            raise self._undelivered(KafkaError(KafkaError._MSG_TIMED_OUT))
        error, message = answers[0]
        if error is not None:
            raise self._undelivered(error)
        return int(message.offset())

    def _open_producer(self) -> Producer:
        if self._producer is None:
            with settings_checked():
                self._producer = Producer(
                    {
                        **self._connection.silent_client(),
                        "enable.idempotence": True,
                        "linger.ms": 0,
                        "message.timeout.ms": int(WRITE_S_MAX * 1e3),
                        # A topic that is not there is no new one whose news is on its way.
                        "topic.metadata.propagation.max.ms": 1_000,
                    }
                )
        return self._producer

    def _undelivered(self, error: KafkaError) -> BrokerError:
        """What to raise; the producer goes, so that nothing of it is written later."""
        self.close()
        if error.code() == KafkaError._MSG_TIMED_OUT or passes(error):
            return KafkaUnavailable(
                f"topic {self._topic!r} took no record within {WRITE_S_MAX:.0f} s; is Kafka up?"
            )
        return delivery_fault(error, self._topic, self._connection.entered_as)

    def close(self) -> None:
        """Let go; what was not confirmed is not written later. Idempotent."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None
