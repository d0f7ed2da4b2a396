"""The survey's topics of a night in which topics come, go and grow, and what was put where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.kafka.lives import TopicIds

FLUSH_S_MAX = 240.0
"""Longer than Kafka is ever away."""


class Place(NamedTuple):
    """Where an alert lies, and in which life of the topic."""

    topic: str
    partition: int
    life: str
    offset: int


class Stream:
    """One topic: its present life, and what was sent to all of them."""

    def __init__(self, bootstrap: str, name: str, partitions: int) -> None:
        """The topic is made."""
        self.name = name
        self.partitions = partitions
        self.sent: dict[int, Place] = {}
        """By the alert's number."""
        self._bootstrap = bootstrap
        self._connection = Connection(bootstrap, patience_s=FLUSH_S_MAX)
        self._admin = KafkaAdmin(self._connection)
        self._ids = TopicIds(self._connection)
        self._client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._failed: list[KafkaError] = []
        self._begin()

    def send(self, number: int, packet: bytes) -> None:
        """Put an alert into the partition whose turn it is."""
        life = self.life

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._failed.append(error)
            else:
                offset = message.offset()
                assert offset is not None, "Kafka says where it put what it took"
                self.sent[number] = Place(self.name, number % partitions, life, offset)

        partitions = self.partitions
        self._producer.produce(
            self.name, value=packet, partition=number % partitions, on_delivery=delivered
        )
        self._producer.poll(0)

    def flush(self) -> None:
        """Return when Kafka has all."""
        assert self._producer.flush(FLUSH_S_MAX) == 0, "Kafka did not take every alert"
        assert not self._failed, self._failed[0]

    def remake(self, partitions: int) -> None:
        """Delete the topic and make it anew in one breath."""
        self.flush()
        for future in self._client.delete_topics([self.name]).values():
            future.result()
        self.partitions = partitions
        self._begin()

    def grow(self, partitions: int) -> None:
        """Give it more partitions."""
        self.flush()
        grow(self._client, self.name, partitions)
        self.partitions = partitions
        self._producer = self._new_producer()  # the old one would learn of them in minutes

    def _begin(self) -> None:
        self._admin.create([TopicSettings(self.name, self.partitions)])
        found: Mapping[str, str | None] = {}
        while not (life := found.get(self.name)):
            found = self._ids.insist(self._ids.ask([self.name]))
        self.life = life
        self._producer = self._new_producer()

    def _new_producer(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "enable.idempotence": True,
                "log_level": 0,
            }
        )


def grow(client: AdminClient, topic: str, partitions: int) -> None:
    """Give a topic more partitions."""
    for future in client.create_partitions([NewPartitions(topic, partitions)]).values():
        future.result()
