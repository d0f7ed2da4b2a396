"""Lives of topics where Kafka has no ids, and the ledger's sums over them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.balance import Balance, Seen, balance
from broker.clock import ManualClock
from broker.errors import OffsetGap, TopicRemade
from broker.ledger import Gap, read_entry
from broker.lives import Committed, Memory
from broker.memory import MemoryKafka, MemorySource
from broker.ports import Message, Partition, PartitionLife
from tests.broker.test_ledger import entry

SURVEY = Partition("survey", 0)
LOOK_S = 2.0


def nothing_visible(_: PartitionLife, __: Sequence[Gap]) -> Seen:
    """A source whose gaps are what they should be."""
    return Seen([])


def summed(*ranges: tuple[str, int, int], before_end: int = 0) -> Balance:
    """The balance of a ledger whose entries are of these lives, from offset to offset, in time.

    before_end: where each says that the life of the first entry ended.
    """
    entries = []
    for number, (life, start, end) in enumerate(ranges):
        one = entry(start, end, sequence=number)
        part = one.ranges[0]._replace(life=life, before=ranges[0][0], before_end=before_end)
        entries.append(replace(one, ranges=(part,), published_unix_s=float(number)))
    return balance(entries, nothing_visible)


def test_two_lives_of_a_topic_are_two_ranges() -> None:
    sums = summed(("a", 0, 30), ("b", 0, 60), before_end=37)
    assert sums.imbalances == ()
    assert list(sums.ranges.items()) == [
        (PartitionLife("survey", 0, "a"), Gap(0, 30)),
        (PartitionLife("survey", 0, "b"), Gap(0, 60)),
    ]
    assert (sums.consumed, sums.uncounted) == (90, 7)


def test_what_another_worker_counted_of_a_life_that_is_over_is_not_missed() -> None:
    sums = summed(("a", 0, 30), ("b", 0, 60), ("a", 30, 37), before_end=37)
    assert (sums.imbalances, sums.uncounted) == ((), 0)


def test_what_is_counted_twice_within_one_life_is_named_with_it() -> None:
    (found,) = summed(("a", 0, 30), ("b", 0, 60), ("b", 50, 70)).imbalances
    assert str(found) == "survey/0 offset 50 of topic id b: counted twice, up to offset 60"


def test_a_gap_in_a_life_that_is_over_cannot_be_looked_into() -> None:
    sums = balance(
        [
            replace(each, ranges=(each.ranges[0]._replace(life=life),), published_unix_s=when)
            for each, life, when in (
                (entry(0, 10), "a", 1.0),
                (entry(12, 20, sequence=1), "a", 2.0),
                (entry(0, 5, sequence=2), "b", 3.0),
            )
        ],
        lambda _, __: Seen([10]),
    )
    assert (sums.imbalances, sums.unverifiable) == ((), 2)


def test_a_new_life_that_was_not_read_from_its_beginning_is_named() -> None:
    entries = [entry(0, 30), entry(30, 60, sequence=1)]
    named = [
        replace(each, ranges=(each.ranges[0]._replace(life=life),), published_unix_s=when)
        for each, life, when in zip(entries, "ab", (1.0, 2.0), strict=True)
    ]
    sums = balance(named, lambda where, gaps: Seen([29] if where.life == "b" else []))
    assert [str(each) for each in sums.imbalances] == [
        "survey/0 offset 29 of topic id b: a message that no entry of the ledger counts"
    ]


def test_entries_from_before_lives_were_named_go_on_in_the_first_that_is() -> None:
    sums = summed(("", 0, 30), ("a", 30, 60))
    assert sums.imbalances == ()
    assert sums.ranges == {PartitionLife("survey", 0, "a"): Gap(0, 60)}
    apart = summed(("", 0, 30), ("a", 0, 20))
    assert apart.imbalances == ()
    assert list(apart.ranges.values()) == [Gap(0, 30), Gap(0, 20)]


def test_an_entry_from_before_lives_were_named_is_still_read() -> None:
    document = json.loads(entry(0, 20).encode())
    for each in document["ranges"]:
        del each["life"], each["before"], each["before_end"]
    assert read_entry(json.dumps(document).encode()) == entry(0, 20)


def test_what_was_polled_of_two_topics_of_one_name_is_given_back() -> None:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(SURVEY.topic)
    source = MemorySource(kafka, group="g", topics=[SURVEY.topic], worker="one")

    def poll(sent: int) -> int:
        for _ in range(sent):
            kafka.publish(SURVEY.topic, b"alert")
        return len(source.poll(messages_max=1_000, bytes_max=10_000, timeout_s=0))

    assert poll(3) == 3
    source.confirm_lives()
    kafka.remake_topic(SURVEY.topic)
    assert poll(8) == 5, "it goes on at its old offset, in the new topic"
    with pytest.raises(TopicRemade, match=SURVEY.topic):
        source.confirm_lives()
    source.seek(source.starts())
    assert poll(0) == 8


class Nameless:
    """A Kafka without topic ids, one topic, and a reader that commits what it polled."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, topic_ids=False)
        self.kafka.create_topic(SURVEY.topic)
        self.source = self.reader()

    def reader(self) -> MemorySource:
        """A process of the one worker."""
        return MemorySource(self.kafka, group="g", topics=[SURVEY.topic], worker="one")

    def send(self, count: int) -> None:
        """That many messages."""
        for _ in range(count):
            self.kafka.publish(SURVEY.topic, b"alert")

    def poll(self) -> list[Message]:
        """What comes within some seconds, committed."""
        came: list[Message] = []
        for _ in range(4):
            self.clock.advance(LOOK_S)
            if polled := self.source.poll(messages_max=1_000, bytes_max=10_000, timeout_s=0):
                self.source.confirm_lives()
                committed = self.source.group().committed(self.source.positions())
                self.kafka.committed["g"].update(committed)
                came += polled
        return came

    @property
    def life(self) -> str:
        """What the present life is called."""
        return self.source.lives()[SURVEY].name


