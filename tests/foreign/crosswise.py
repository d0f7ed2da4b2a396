"""What two workers leave that die at once: transactions that cross, the later one aborted first.

A fetch names the aborted transactions in the order in which they ended, and not every client sorts
them by where they begin.
"""

from __future__ import annotations

import time

from confluent_kafka import Consumer, Producer, TopicPartition

from broker.kafka import Connection, KafkaAdmin, TopicSettings

TOPIC = "aborted-crosswise"
WAIT_S_MAX = 30.0
LOOK_S = 0.02


def abort_crosswise(bootstrap: str) -> None:
    """Two records that were never published, and one that was."""
    KafkaAdmin(Connection(bootstrap)).create([TopicSettings(TOPIC, 1)])
    earlier, later, last = (_transactional(bootstrap, number) for number in range(3))
    _write(earlier, b"never")
    _write(later, b"nor this")
    later.abort_transaction()
    _await_end(bootstrap, 3)
    earlier.abort_transaction()
    _await_end(bootstrap, 4)
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


def _await_end(bootstrap: str, end: int) -> None:
    """Kafka says that it has aborted before the mark of that is in the log: wait for the mark."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "looks-at-ends"}
    consumer = Consumer({**settings, "isolation.level": "read_uncommitted"})
    deadline_s = time.monotonic() + WAIT_S_MAX
    while consumer.get_watermark_offsets(TopicPartition(TOPIC, 0))[1] < end:
        assert time.monotonic() < deadline_s, f"{TOPIC} does not come to offset {end}"
        time.sleep(LOOK_S)
    consumer.close()
