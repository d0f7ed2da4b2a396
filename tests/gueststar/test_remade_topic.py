"""A subscriber whose topic is deleted and made anew reads all of both, each alert once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from broker.kafka import AtLeastOnceSink, Connection
from broker.ports import Sink
from gueststar.subscription import Subscription
from kafka_node.node import KafkaNode
from tests.broker.clusters import Cluster, RealCluster, TwinCluster
from tests.gueststar.conftest import ALERTS

POLL_S = 0.5
POLLS_MAX = 100
POLLS_AFTER = 4
"""A double would come within them."""
FIRST = 2
"""Alerts of the first topic; the second holds more, at the same offsets too."""


def exactly(subscription: Subscription, count: int) -> list[int]:
    """The ids of the next alerts, of which there are so many."""
    found = list[int]()
    for _ in range(POLLS_MAX):
        found += [alert.alert_id for alert in subscription.poll(POLL_S)]
        if len(found) >= count:
            break
    for _ in range(POLLS_AFTER):
        found += [alert.alert_id for alert in subscription.poll(POLL_S)]
    assert len(found) == count, found
    return found


def check_remade(cluster: Cluster, sink: Sink | None, packets: list[bytes]) -> None:
    """Read a topic, its successor, and beside them another that stays as it is."""
    topic, other = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(other, packets[-1:])
    source = cluster.source([topic, other], group="mine" if sink else None, start="earliest")
    with closing(Subscription(source, sink)) as subscription:
        cluster.publish(topic, packets[:FIRST])
        found = exactly(subscription, FIRST + 1)
        cluster.remake(topic)
        cluster.publish(topic, packets[FIRST:-1])
        found += exactly(subscription, ALERTS - FIRST - 1)
        assert len(set(found)) == ALERTS


def test_a_reader_without_a_group_reads_both_topics(packets: list[bytes]) -> None:
    check_remade(TwinCluster(), None, packets)


@pytest.fixture
def cluster(kafka: KafkaNode) -> Iterator[RealCluster]:
    """The real Kafka."""
    cluster = RealCluster(kafka.address)
    yield cluster
    cluster.close()


@pytest.mark.kafka
@pytest.mark.parametrize("named", [False, True])
def test_a_reader_of_a_real_kafka_reads_both_topics(
    kafka: KafkaNode, cluster: RealCluster, packets: list[bytes], named: bool
) -> None:
    connection = Connection(kafka.address, patience_s=30)
    sink = AtLeastOnceSink(connection, topics=[], ask_limits=False) if named else None
    check_remade(cluster, sink, packets)


@pytest.mark.kafka
def test_a_member_whose_topic_stays_deleted_is_not_held_up(
    kafka: KafkaNode, cluster: RealCluster, packets: list[bytes]
) -> None:
    topic, other = cluster.create(cluster.name()), cluster.create(cluster.name())
    source = cluster.source([topic, other], group="mine", start="earliest")
    sink = AtLeastOnceSink(Connection(kafka.address), topics=[], ask_limits=False)
    with closing(Subscription(source, sink)) as subscription:
        cluster.publish(topic, packets[:FIRST])
        exactly(subscription, FIRST)
        cluster.delete(topic)
        cluster.publish(other, packets[FIRST:])
        exactly(subscription, ALERTS - FIRST)
