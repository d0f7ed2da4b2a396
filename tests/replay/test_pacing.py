"""When packets are due, on a clock that moves only when told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clock import ManualClock
from replay.pacing import Due, bursts, cadence, in_time, steady
from schemas.errors import ArchiveError


def test_a_steady_rate_spaces_items_evenly_from_the_start() -> None:
    assert [due.due_s for due in steady("abcd", rate_per_s=4)] == [0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_a_rate_that_sends_nothing_is_refused(rate: float) -> None:
    with pytest.raises(ArchiveError, match="rate"):
        next(steady("a", rate_per_s=rate))


@given(
    st.lists(st.floats(0, 100), max_size=30).map(sorted),
    st.integers(1, 7),
)
@settings(max_examples=50)
def test_every_item_comes_once_in_order_never_early_and_on_a_free_clock_never_late(
    dues: list[float], together_max: int
) -> None:
    clock = ManualClock()
    items = [Due(due_s, number) for number, due_s in enumerate(dues)]
    came: list[tuple[int, float]] = []
    for group in in_time(items, clock, together_max=together_max):
        assert 0 < len(group) <= together_max
        came += [(number, clock.monotonic_s()) for number in group]
    assert [number for number, _ in came] == list(range(len(dues)))
    for number, at_s in came:
        assert at_s == pytest.approx(dues[number], abs=1e-6)


def test_items_that_are_late_go_together_and_at_once() -> None:
    clock = ManualClock()
    groups = in_time(steady("abcdefgh", rate_per_s=1), clock, together_max=3)
    assert next(groups) == ["a"]
    clock.advance(5.5)
    assert [next(groups), next(groups)] == [["b", "c", "d"], ["e", "f"]]
    assert clock.monotonic_s() == 5.5
    assert next(groups) == ["g"]
    assert clock.monotonic_s() == 6.0


@given(st.lists(st.floats(0, 100), max_size=30).map(sorted), st.integers(1, 7), st.floats(0.1, 9))
@settings(max_examples=50)
def test_within_a_window_none_is_early_and_none_is_later_than_its_end(
    dues: list[float], together_max: int, window_s: float
) -> None:
    clock = ManualClock()
    items = [Due(due_s, number) for number, due_s in enumerate(dues)]
    came: list[tuple[int, float]] = []
    for group in in_time(items, clock, together_max=together_max, window_s=window_s):
        came += [(number, clock.monotonic_s()) for number in group]
    assert [number for number, _ in came] == list(range(len(dues)))
    for number, at_s in came:
        assert dues[number] - 1e-6 <= at_s <= dues[number] + window_s + 1e-6


def test_bursts_come_in_turn_and_begin_again() -> None:
    dues = [due.due_s for due in bursts(range(9), sizes=[2, 3], every_s=39)]
    assert dues == [0, 0, 39, 39, 39, 78, 78, 117, 117]


@pytest.mark.parametrize("sizes", [[], [0], [3, -1]])
def test_bursts_of_nothing_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ArchiveError, match="bursts"):
        next(bursts("a", sizes=sizes, every_s=39))


def test_a_cadence_keeps_the_gaps_so_many_times_shorter_and_never_goes_back() -> None:
    items = [(math.nan, 0), (1000.0, 1), (1030.0, 2), (1020.0, 3), (math.nan, 4), (1100.0, 5)]
    dues = [due.due_s for due in cadence(items, factor=10)]
    assert dues == [0, 0, 3, 3, 3, 10]


@pytest.mark.parametrize("factor", [0, -1, math.nan])
def test_a_pace_that_sends_nothing_is_refused(factor: float) -> None:
    with pytest.raises(ArchiveError, match="pace"):
        next(cadence([(0.0, "a")], factor=factor))
