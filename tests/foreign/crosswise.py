"""What two workers leave that die at once: transactions that cross, the later one aborted first.

A fetch names the aborted transactions in the order in which they ended, and not every client sorts
them by where they begin.
"""

from __future__ import annotations

from confluent_kafka import Producer

from broker.kafka import Connection, KafkaAdmin, TopicSettings

TOPIC = "aborted-crosswise"


def abort_crosswise(bootstrap: str) -> None:
    """Two records that were never published, and one that was."""
    KafkaAdmin(Connection(bootstrap)).create([TopicSettings(TOPIC, 1)])
    earlier, later, last = (_transactional(bootstrap, number) for number in range(3))
    _write(earlier, b"never")
    _write(later, b"nor this")
    later.abort_transaction()
    earlier.abort_transaction()
    _write(last, b"published")
    last.commit_transaction()


def _transactional(bootstrap: str, number: int) -> Producer:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"crossed-{number}"})
    producer.init_transactions()
    return producer


def _write(producer: Producer, value: bytes) -> None:
    producer.begin_transaction()
    producer.produce(TOPIC, value, b"key")
    assert producer.flush() == 0
