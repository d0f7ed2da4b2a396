"""A connection to Kafka whose other end is gone, untold: who waits by it, and for how long."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from confluent_kafka.admin import AdminClient

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, KafkaSource, TopicSettings
from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster
from tests.broker.history_behaviours import take
from tests.chaos.proxy import Cut, Proxy, behind_proxy
from tests.running import until

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


def test_a_member_that_hears_nothing_of_its_group_enters_it_with_another_client(
    network: tuple[KafkaNode, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.kafka.watch.JOIN_S_MAX", UNHEARD_S)
    node, proxy = network
    KafkaAdmin(Connection(node.address)).create([TopicSettings("u", 2)])
    with (
        closing(
            KafkaSource(Connection(node.address), topics=["u"], group="g", worker="one")
        ) as one,
        closing(
            KafkaSource(Connection(proxy.address), topics=["u"], group="g", worker="two")
        ) as two,
    ):
        one.join()
        joining = Thread(target=two.join)
        joining.start()
        # Its answer waits until the first one has given back what it has.
        until(lambda: state(node.address) == "PreparingRebalance")
        proxy.cut(Cut.KAFKA_GONE)
        until(lambda: not take(one) and not joining.is_alive())
        two.group()


def state(bootstrap: str) -> str:
    """What the group is about."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        (group,) = client.list_groups("g", timeout=10)
    return str(group.state)
