"""A real Kafka as the behaviour suite uses it, for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster


@pytest.fixture
def cluster(kafka: KafkaNode) -> Iterator[RealCluster]:
    """The real Kafka, with what the test opens closed at its end."""
    cluster = RealCluster(kafka.address)
    yield cluster
    cluster.close()
