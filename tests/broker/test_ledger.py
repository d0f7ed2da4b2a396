"""The ledger: its entries are exact, and its balance names whatever does not add up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.balance import balance
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
        enriched_topic="enriched",
        ranges=(Range(*ZERO, start, end, len(offsets), tuple(passed)),),
        counts=Counts(
            published={"enriched": live, "bright": live // 2},
            dead={"truncated": dead} if dead else {},
            selected={"bright": live // 2},
            refused={"bright": {"faint": live - live // 2}},
        ),
        filters=1,
    )


def nothing_visible(partition: PartitionLife, passed: Sequence[Gap]) -> list[int]:
    """A source whose gaps are what they should be."""
    return []


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
    assert sums.refused == {"bright": {"faint": 18}}


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

    def visible(partition: PartitionLife, passed: Sequence[Gap]) -> list[int]:
        assert passed == [Gap(4, 6), Gap(20, 22)]
        return [21, 5]

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


def test_alerts_that_were_neither_published_nor_dead_are_named() -> None:
    whole = entry(0, 20)
    counts = replace(whole.counts, published={"enriched": 17, "bright": 9})
    found = said([replace(whole, counts=counts)])
    assert "20 alerts consumed, but 17 published and 2 dead (worker one, batch 0)" in found[0]
    assert "filter bright answered for 18 of 17 alerts" in found[1]


def test_a_range_that_its_alerts_and_gaps_do_not_fill_is_named() -> None:
    whole = entry(0, 20)
    short = whole.ranges[0]._replace(end=21)
    assert said([replace(whole, ranges=(short,))]) == [
        "survey/0 offset 0: 21 offsets, but 20 alerts and 0 gaps"
    ]


def test_a_filter_that_answered_for_none_is_missed() -> None:
    whole = entry(0, 20)
    (found,) = said([replace(whole, filters=2)])
    assert "1 of 2 filters answered (worker one, batch 0)" in found
    assert said([replace(whole, filters=None)]) == []


def test_a_filter_that_only_could_not_judge_is_checked_too() -> None:
    whole = entry(0, 20)
    counts = replace(whole.counts, unknown={"other": {"faint": 17}})
    (found,) = said([replace(whole, counts=counts, filters=2)])
    assert "filter other answered for 17 of 18 alerts" in found


def test_an_entry_from_before_filters_were_counted_is_still_read() -> None:
    document = json.loads(entry(0, 20).encode())
    del document["filters"]
    assert read_entry(json.dumps(document).encode()) == replace(entry(0, 20), filters=None)


def test_a_filter_that_answered_for_too_few_is_named() -> None:
    whole = entry(0, 20)
    found = said([replace(whole, counts=replace(whole.counts, selected={"bright": 8}))])
    assert found == [
        "survey/0 offset 0: filter bright answered for 17 of 18 alerts (worker one, batch 0)"
    ]
