"""A connection to Kafka whose other end is gone, untold: who waits by it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings
from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster
from tests.chaos.proxy import Cut, Proxy, behind_proxy

UNHEARD_S = 2.0
PATIENCE_S = 50.0
"""Less than the minute after which the client itself gives a reader's connection up."""

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[KafkaNode, Proxy]]:
    """A Kafka, and the way to it that is spoilt."""
    with behind_proxy() as both:
        yield both


def test_a_reader_is_on_another_connection_before_its_patience_is_over(
    network: tuple[KafkaNode, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.kafka.connection.UNHEARD_S_MAX", UNHEARD_S)
    node, proxy = network
    KafkaAdmin(Connection(node.address)).create([TopicSettings("t")])
    through = Connection(proxy.address, patience_s=PATIENCE_S)
    with (
        closing(RealCluster(node.address)) as cluster,
        closing(KafkaControlTopic(through, "t")) as read,
    ):
        cluster.publish("t", [b"before"])
        assert [each.value for each in read.present()] == [b"before"]
        proxy.cut(Cut.KAFKA_GONE)
        cluster.publish("t", [b"after"])
        assert [each.value for each in read.present()] == [b"after"]
