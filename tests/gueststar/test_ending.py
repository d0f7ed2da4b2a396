"""Reading ends where it was asked to, with all that was there by then."""

from __future__ import annotations

from contextlib import closing

import pytest

from broker.clock import ManualClock
from broker.errors import SettingsError
from broker.memory import MemoryKafka, MemorySink, MemorySource, PlainMemorySink
from broker.ports import Output
from gueststar.ending import Ending
from gueststar.subscription import Subscription
from tests.gueststar.conftest import ALERTS, TOPIC


def reader(
    memory: MemoryKafka, ending: Ending, *, group: str = "own", commits: bool = False
) -> Subscription:
    """A reader of the topic that ends."""
    sink = PlainMemorySink(memory, name=group) if commits else None
    return Subscription(MemorySource(memory, group=group, topics=[TOPIC]), sink, ending=ending)


def read(memory: MemoryKafka, ending: Ending, *, commits: bool = False) -> list[int]:
    """The ids of all alerts until the end."""
    with closing(reader(memory, ending, commits=commits)) as subscription:
        return [alert.alert_id for alert in subscription]


def test_reading_until_the_end_gives_each_alert_once_and_stops(memory: MemoryKafka) -> None:
    assert len(set(read(memory, Ending(at_end=True)))) == ALERTS


def test_a_batch_reader_stops_there_too(memory: MemoryKafka) -> None:
    with closing(reader(memory, Ending(at_end=True))) as subscription:
        assert sum(len(batch) for batch in subscription.batches()) == ALERTS


def test_the_end_is_where_it_was_when_reading_began(memory: MemoryKafka) -> None:
    (packet,) = [message.value for message in memory.read(TOPIC)][:1]
    with closing(reader(memory, Ending(at_end=True))) as subscription:
        seen = 0
        for _ in subscription:
            seen += 1
            assert seen < 10 * ALERTS, "a stream that goes on is never read to its end"
            memory.publish(TOPIC, packet, partition=seen % 2)
    # What came meanwhile may be read where it came with the last poll, but no more than that.
    assert seen >= ALERTS


def test_nothing_is_left_to_read_for_a_group_that_was_here(memory: MemoryKafka) -> None:
    assert len(read(memory, Ending(at_end=True), commits=True)) == ALERTS
    assert read(memory, Ending(at_end=True), commits=True) == []


def test_an_empty_topic_ends_at_once() -> None:
    memory = MemoryKafka(ManualClock())
    memory.create_topic(TOPIC, partitions=3)
    assert read(memory, Ending(at_end=True)) == []


def test_the_end_lies_behind_what_was_aborted(memory: MemoryKafka) -> None:
    writer = MemorySink(memory, name="writer")
    writer.rebuild()
    writer.begin()
    writer.produce([Output(TOPIC, None, b"never seen")])
    writer.abort()
    assert len(read(memory, Ending(at_end=True))) == ALERTS


def test_reading_ends_when_nothing_has_come_for_so_long(memory: MemoryKafka) -> None:
    ending = Ending(timeout_s=30, now_s=memory.clock.monotonic_s)
    began_s = memory.clock.monotonic_s()
    assert len(read(memory, ending)) == ALERTS
    assert memory.clock.monotonic_s() - began_s >= 30


def test_time_spent_at_an_alert_is_not_silence(memory: MemoryKafka) -> None:
    ending = Ending(timeout_s=30, now_s=memory.clock.monotonic_s)
    (packet,) = [message.value for message in memory.read(TOPIC)][:1]
    seen = 0
    with closing(reader(memory, ending)) as subscription:
        for _ in subscription:
            seen += 1
            memory.clock.sleep(100)
            if seen == ALERTS:
                memory.publish(TOPIC, packet, partition=0)
    assert seen == ALERTS + 1


@pytest.mark.parametrize(("until", "timeout_s"), [("tomorrow", None), (None, 0), (None, -1.0)])
def test_an_end_that_is_none_is_refused(until: object, timeout_s: float | None) -> None:
    with pytest.raises(SettingsError, match=r"until|timeout_s"):
        Ending.of(until, timeout_s)  # type: ignore[arg-type]
