"""What becomes of notices: kept once, the newest of an event on its topic, mock ones apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from broker.clock import ManualClock
from broker.memory import MemoryControlTopic, MemoryKafka
from broker.messengers.section import MessengersSection
from broker.ports import Message, Partition
from services.messengers.job import HEARD, NO_NOTICE, TOO_LARGE, NoticesJob
from tests.sky.messengers.said import burst, said

SECTION = MessengersSection(
    ("gcn",), events="events", notices="notices", mock_events="mock", message_bytes_max=20_000
)
DEAD = "dead"
NOTICED_UNIX_S = 1_713_823_200.0
"""When the notices made by hand were made, the first of them."""


class World:
    """The job over topics in memory; what it publishes stands there."""

    def __init__(self, section: MessengersSection = SECTION) -> None:
        self.kafka = MemoryKafka(ManualClock(now_s=NOTICED_UNIX_S))
        for topic in (*section.named, DEAD):
            self.kafka.create_topic(topic)
        self.section = section
        self.job = self.new_job()
        self._offset = 0

    def new_job(self) -> NoticesJob:
        """One that knows what the topics say."""
        events, mock = (
            MemoryControlTopic(self.kafka, topic)
            for topic in (self.section.events, self.section.mock_events)
        )
        return NoticesJob(
            self.section,
            events=events,
            mock_events=mock,
            dead_letters=DEAD,
            letters_bytes_max=100_000,
            clock=self.kafka.clock,
        )

    def hear(self, values: Sequence[bytes], *, lost: bool = False) -> dict[str, int]:
        """Have them come in one batch; lost: its transaction is not committed."""
        messages = [Message("gcn", 0, self._offset + n, 0, None, v) for n, v in enumerate(values)]
        found = self.job.process(messages)
        assert sum(found.counts.published.values()) + len(found.dead) == len(values)
        if not lost:
            self._offset += len(values)
            for each in found.outputs:
                self.kafka.publish(each.topic, each.value, key=each.key)
        return dict(found.counts.dead)

    def newest(self, topic: str = "events") -> dict[str, bytes]:
        """The topic as compaction would leave it."""
        read = self.kafka.log(Partition(topic, 0)).read(0, 2**62, 2**62).messages
        return {(m.key or b"").decode(): m.value for m in read}


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_the_newest_notice_stands_whatever_order_they_come_in(order: tuple[int, ...]) -> None:
    world = World()
    notices = [said(kind=kind, minute=minute) for minute, kind in enumerate("ABC")]
    for place in order:
        world.hear([notices[place]])
    assert world.newest() == {"S240422ed": notices[2]}
    again = World()
    again.hear([notices[place] for place in order])
    assert again.newest() == {"S240422ed": notices[2]}


def test_a_notice_that_comes_again_changes_nothing_and_a_lost_batch_is_made_anew() -> None:
    world = World()
    world.hear([said()], lost=True)
    assert world.newest() == {}
    world.hear([said(), said("S240422x")])
    world.job = world.new_job()
    world.hear([said()])
    assert world.newest() == {"S240422ed": said(), "S240422x": said("S240422x")}


def test_mock_events_are_kept_apart() -> None:
    world = World()
    world.hear([said("MS240422x"), said()])
    assert [*world.newest()] == ["S240422ed"]
    assert [*world.newest("mock")] == ["MS240422x"]


def test_a_retraction_stands_and_a_late_notice_does_not_undo_it() -> None:
    world = World()
    retraction = said(kind="RETRACTION", minute=9)
    world.hear([said(), retraction])
    world.hear([said(kind="UPDATE", minute=5)])
    assert world.newest() == {"S240422ed": retraction}


def test_what_is_no_notice_or_too_large_is_a_dead_letter_and_its_neighbours_live() -> None:
    world = World()
    large = said()[:-1] + b',"more": "' + b"x" * 20_000 + b'"}'
    assert world.hear([b"<xml/>", said(), large]) == {NO_NOTICE: 1, TOO_LARGE: 1}
    assert world.newest() == {"S240422ed": said()}


def test_an_event_that_is_long_past_is_taken_off_and_its_notice_stays() -> None:
    world = World()
    world.hear([said()])
    world.kafka.clock.sleep(61 * 86_400)
    world.hear([said("S240622a", minute=1)])
    assert world.newest()["S240422ed"] == b""
    assert {
        m.key for m in world.kafka.log(Partition("notices", 0)).read(0, 99, 10**6).messages
    } == {
        b"S240422ed",
        b"S240622a",
    }


def test_the_ledger_says_who_spoke() -> None:
    world = World()
    found = world.job.process([Message("gcn", 0, 0, 0, None, v) for v in (said(), burst())])
    assert found.counts.details == {HEARD: {"LVK": 1, "GBM": 1}}
    assert [each.headers for each in found.outputs][:1] == [(("from", b"gcn-0-0"),)]
