"""When packets are due, on a clock that moves only when told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clock import ManualClock
from replay.pacing import Due, in_time, steady
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
