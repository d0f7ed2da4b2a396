"""A connection to Kafka whose other end is gone, which nobody says: readers do not wait for it."""

from __future__ import annotations

from contextlib import closing

import pytest

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings
from tests.broker.clusters import RealCluster
from tests.chaos.proxy import Cut, behind_proxy

UNHEARD_S = 2.0
PATIENCE_S = 50.0
"""Less than the minute after which the client itself gives such a connection up."""


@pytest.mark.kafka
def test_a_reader_is_on_another_connection_before_its_patience_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.kafka.connection.UNHEARD_S_MAX", UNHEARD_S)
    with behind_proxy() as (node, proxy):
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
