"""The ledger: its entries are exact, and its balance names whatever does not add up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.balance import Seen, balance
from broker.errors import LedgerError
from broker.ledger import Counts, Delivery, Entry, Gap, Range, gaps, ranges, read_entry, total
from broker.ports import Life, Message, Partition, PartitionLife

ZERO, ONE = Partition("survey", 0), Partition("survey", 1)


def entry(start: int, end: int, *, sequence: int = 0, passed: Sequence[Gap] = ()) -> Entry:
    """A batch of one partition in which every tenth offset, from 9, is a dead letter."""
    offsets = [o for o in range(start, end) if not any(g.start <= o < g.end for g in passed)]
    dead = sum(offset % 10 == 9 for offset in offsets)
    live = len(offsets) - dead
    return Entry(
        worker="one",
        incarnation=1_700_000_000_000,
        sequence=sequence,
        delivery=Delivery.EXACTLY_ONCE,
        polled_unix_s=1.5,
        published_unix_s=1.75,
        main_topic="enriched",
        ranges=(Range(*ZERO, start, end, len(offsets), tuple(passed)),),
        counts=Counts(
            published={"enriched": live, "bright": live // 2},
            dead={"truncated": dead} if dead else {},
            details={
                "selected": {"bright": live // 2},
                "refused": {"bright": {"faint": live - live // 2}},
            },
        ),
        notes={"filters": 1},
    )


def nothing_visible(partition: PartitionLife, passed: Sequence[Gap]) -> Seen:
    """A source whose gaps are what they should be."""
    return Seen([])


def said(entries: Sequence[Entry]) -> list[str]:
    """What the balance complains of."""
    return [str(each) for each in balance(entries, nothing_visible).imbalances]


def test_an_entry_reads_back_as_it_was_written() -> None:
    written = entry(0, 40, passed=[Gap(3, 5), Gap(39, 40)])
    assert read_entry(written.encode()) == written


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"{}", b'{"delivery": "never"}', b"\xff"])
def test_another_message_on_the_ledgers_topic_is_named(value: bytes) -> None:
    with pytest.raises(LedgerError, match="no ledger entry"):
        read_entry(value)


def test_ranges_are_of_the_partitions_that_moved_with_their_gaps() -> None:
    messages = [Message(*ZERO, offset, -1, None, b"") for offset in (5, 6, 9)]
    found = ranges(messages, {ZERO: 4, ONE: 7}, {ZERO: 11, ONE: 7}, {ZERO: Life("b", "a", 2)})
    assert found == (
        Range("survey", 0, 4, 11, 3, (Gap(4, 5), Gap(7, 9), Gap(10, 11)), "b", "a", 2),
    )


def test_a_partition_that_only_passed_control_records_has_a_range_without_alerts() -> None:
    assert ranges([], {ZERO: 4}, {ZERO: 6}, {}) == (Range("survey", 0, 4, 6, 0, (Gap(4, 6),)),)


@given(st.sets(st.integers(10, 40)))
def test_offsets_and_gaps_fill_a_range_exactly(offsets: set[int]) -> None:
    found = gaps(sorted(offsets), 10, 41)
    passed = [offset for gap in found for offset in range(gap.start, gap.end)]
    assert sorted([*passed, *offsets]) == list(range(10, 41))
    assert all(gap.start < gap.end for gap in found)
    assert all(left.end < right.start for left, right in pairwise(found))


def test_totals_are_sums_by_name() -> None:
    sums = total([entry(0, 20).counts, entry(20, 40).counts, Counts(dead={"huge": 1})])
    assert sums.published == {"enriched": 36, "bright": 18}
    assert sums.dead == {"truncated": 4, "huge": 1}
    assert sums.details["refused"] == {"bright": {"faint": 18}}


def test_a_whole_ledger_balances_in_any_order() -> None:
    entries = [entry(20, 30, sequence=1), entry(0, 20), entry(30, 31, sequence=2)]
    sums = balance(entries, nothing_visible)
    assert sums.imbalances == ()
    assert (sums.consumed, sums.published, sums.dead) == (31, 28, 3)
    assert sums.ranges == {PartitionLife(*ZERO): Gap(0, 31)}


def test_an_empty_ledger_balances() -> None:
    assert balance([], nothing_visible).imbalances == ()


def test_gaps_are_lawful_where_no_message_is_visible() -> None:
    entries = [entry(0, 20, passed=[Gap(4, 6)]), entry(22, 30, sequence=1)]
    sums = balance(entries, nothing_visible)
    assert sums.imbalances == ()
    assert sums.passed_over == 4


def test_a_visible_message_in_a_gap_is_named() -> None:
    entries = [entry(0, 20, passed=[Gap(4, 6)]), entry(22, 30, sequence=1)]

    def visible(partition: PartitionLife, passed: Sequence[Gap]) -> Seen:
        assert passed == [Gap(4, 6), Gap(20, 22)]
        return Seen([21, 5])

    found = [str(each) for each in balance(entries, visible).imbalances]
    assert found == [
        "survey/0 offset 5: a message that no entry of the ledger counts",
        "survey/0 offset 21: a message that no entry of the ledger counts",
    ]


def test_gaps_that_the_source_has_forgotten_are_told_apart() -> None:
    sums = balance([entry(0, 20, passed=[Gap(4, 6)])], lambda partition, passed: None)
    assert (sums.imbalances, sums.unverifiable) == ((), 2)


def test_an_overlap_is_named() -> None:
    assert said([entry(0, 20), entry(15, 30, sequence=1)]) == [
        "survey/0 offset 15: counted twice, up to offset 20"
    ]


def test_at_least_once_may_count_again_and_says_how_much() -> None:
    again = [
        replace(each, delivery=Delivery.AT_LEAST_ONCE)
        for each in (entry(0, 20), entry(0, 15), entry(15, 30))
    ]
    sums = balance(again, nothing_visible)
    assert (sums.imbalances, sums.repeated) == ((), 20)


def test_of_gaps_only_what_stands_below_retention_cannot_be_told() -> None:
    entries = [entry(0, 20, passed=[Gap(4, 6), Gap(9, 12)]), entry(22, 30, sequence=1)]
    sums = balance(entries, lambda _, __: Seen([21], first=10))
    assert (sums.passed_over, sums.unverifiable) == (7, 3)
    assert [each.offset for each in sums.imbalances] == [21]
    assert balance(entries, lambda _, __: None).unverifiable == 7


def test_alerts_that_were_neither_published_nor_dead_are_named() -> None:
    whole = entry(0, 20)
    counts = replace(whole.counts, published={"enriched": 17, "bright": 9})
    (found,) = said([replace(whole, counts=counts)])
    assert "20 alerts consumed, but 17 published and 2 dead (worker one, batch 0)" in found


def test_a_range_that_its_alerts_and_gaps_do_not_fill_is_named() -> None:
    whole = entry(0, 20)
    short = whole.ranges[0]._replace(end=21)
    assert said([replace(whole, ranges=(short,))]) == [
        "survey/0 offset 0: 21 offsets, but 20 alerts and 0 gaps"
    ]


def test_what_a_job_counts_by_itself_is_checked_by_its_own_sums() -> None:
    def complaint(one: Entry) -> Iterator[str]:
        yield f"{one.notes['filters']} filters"

    (found,) = balance([entry(0, 20)], nothing_visible, complaint).imbalances
    assert found.what == "1 filters (worker one, batch 0)"


def test_an_entry_s_json_has_what_the_job_says_beside_the_engine_s_own() -> None:
    document = json.loads(entry(0, 20).encode())
    assert (document["enriched_topic"], document["filters"]) == ("enriched", 1)
    assert document["counts"]["published"] == {"enriched": 18, "bright": 9}
    assert document["counts"]["refused"] == {"bright": {"faint": 9}}
    assert not {"main_topic", "notes", "details"} & {*document, *document["counts"]}


EARLIER = (
    b'{"worker":"one","incarnation":1,"sequence":3,"delivery":"exactly-once","polled_unix_s":1.5,'
    b'"published_unix_s":1.75,"enriched_topic":"enriched","ranges":[{"topic":"survey","partition":0'
    b',"start":0,"end":3,"consumed":3,"gaps":[],"life":"a","before":"","before_end":0}],"counts":'
    b'{"published":{"enriched":2,"bright":1},"shortened":{},"dead":{"truncated":1},"selected":'
    b'{"bright":1},"refused":{"bright":{"faint":1}},"unknown":{},"filter_errors":{},'
    b'"classifier_errors":{},"unread":{}},"filters":1}'
)


def test_an_entry_of_an_earlier_version_is_read_and_written_again_alike() -> None:
    read = read_entry(EARLIER)
    assert (read.main_topic, read.notes) == ("enriched", {"filters": 1})
    assert (read.counts.dead, read.counts.details["selected"]) == ({"truncated": 1}, {"bright": 1})
    assert json.loads(EARLIER).items() <= json.loads(read.encode()).items()
