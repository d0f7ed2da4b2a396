"""A worker's events follow their topic between two batches, whatever stands there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.errors import KafkaUnavailable
from broker.memory import MemoryControlTopic, MemoryKafka
from broker.memory.faults import Fault
from broker.messengers.events import MessengerEvents
from broker.messengers.section import MessengersSection
from sky.catalogues import AskedOf
from sky.messengers.events import LiveEvents
from sky.messengers.rates import SkyRates
from tests.broker.fakes import packet
from tests.broker.world import Setup, World
from tests.executors import AtOnce, Slow
from tests.sky.messengers.said import burst, said
from tests.sky.messengers.skies import spiral

TOPIC = "events"


class Follower:
    """A topic of events in memory, and who follows it."""

    def __init__(
        self, faults: Sequence[Fault] = (), reads: Executor | None = None, **section: float
    ) -> None:
        self.kafka = MemoryKafka(clock=ManualClock(), faults=faults)
        self.kafka.create_topic(TOPIC)
        self.live = LiveEvents()
        sky, rates = spiral(100_000), SkyRates()
        rates.add("20240101", sky.ra_deg, sky.dec_deg)
        self.events = MessengerEvents(
            [MemoryControlTopic(self.kafka, TOPIC)],
            self.live,
            MessengersSection(**section),  # type: ignore[arg-type]
            rates,
            reads=reads or AtOnce(),
        )
        self.events.open()

    def put(self, event: str, value: bytes) -> None:
        self.kafka.publish(TOPIC, value, key=event.encode())

    def probability(self, mjd: float = 60000.5) -> float:
        """Of an alert at ra 10, dec 20."""
        one = np.array([mjd])
        found = self.live.probability(AskedOf(one * 0 + 10, one * 0 + 20, one, one * np.nan))
        return float(found[0])


def test_events_come_change_and_go_between_batches() -> None:
    follower = Follower()
    follower.put("GBM 745121685", burst())
    assert follower.probability() == 0
    follower.events.look()
    assert follower.probability() == 1
    follower.put("GBM 745121685", burst(ra=190.0, minute=1, kind="update"))
    follower.events.look()
    assert follower.probability() < 1e-6
    follower.put("GBM 745121685", burst(minute=2, kind="update"))
    follower.put("GBM 745121685", burst(minute=3, kind="retraction"))
    follower.events.look()
    assert (follower.probability(), len(follower.live)) == (0, 0)
    follower.put("GBM 745121685", burst(minute=4))
    follower.events.look()
    assert follower.probability() == 1
    follower.put("GBM 745121685", b"")
    follower.events.look()
    assert len(follower.live) == 0


def test_what_is_of_little_significance_or_mock_counts_by_its_name_alone() -> None:
    follower = Follower()
    follower.put("S1", said("S230225a", significant=False))
    follower.put("MS230225b", said("MS230225b"))
    follower.events.look()
    assert sorted(follower.live.names) == ["MS230225b", "S230225a"]
    assert follower.probability() == 0


def test_the_newest_events_are_asked_of_where_there_are_too_many() -> None:
    follower = Follower(events_max=2)
    for day in (3, 1, 2):
        time = f"2024-04-0{day}T00:00:00Z"
        follower.put(f"S24040{day}a", said(f"S24040{day}a", time=time))
    follower.events.look()
    assert follower.live.names == ["S240403a", "S240402a"]


def test_what_is_no_notice_is_passed_over_and_said(caplog: pytest.LogCaptureFixture) -> None:
    follower = Follower()
    with caplog.at_level(logging.WARNING):
        follower.put("x", b"junk")
        follower.put("GBM 745121685", burst())
        follower.events.look()
    assert "no notice, passed over: events offset 0" in caplog.text
    assert len(follower.live) == 1


def test_while_kafka_is_away_what_was_known_stands(caplog: pytest.LogCaptureFixture) -> None:
    follower = Follower([Fault("poll", nth, KafkaUnavailable, "control") for nth in (3, 4)])
    follower.put("GBM 745121685", burst())
    follower.events.look()
    follower.put("GBM 2", burst(2))
    for _ in range(2):
        follower.events.look()
        assert len(follower.live) == 1
    follower.events.look()
    assert len(follower.live) == 2
    assert caplog.text.count("going on with the events that are known") == 1


def test_alerts_go_on_while_a_notice_is_read_and_notices_keep_their_order() -> None:
    slow = Slow()
    follower = Follower(reads=slow)
    world = World(setup=Setup(between=follower.events.look))
    follower.put("GBM 745121685", burst())
    for number in range(20):
        world.send(packet(number))
    world.drain()
    assert sorted(world.enriched()) == [*range(20)]
    assert follower.probability() == 0
    follower.put("GBM 745121685", burst(minute=1, kind="retraction"))
    follower.events.look()
    slow.go_on()
    follower.events.look()
    assert follower.probability() == 1
    slow.go_on()
    follower.events.look()
    assert follower.probability() == 0


def test_an_event_says_how_many_alerts_stand_there_by_chance() -> None:
    follower = Follower()
    follower.put("GBM 745121685", burst())
    follower.events.look()
    at_edge = AskedOf(*(np.array([each]) for each in (10.0, 25.0, 60000.5, np.nan)))
    found = follower.live.value("745121685", "chance_per_night", at_edge)
    assert found[0] == pytest.approx(100_000 * np.pi * 25 / 41_253, rel=0.05)
