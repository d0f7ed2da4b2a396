"""What is told, when, and that nothing else waits for it."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from broker.errors import KafkaUnavailable
from broker.kafka import Connection
from broker.kafka_settings import TopicsSection
from broker.provider import provide
from broker.settings import Settings
from broker.status import OnDuty, Reporter, Status, read_status, telling
from broker.status.telling import KEPT, Telling
from tests.broker.test_provider import Counting

NOTHING = OnDuty((), ())


class Kept:
    """Takes records; at first as many fail as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.records: list[tuple[bytes, Status]] = []
        self.failures, self.closed = failures, False
        self.enough = Event()

    def write(self, key: bytes, value: bytes) -> None:
        if self.failures:
            self.failures -= 1
            raise KafkaUnavailable("away")
        self.records.append((key, read_status(value)))
        if len(self.records) == 3:
            self.enough.set()

    def close(self) -> None:
        self.closed = True


def told(kept: Kept) -> None:
    """A worker that stands for so long that it speaks three times, and ends."""
    reporter = Reporter("one", "1")
    thread = Telling(kept, lambda: reporter.status(NOTHING), every_s=0.001)
    assert kept.enough.wait(60)
    thread.close()


def test_a_worker_speaks_as_it_starts_and_again_and_as_it_ends() -> None:
    kept = Kept()
    told(kept)
    assert len(kept.records) >= 4
    assert kept.closed
    assert {key for key, _ in kept.records} == {b"one"}


def test_an_outage_is_logged_as_it_begins_and_as_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        told(Kept(failures=5))
    assert [each.message for each in caplog.records] == [
        "how this worker stands cannot be told: away",
        "how this worker stands is told again",
    ]


def test_without_a_topic_nothing_is_told() -> None:
    with telling(Connection("nowhere:1"), "", lambda: pytest.fail("asked")):
        pass


def test_its_topic_keeps_a_day_and_then_the_last_of_each_worker() -> None:
    settings = Settings(TopicsSection(input=("ztf",), prefix="mine.", status="gueststar.status"))
    admin = Counting()
    provide(settings, admin, [settings.topics.status])
    (topic,) = admin.created
    assert (topic.name, topic.partitions, topic.settings) == ("mine.status", 1, KEPT)
