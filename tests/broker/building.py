"""A worker of a real Kafka, made in the process that is to be it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from broker.kafka import Connection, KafkaSink, KafkaSource
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


def build_worker(
    *,
    bootstrap: str,
    group: str,
    topic: str,
    name: str,
    outputs: Sequence[str],
    transaction_s: float,
) -> LocalWorker:
    """A worker of the real Kafka, in the process that calls this."""
    connection = Connection(bootstrap, patience_s=PATIENCE_S)
    source = KafkaSource(
        connection,
        topics=[topic],
        group=group,
        worker=name,
        session_timeout_ms=int(SESSION_S * 1e3),
    )
    sink = KafkaSink(
        connection,
        group=group,
        worker=name,
        topics=outputs,
        transaction_timeout_ms=int(transaction_s * 1e3),
    )
    return LocalWorker(source, sink)
