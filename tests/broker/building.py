"""A worker of a real Kafka, made in the process that is to be it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from broker.kafka import (
    Connection,
    KafkaControlTopic,
    KafkaSink,
    KafkaSource,
    fence,
    transactional_id,
)
from broker.kafka.control_topic import TRANSACTIONS_FETCH_WAIT_MS
from broker.positions import Positions
from tests.broker.workers import LocalWorker

SESSION_S = 3.0
TRANSACTION_S = 3.0
PATIENCE_S = 120.0
"""A killed Kafka is back in 8 s on a calm machine, in a minute on a crowded one."""


class WorkerSettings(TypedDict):
    """What `build_worker` needs; it travels to another process."""

    bootstrap: str
    group: str
    topic: str
    name: str
    outputs: tuple[str, ...]
    transaction_s: float
    positions: str


def build_worker(
    *,
    bootstrap: str,
    group: str,
    topic: str,
    name: str,
    outputs: Sequence[str],
    transaction_s: float,
    positions: str,
) -> LocalWorker:
    """A worker of the real Kafka, in the process that calls this.

    positions: the topic of those of a group at another cluster; empty where it is the same one.
    """
    connection = Connection(bootstrap, patience_s=PATIENCE_S)
    sink = KafkaSink(
        connection,
        group=group,
        worker=name,
        topics=outputs,
        transaction_timeout_ms=int(transaction_s * 1e3),
    )
    source = KafkaSource(
        connection,
        topics=[topic],
        group=group,
        worker=name,
        session_timeout_ms=int(SESSION_S * 1e3),
        positions=kafka_positions(connection, positions, group, name, sink) if positions else None,
    )
    return LocalWorker(source, sink, elsewhere=bool(positions))


def kafka_positions(
    connection: Connection, topic: str, group: str, worker: str, sink: KafkaSink
) -> Positions:
    """Those that a worker writes by its sink."""
    return Positions(
        topic,
        KafkaControlTopic(connection, topic, fetch_wait_ms=TRANSACTIONS_FETCH_WAIT_MS),
        sink,
        group=group,
        writer=transactional_id(group, worker),
        fence=lambda name: fence(connection, name),
    )
