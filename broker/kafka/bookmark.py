"""How much of a source a producer has sent, kept by Kafka with what it sent.

It is an offset that a group commits for a partition of the topic, in the producer's own
transactions, though nobody consumes there: so it is moved if and only if the messages are there,
and outlives whoever sent them. Kafka keeps it for a week after it was last moved (its
`offsets.retention.minutes`), and forgets it with the topic.
"""

from __future__ import annotations

import time
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from broker.kafka.connection import Connection
from broker.kafka.faults import Use, error_of, passes, refused, settings_checked
from broker.kafka.offsets import Membership
from broker.ports import Life, Partition
from schemas.errors import BrokerError

ANSWER_S_MAX: Final = 5.0


class KafkaBookmark:
    """One source's, on one topic. note: what it is of; another note is another source's.

    name: the group's, which begins like those of our readers (`Connection.readers`).
    """

    def __init__(self, connection: Connection, *, name: str, topic: str, note: str) -> None:
        self._connection = connection
        self._partition = Partition(topic, 0)
        self._note = note
        self._name = name
        with settings_checked():
            self._consumer = Consumer(
                {
                    **connection.silent_client(),
                    "group.id": name,
                    "isolation.level": "read_committed",
                    "enable.auto.commit": False,
                }
            )
        lives = {self._partition: Life(note)}
        token = self._consumer.consumer_group_metadata()
        self.group: object = Membership(None, token, lives=lives, name=name)

    def offsets(self, taken: int) -> dict[Partition, int]:
        """What says that so many were taken from the source."""
        return {self._partition: taken}

    def read(self) -> int:
        """How many were; 0 where nothing was said. Waits for a transaction that moves it.

        Raises BrokerError where it is of another source, KafkaUnavailable when patience is over.
        """
        deadline_s = time.monotonic() + self._connection.patience_s
        while (found := self._asked()) is None:
            self._connection.require_time(deadline_s)
        if found.offset < 0:
            return 0
        if found.metadata != self._note:
            raise BrokerError(
                f"what was sent before was {found.metadata}, and this is {self._note}: it has"
                " changed since, so that nobody knows where to go on; begin anew, without --resume"
            )
        return int(found.offset)

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _asked(self) -> TopicPartition | None:
        asked = [TopicPartition(self._partition.topic, self._partition.number)]
        try:
            (found,) = self._consumer.committed(asked, ANSWER_S_MAX)
        except KafkaException as raised:
            error = error_of(raised)
            if not passes(error):
                use = Use(self._connection.entered_as, group=self._name)
                said = f"Kafka does not say what {self._name} sent: {error.str()}"
                raise refused(error, use) or BrokerError(said) from raised
            return None
        return None if found.error else found
