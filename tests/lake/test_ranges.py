"""Stretches of offsets join, never overlap, and say where to read on; numbers pack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.ranges import (
    Place,
    Source,
    Stretch,
    decoded,
    encoded,
    mark_of,
    packed,
    places,
    union,
    unpacked,
)
from schemas.errors import ArchiveError

ONE, OTHER = Source("enriched", 0, "first"), Source("enriched", 0, "second")

sources = st.builds(
    Source, st.sampled_from(["a", "b"]), st.integers(0, 2), st.sampled_from(["x", "y"])
)
cuts = st.dictionaries(
    sources, st.sets(st.integers(0, 40), min_size=2, max_size=8), min_size=1, max_size=4
)


def pieces(by_source: dict[Source, set[int]]) -> list[Stretch]:
    """Stretches that meet end to start, all offsets messages."""
    return [
        Stretch(source, begin, end, end - begin, flush)
        for source, ends in by_source.items()
        for flush, (begin, end) in enumerate(zip(sorted(ends), sorted(ends)[1:], strict=False), 1)
    ]


@given(by_source=cuts, random=st.randoms(use_true_random=False))
def test_pieces_in_any_order_are_one_stretch_a_partition(
    by_source: dict[Source, set[int]], random: object
) -> None:
    shuffled = pieces(by_source)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Random's
    whole = union(shuffled)
    assert {one.source: (one.start, one.end, one.consumed) for one in whole} == {
        source: (min(ends), max(ends), max(ends) - min(ends)) for source, ends in by_source.items()
    }
    assert union([*union(shuffled[: len(shuffled) // 2]), *shuffled[len(shuffled) // 2 :]]) == whole
    assert decoded(encoded(whole)) == whole


@given(by_source=cuts, data=st.data())
def test_an_offset_that_two_stretches_hold_is_named(
    by_source: dict[Source, set[int]], data: st.DataObject
) -> None:
    found = pieces(by_source)
    again = data.draw(st.sampled_from(found))
    with pytest.raises(ArchiveError, match=f"offset {again.start} of .* stands in two parts"):
        union([*found, again])


def test_reading_goes_on_in_the_life_that_was_read_last() -> None:
    found = places([Stretch(ONE, 0, 90, 90, 4), Stretch(OTHER, 0, 7, 7, 9)])
    assert found == {("enriched", 0): Place(7, "second")}


def test_a_beginning_further_on_is_gone_on_from() -> None:
    found = places([Stretch(ONE, 0, 90, 90, 4), Stretch(ONE, 120, 120, 0, 5)])
    assert found == {("enriched", 0): Place(120, "first")}


@given(numbers=st.frozensets(st.integers(0, 60)))
def test_numbers_come_back_from_what_they_were_packed_in(numbers: frozenset[int]) -> None:
    assert unpacked(packed(numbers)) == numbers


def test_runs_of_numbers_are_short() -> None:
    assert packed([5, 1, 2, 3]) == "1-3 5"
    assert packed([]) == ""


def test_the_name_is_the_same_for_who_begins_at_one_place_and_no_other() -> None:
    starts = {ONE: 3, OTHER: 4}
    assert mark_of(1, starts) == mark_of(1, dict(reversed(starts.items())))
    assert len({mark_of(1, starts), mark_of(2, starts), mark_of(1, {**starts, ONE: 4})}) == 3
