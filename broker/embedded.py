"""A Kafka within the process, for a demonstration on a machine with Python only.

It is librdkafka's mock cluster, made to test clients, and differs from a Kafka as follows:

- Creating topics and describing the cluster get no answer; the first client that touches a topic
  creates it, with PARTITIONS partitions. So all topics are made here, before any client
  subscribes, and nobody asks for their limits (`AtLeastOnceSink(ask_limits=False)`).
- It keeps about PARTITION_BYTES_KEPT of a partition and forgets what is older without a word. So
  whoever publishes bounds the bytes that some reader has not read yet, over the input and over
  every topic that is read; `KafkaSource` raises OffsetGap where that was not enough.
- Transactions succeed but hide nothing: an aborted message is read by all. So delivery is
  at-least-once, and to be said wherever it is shown.
- It lives as long as the client that made it: leave the `with` after all other clients closed.
- Where the client's library does not show librdkafka's own functions (`broker.kafka.mock_cluster`),
  topics have PARTITIONS partitions, whatever was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaException, Producer

from broker.errors import KafkaUnavailable
from broker.kafka.group_consumer import within_patience
from broker.kafka.mock_cluster import started
from broker.kafka.watch import CLIENT_LOG

PARTITIONS: Final = 4
PARTITION_BYTES_KEPT: Final = 5_000_000
ANSWER_S_MAX: Final = 10.0
TOUCH_INTERVAL_S: Final = 0.02


@dataclass(frozen=True)
class EmbeddedKafka:
    """A mock cluster of one broker on loopback; `address` is its `bootstrap.servers`."""

    address: str
    topics: tuple[str, ...]
    partitions: int
    """Of each topic."""


@contextmanager
def embedded_kafka(
    topics: Sequence[str], *, partitions: int = PARTITIONS
) -> Iterator[EmbeddedKafka]:
    """A Kafka that has these topics, until the `with` is left.

    Raises KafkaUnavailable where it does not come up.
    """
    cluster = started(topics, partitions)
    if cluster is None:
        with _of_a_client(topics) as kafka:
            yield kafka
        return
    try:
        yield EmbeddedKafka(cluster.address, tuple(topics), partitions)
    finally:
        within_patience(cluster.stop)


@contextmanager
def _of_a_client(topics: Sequence[str]) -> Iterator[EmbeddedKafka]:
    """The same by a setting of Python's client, which has no other number of partitions."""
    owner = Producer({"test.mock.num.brokers": 1, "log_level": 2, "logger": CLIENT_LOG})
    try:
        address = _address(owner)
        for topic in topics:
            _touch(owner, topic)
    except KafkaException as raised:
        raise KafkaUnavailable(f"the embedded Kafka did not come up: {raised}") from raised
    try:
        yield EmbeddedKafka(address, tuple(topics), PARTITIONS)
    finally:
        within_patience(owner.close)


def _address(owner: Producer) -> str:
    (broker,) = owner.list_topics(timeout=ANSWER_S_MAX).brokers.values()
    return f"{broker.host}:{broker.port}"


def _touch(owner: Producer, topic: str) -> None:
    """Have the topic created, and return when it has its partitions."""
    deadline_s = time.monotonic() + ANSWER_S_MAX
    while not owner.list_topics(topic, timeout=ANSWER_S_MAX).topics[topic].partitions:
        if time.monotonic() > deadline_s:
            raise KafkaUnavailable(f"the embedded Kafka does not create topic {topic!r}")
        time.sleep(TOUCH_INTERVAL_S)
