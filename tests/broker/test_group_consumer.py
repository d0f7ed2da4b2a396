"""Closing ends, whatever the group is at, and leaves to the group what it should."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from broker.kafka import Connection, KafkaSource
from broker.kafka.group_consumer import within_patience
from kafka_node.node import KafkaNode, free_ports
from tests.broker.clusters import RealCluster

ROUNDS = int(os.environ.get("GUESTSTAR_CLOSING_ROUNDS", "10"))
"""As librdkafka closes by itself, the first round of static members hangs."""
ROUND_S_MAX = 15.0
LONG_SESSION_MS = 60_000
TURNS_MAX = 400


def client_threads() -> int:
    """How many threads of Kafka's clients this process has."""
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    return sum(name.startswith("rdk:") for name in names)


def member(kafka: KafkaNode, topic: str, name: str | None) -> KafkaSource:
    """A member of the topic's group whose session outlasts the test."""
    return KafkaSource(
        Connection(kafka.address),
        topics=[topic],
        group=topic,
        worker=name,
        session_timeout_ms=LONG_SESSION_MS,
    )


def settle(*members: KafkaSource, share: int) -> None:
    """Let them poll in turn until each has so many partitions."""
    for _ in range(TURNS_MAX):
        if all(len(each.positions()) == share for each in members):
            return
        for each in members:
            each.poll(messages_max=10, bytes_max=1_000, timeout_s=0.05)
    raise AssertionError(f"{[each.positions() for each in members]}, not {share} each")


@pytest.mark.kafka
@pytest.mark.timeout(60 + ROUNDS * ROUND_S_MAX)
@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_members_that_close_in_the_middle_of_a_rebalance_end(kafka: KafkaNode, kind: str) -> None:
    command = [sys.executable, "-m", "tests.broker.closing", kafka.address, str(ROUNDS), kind]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=ROUNDS * ROUND_S_MAX
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == ROUNDS


@pytest.mark.kafka
def test_a_static_member_restarts_into_its_place_without_a_rebalance(
    kafka: KafkaNode, cluster: RealCluster, caplog: pytest.LogCaptureFixture
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    first, other = (member(kafka, topic, name) for name in ("first", "other"))
    with closing(other):
        settle(first, other, share=1)
        before = first.positions().keys()
        with caplog.at_level(logging.INFO, logger="gueststar.kafka"):
            first.close()
            with closing(member(kafka, topic, "first")) as again:
                settle(again, other, share=1)
                assert again.positions().keys() == before
    assert not [said for said in caplog.messages if "other" in said]


@pytest.mark.kafka
def test_a_member_without_a_name_leaves_its_partitions_to_the_others_at_once(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    first, other = (member(kafka, topic, None) for _ in range(2))
    with closing(other):
        settle(first, other, share=1)
        first.close()
        settle(other, share=2)


@pytest.mark.kafka
@pytest.mark.parametrize("name", ["one", None])
def test_a_closed_member_leaves_nothing_running(
    kafka: KafkaNode, cluster: RealCluster, name: str | None
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    before = client_threads()
    source = member(kafka, topic, name)
    settle(source, share=2)
    assert client_threads() > before
    source.group()
    source.close()
    source.close()
    assert client_threads() == before


@pytest.mark.parametrize("name", ["one", None])
def test_a_member_that_never_found_its_kafka_closes(name: str | None) -> None:
    (port,) = free_ports(1)
    source = KafkaSource(Connection(f"127.0.0.1:{port}"), topics=["t"], group="g", worker=name)
    source.poll(messages_max=1, bytes_max=1_000, timeout_s=0.1)
    source.close()


def test_an_end_that_does_not_come_is_left_behind_with_a_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.kafka.group_consumer.CLOSE_S_MAX", 0.05)
    never = threading.Event()
    with caplog.at_level(logging.WARNING, logger="gueststar.kafka"):
        within_patience(never.wait)
    never.set()
    assert caplog.messages == ["a client of Kafka did not end within 0 s; it is left behind"]
