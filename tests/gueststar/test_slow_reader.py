"""A reader that is long at one alert goes on afterwards, and loses nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from threading import Event, Thread

import pytest

from broker.kafka import AtLeastOnceSink, Connection, KafkaSource
from broker.memory import MemoryKafka, MemorySource, PlainMemorySink
from gueststar.subscription import Subscription
from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster
from tests.gueststar.conftest import ALERTS, TOPIC

SESSION_TIMEOUT_MS = 1_000
INTERVAL_MS = 1_500
TOO_LONG_S = 3.0
SAID = "it enters again"


@pytest.fixture
def topic(kafka: KafkaNode, packets: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A topic of the alerts, for readers whose group waits for a second and a half."""
    monkeypatch.setattr("broker.kafka.connection.POLL_INTERVAL_MS_MAX", INTERVAL_MS)
    cluster = RealCluster(kafka.address)
    topic = cluster.create(cluster.name(), partitions=2)
    for number, packet in enumerate(packets):
        cluster.publish(topic, [packet], partition=number % 2)
    yield topic
    cluster.close()


def reader(kafka: KafkaNode, topic: str, group: str | None) -> Subscription:
    """As `subscribe` makes one, but for the session."""
    connection = Connection(kafka.address)
    source = KafkaSource(
        connection,
        topics=[topic],
        group=group,
        worker=None,
        start="earliest",
        session_timeout_ms=SESSION_TIMEOUT_MS,
    )
    commits = AtLeastOnceSink(connection, topics=[], ask_limits=False) if group else None
    return Subscription(source, commits)


def said(caplog: pytest.LogCaptureFixture) -> int:
    """How many lines tell of it."""
    return sum(SAID in message for message in caplog.messages)


def read_on(alerts: Iterator[int], seen: set[int]) -> None:
    """Read until all have been seen."""
    while len(seen) < ALERTS:
        seen.add(next(alerts))


def test_a_member_that_its_group_dropped_goes_on(
    memory: MemoryKafka, caplog: pytest.LogCaptureFixture
) -> None:
    source = MemorySource(memory, group="slow", topics=[TOPIC])
    with closing(Subscription(source, PlainMemorySink(memory, name="slow"))) as subscription:
        alerts = (alert.alert_id for alert in subscription)
        first = [next(alerts), next(alerts)]
        source.suspend()
        memory.clock.sleep(60)
        source.resume()
        again = list(islice(alerts, ALERTS - 2 + ALERTS))
    assert sorted(first + again) == sorted(2 * again[-ALERTS:])
    assert len(set(again)) == ALERTS
    assert said(caplog) == 1


@pytest.mark.kafka
@pytest.mark.parametrize("intervals", [1, 3])
def test_a_member_that_is_too_long_at_one_alert_gets_them_all(
    kafka: KafkaNode, topic: str, caplog: pytest.LogCaptureFixture, intervals: int
) -> None:
    with closing(reader(kafka, topic, group=topic)) as subscription:
        alerts = (alert.alert_id for alert in subscription)
        seen = {next(alerts)}
        time.sleep(TOO_LONG_S * intervals)
        read_on(alerts, seen)
    with closing(reader(kafka, topic, group=topic)) as subscription:
        # What was not dealt with before the end, if anything: no more than that comes again.
        assert {alert.alert_id for alert in subscription.poll(TOO_LONG_S)} <= seen
    assert said(caplog) <= 1


@pytest.mark.kafka
def test_a_reader_of_batches_that_is_too_long_at_one_gets_them_all(
    kafka: KafkaNode, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(reader(kafka, topic, group=topic)) as subscription:
        batches = (batch.alert_id.tolist() for batch in subscription.batches())
        first = next(batches)
        time.sleep(TOO_LONG_S)
        # How much comes in a batch is the machine's affair: the first again alone, or all at once.
        later: list[int] = []
        while len({*first, *later}) < ALERTS or not later:
            later.extend(next(batches))
    assert len(set(later)) == len(later)
    assert said(caplog) == 1


@pytest.mark.kafka
def test_what_another_member_read_meanwhile_is_not_lost_to_the_group(
    kafka: KafkaNode, topic: str
) -> None:
    other_seen: set[int] = set()
    stop = Event()

    def read_meanwhile() -> None:
        with closing(reader(kafka, topic, group=topic)) as other:
            while not stop.is_set():
                other_seen.update(alert.alert_id for alert in other.poll(0.2))

    with closing(reader(kafka, topic, group=topic)) as subscription:
        alerts = subscription.until(stop.is_set)
        first = next(alerts).alert_id
        thread = Thread(target=read_meanwhile)
        thread.start()
        time.sleep(2 * TOO_LONG_S)
        assert len(other_seen) == ALERTS
        ours = Thread(target=lambda: list(alerts))
        ours.start()
        time.sleep(TOO_LONG_S)
        stop.set()
        thread.join()
        ours.join()
    assert first in other_seen


@pytest.mark.kafka
def test_a_reader_without_a_group_that_is_too_long_at_one_gets_each_once(
    kafka: KafkaNode, topic: str
) -> None:
    with closing(reader(kafka, topic, group=None)) as subscription:
        alerts = (alert.alert_id for alert in subscription.until(lambda: False, limit=ALERTS))
        first = next(alerts)
        time.sleep(TOO_LONG_S)
        assert len({first, *alerts}) == ALERTS
        assert subscription.poll(1.0) == []
