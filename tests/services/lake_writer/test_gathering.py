"""A source that gathers hands over what came, whatever moves between two polls; seen on Kafka."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from broker.clock import ManualClock
from broker.errors import TopicRemade
from broker.memory import MemoryKafka, MemorySource
from broker.ports import Life, Message, Partition
from services.lake_writer.gathering import GatheringSource

ONE = Partition("enriched", 0)


class Poll(NamedTuple):
    """What a poll brings: offsets, and where it leaves the source."""

    offsets: Sequence[int]
    start: int
    position: int


class ScriptedSource(MemorySource):
    """Which polls as it is told; the rest of it is the twin's."""

    def __init__(self, clock: ManualClock, polls: Sequence[Poll]) -> None:
        super().__init__(MemoryKafka(clock), group=None, topics=["enriched"])
        self._clock = clock
        self._polls = list(polls)
        self._now = Poll((), 0, 0)
        self.sought: list[Mapping[Partition, int]] = []
        self.remade = False

    def poll(self, *, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        self._clock.advance(timeout_s)
        self._now = self._polls.pop(0) if self._polls else Poll((), 0, self._now.position)
        return [Message(*ONE, offset, -1, None, b"alert") for offset in self._now.offsets]

    def starts(self) -> Mapping[Partition, int]:
        return {ONE: self._now.start}

    def positions(self) -> Mapping[Partition, int]:
        return {ONE: self._now.position}

    def lives(self) -> Mapping[Partition, Life]:
        return {ONE: Life("id")}

    def confirm_lives(self) -> None:
        if self.remade:
            raise TopicRemade("it was deleted")

    def seek(self, positions: Mapping[Partition, int]) -> None:
        self.sought.append(positions)


def gathered(*polls: Poll, remade: bool = False) -> tuple[list[int], ScriptedSource, int]:
    """The offsets of one poll of five seconds, the source that it polled, and where it began."""
    clock = ManualClock()
    source = ScriptedSource(clock, polls)
    source.remade = remade
    gathering = GatheringSource(source, clock, gather_s=5.0)
    found = gathering.poll(messages_max=100, bytes_max=10**6, timeout_s=0.5)
    return [each.offset for each in found], source, gathering.starts().get(ONE, -1)


def test_what_comes_within_the_time_comes_together() -> None:
    offsets, source, start = gathered(Poll([0, 1], 0, 2), Poll([2], 2, 3))
    assert (offsets, source.sought, start) == ([0, 1, 2], [], 0)


def test_control_records_passed_over_in_an_empty_poll_are_no_assignment() -> None:
    """The next start is then before the position: taken for a rebalance, 1,240 alerts were lost."""
    polls = Poll([0, 1], 0, 2), Poll([], 2, 3), Poll([3, 4], 2, 5)
    offsets, source, start = gathered(*polls)
    assert (offsets, source.sought, start) == ([0, 1, 3, 4], [], 0)


def test_control_records_after_the_last_message_are_the_next_poll_s() -> None:
    """Its start is before them: with both an offset would be in two parts of the lake."""
    clock = ManualClock()
    source = ScriptedSource(clock, [Poll([0, 1], 0, 2), *[Poll([], 2, 3)] * 30, Poll([3], 2, 4)])
    gathering = GatheringSource(source, clock, gather_s=5.0)
    ends = []
    for _ in range(20):
        if gathering.poll(messages_max=100, bytes_max=10**6, timeout_s=0.5):
            ends.append((gathering.starts()[ONE], gathering.positions()[ONE]))
    assert ends == [(0, 2), (2, 4)]


def test_what_was_read_before_an_assignment_is_read_again() -> None:
    offsets, source, _ = gathered(Poll([4, 5], 4, 6), Poll([4], 4, 5))
    assert (offsets, source.sought) == ([], [{ONE: 4}])
    offsets, source, _ = gathered(Poll([4, 5], 4, 6), Poll([], 4, 4))
    assert (offsets, source.sought) == ([], [])


def test_what_may_be_of_two_topics_is_read_again() -> None:
    offsets, source, _ = gathered(Poll([4, 5], 4, 6), Poll([6], 6, 7), remade=True)
    assert (offsets, source.sought) == ([], [{ONE: 4}])


def test_the_bound_on_messages_ends_it_at_once() -> None:
    clock = ManualClock()
    source = ScriptedSource(clock, [Poll([0, 1], 0, 2), Poll([2], 2, 3)])
    gathering = GatheringSource(source, clock, gather_s=5.0)
    assert len(gathering.poll(messages_max=2, bytes_max=10**6, timeout_s=0.5)) == 2


def test_who_is_to_hurry_waits_for_nothing_more() -> None:
    clock = ManualClock()
    gathering = GatheringSource(ScriptedSource(clock, [Poll([0], 0, 1)]), clock, gather_s=5.0)
    gathering.hurry()
    gathering.poll(messages_max=2, bytes_max=10**6, timeout_s=0.5)
    assert clock.monotonic_s() == 0.5