def test_without_ids_a_position_past_the_end_is_of_another_life() -> None:
    nameless = Nameless()
    nameless.send(30)
    assert (len(nameless.poll()), nameless.life) == (30, "1")
    nameless.kafka.remake_topic(SURVEY.topic)
    nameless.send(10)
    assert (len(nameless.poll()), nameless.life) == (10, "2")
    nameless.kafka.remake_topic(SURVEY.topic)
    nameless.send(5)
    assert (len(nameless.poll()), nameless.life) == (5, "3")


def test_without_ids_offsets_that_are_gone_are_of_another_life() -> None:
    nameless = Nameless()
    nameless.send(30)
    nameless.poll()
    nameless.kafka.delete_topic(SURVEY.topic)
    nameless.poll()
    nameless.kafka.create_topic(SURVEY.topic)
    nameless.send(40)
    assert (len(nameless.poll()), nameless.life) == (40, "2")


def test_without_ids_a_worker_that_comes_back_believes_no_offset_past_the_end() -> None:
    nameless = Nameless()
    nameless.send(30)
    nameless.poll()
    committed = dict(nameless.kafka.committed["g"])
    nameless.source.close()
    nameless.kafka.remake_topic(SURVEY.topic)
    nameless.kafka.committed["g"].update(committed)  # as one committed late
    nameless.send(10)
    nameless.source = nameless.reader()
    assert (len(nameless.poll()), nameless.life) == (10, "2")


def test_what_retention_forgot_is_no_other_life() -> None:
    nameless = Nameless()
    nameless.send(30)
    nameless.kafka.forget(SURVEY, before=20)
    nameless.kafka.committed["g"][SURVEY] = nameless.source.group().committed({SURVEY: 10})[SURVEY]
    with pytest.raises(OffsetGap):
        nameless.poll()


def test_partitions_that_are_placed_in_two_lives_of_a_topic_are_both_compared() -> None:
    """A partition that came with the new life says nothing of those that were there before."""
    memory = Memory()
    memory.place({SURVEY: Committed(0, "old")})
    memory.place({Partition(SURVEY.topic, 2): Committed(0, "new")})
    assert list(memory.differing({SURVEY.topic: "new"})) == [SURVEY.topic]
    assert list(memory.differing({SURVEY.topic: None})) == [SURVEY.topic]
    assert list(memory.differing({SURVEY.topic: ""})) == []
