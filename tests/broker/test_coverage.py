"""Partitions that were added while a group's leader was away are read all the same."""

from __future__ import annotations

import logging
import time
from contextlib import closing

import pytest

from broker.kafka import Connection, KafkaSource
from broker.kafka.coverage import Coverage
from broker.ports import Partition
from kafka_node.node import KafkaNode, free_ports
from tests.broker.clusters import RealCluster
from tests.broker.test_group_consumer import member, settle

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups are looked at more often than their clients look at topics."""
    monkeypatch.setattr("broker.kafka.coverage.LOOK_INTERVAL_S", 0.5)


def test_a_lone_worker_that_was_away_reads_the_partitions_added_meanwhile(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    first = member(kafka, topic, "one")
    settle(first, share=2)
    first.close()
    cluster.add_partitions(topic, 5)
    with closing(member(kafka, topic, "one")) as again:
        settle(again, share=5)


def test_workers_share_what_was_added_while_one_of_them_was_away(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    first, other = member(kafka, topic, "one"), member(kafka, topic, "two")
    settle(first, other, share=1)
    first.close()
    cluster.add_partitions(topic, 6)
    with closing(other), closing(member(kafka, topic, "one")) as again:
        settle(again, other, share=3)


def test_a_group_that_reads_everything_is_left_alone(
    kafka: KafkaNode, cluster: RealCluster, caplog: pytest.LogCaptureFixture
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    with closing(member(kafka, topic, "one")) as alone:
        settle(alone, share=2)
        with caplog.at_level(logging.INFO, logger="gueststar.kafka"):
            for _ in range(60):
                alone.poll(messages_max=10, bytes_max=1_000, timeout_s=0.05)
    assert not [said for said in caplog.messages if "gives back" in said]


def test_nothing_is_lacking_where_nobody_answers() -> None:
    (port,) = free_ports(1)
    source = KafkaSource(Connection(f"127.0.0.1:{port}"), topics=["t"], group="g", worker=None)
    with closing(source):
        coverage = Coverage(["t"], needed=True)
        time.sleep(0.6)
        assert not coverage.is_lacking({Partition("t", 0)}, source._offsets)
