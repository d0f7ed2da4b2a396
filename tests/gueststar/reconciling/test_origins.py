"""An output that is lost or doubled is named by the message of the survey's that it was of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.headers import source_of
from broker.ledger import Counts, Delivery, Entry, Range
from broker.ports import Output, Partition
from gueststar.reconciling.held import NOTHING, Rows, TopicHeld
from gueststar.reconciling.origins import AMONG, Published, ledger_and_topic
from gueststar.reconciling.pairs import Difference
from tests.gueststar.reconciling.night import (
    ENRICHED,
    JUNK,
    LETTERS,
    SURVEY,
    Copies,
    Night,
    named,
    packets_of,
)

ALERTS = 60
PAIR = f"ledger, topic {ENRICHED}"


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path, packets_of(ALERTS))


def copies_of(topic: str, numbers: dict[tuple[int, int], int]) -> Copies:
    """So many records of those messages, by the survey's partition and offset; else one."""

    def copies(output: Output) -> int:
        origin = source_of(output.headers)
        if output.topic != topic or origin is None:
            return 1
        return numbers.get((origin[0].number, origin[1]), 1)

    return copies


def test_lost_outputs_are_named_by_partition_and_offset_range(night: Night) -> None:
    night.send()
    night.broker(copies=copies_of(ENRICHED, {(0, 3): 0, (0, 4): 0, (0, 5): 0, (1, 9): 0}))
    night.write()
    what = "messages of which a record was published that is not there"
    assert named(night.report()) == {
        PAIR: [f"{SURVEY}/0 offsets 3 to 5: 3 {what}", f"{SURVEY}/1 offsets 9 to 9: 1 {what}"]
    }


def test_doubled_outputs_are_named_by_partition_and_offset_range(night: Night) -> None:
    night.send()
    night.broker(copies=copies_of(ENRICHED, {(0, 3): 2, (0, 4): 2, (1, 9): 3}))
    night.write()
    what = "messages that have more records than the ledger counts"
    found = named(night.report())
    assert found[PAIR] == [
        f"{SURVEY}/0 offsets 3 to 4: 2 {what}",
        f"{SURVEY}/1 offsets 9 to 9: 2 {what}",
    ]


def test_a_lost_and_a_doubled_output_do_not_hide_one_another(night: Night) -> None:
    night.send()
    night.broker(copies=copies_of(ENRICHED, {(0, 3): 0, (1, 9): 2}))
    night.write()
    assert [one.split(":")[0] for one in named(night.report())[PAIR]] == [
        f"{SURVEY}/1 offsets 9 to 9",
        f"{SURVEY}/0 offsets 3 to 3",
    ]


def test_a_lost_dead_letter_is_named_by_its_packet(night: Night) -> None:
    night.send()
    night.send([JUNK, JUNK])
    night.broker(copies=lambda one: one.key != f"{SURVEY}-1-{ALERTS // 2}".encode())
    night.write()
    assert named(night.report()) == {
        f"ledger, topic {LETTERS}": [
            f"{SURVEY}/1 offsets 30 to 30:"
            " 1 messages of which a record was published that is not there"
        ]
    }


def test_what_a_filter_s_topic_lacks_is_named_by_the_batch_s_offsets(night: Night) -> None:
    (topic,) = (each for each in night.parts.outputs if "solar" in each)
    night.send()
    lost = list[Output]()

    def loses_one(output: Output) -> bool:
        if output.topic == topic and not lost:
            lost.append(output)
            return False
        return True

    night.broker(copies=loses_one)
    assert lost, "the filter selects some"
    night.write()
    (line,) = named(night.report())[f"ledger, topic {topic}"]
    origin = source_of(lost[0].headers)
    assert origin is not None
    assert f"{SURVEY}/{origin[0].number} offsets 0 to" in line
    assert line.endswith(f"1 {AMONG}")


def entry(start: int, consumed: int) -> Entry:
    part = Range(SURVEY, 0, start, start + consumed, consumed, ())
    counts = Counts({ENRICHED: consumed})
    return Entry("w", 0, start, Delivery.EXACTLY_ONCE, 0, 0, ENRICHED, (part,), counts)


def holding(records: list[int], unnamed: int = 0, first: int = 0) -> TopicHeld:
    """A topic with records of those messages, and others that do not say of which they are."""
    place, texts = Partition(ENRICHED, 0), np.zeros(0, np.str_)
    rows = Rows(texts, NOTHING, NOTHING, texts, NOTHING, NOTHING)
    offsets = first + np.arange(len(records) + unnamed)
    origins = {Partition(SURVEY, 0): np.sort(np.array(records, np.int64))}
    return TopicHeld(
        {place: first}, {place: first + len(offsets)}, {}, {place: offsets}, rows, origins
    )


def differences(sizes: list[int], topic: TopicHeld) -> list[Difference]:
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    entries = [entry(start, size) for start, size in zip(starts, sizes, strict=True)]
    return [*ledger_and_topic(Published(entries, sizes, {}, is_main=True), topic)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_exactly_what_is_lost_or_doubled_is_named(sizes: list[int], data: st.DataObject) -> None:
    messages = range(sum(sizes))
    copies = data.draw(st.lists(st.integers(0, 3), min_size=len(messages), max_size=len(messages)))
    records = [message for message in messages for _ in range(copies[message])]
    found = dict[int, int]()
    for where, amount, what in differences(sizes, holding(records)):
        first, last = map(int, where.split("offsets ")[1].split(" to "))
        each = amount // (last + 1 - first)
        found |= dict.fromkeys(range(first, last + 1), -1 if "not there" in what else each)
    assert found == {m: copies[m] - 1 for m in messages if copies[m] != 1}


def test_records_of_before_are_compared_by_their_number() -> None:
    assert differences([5, 3], holding([5, 6, 7], unnamed=5)) == []
    what = "messages that the ledger counts are not there"
    assert differences([5, 3], holding([5, 6, 7], unnamed=4)) == [(ENRICHED, 1, what)]


def test_what_retention_took_is_not_taken_for_lost() -> None:
    assert differences([5, 3], holding([5, 6, 7], first=5)) == []
    (doubled,) = differences([5, 3], holding([5, 6, 6, 7], first=5))
    assert doubled.where == f"{SURVEY}/0 offsets 6 to 6"
