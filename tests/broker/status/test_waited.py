"""The times not served, held to a plain count of seconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broker.status.waited import TIMES_MAX, WAIT_S_MAX, WINDOW_S, Waits

DAY_S = int(WINDOW_S)
STEPS = st.lists(st.tuples(st.integers(1, 4_000), st.integers(0, 9_000)), max_size=60)


@given(STEPS)
def test_each_second_in_which_an_alert_waited_too_long_counts_once(
    steps: list[tuple[int, int]],
) -> None:
    waits, now, seconds = Waits(), 10 * DAY_S, set[int]()
    for later, ago in steps:
        now += later
        waits.committed(float(now), float(now - ago))
        seconds |= {*range(now - ago + int(WAIT_S_MAX), now)}
    assert all(one[1] < two[0] for one, two in zip(waits.times, waits.times[1:], strict=False))
    counted = {each for begin, end in waits.times for each in range(int(begin), int(end))}
    recent = {each for each in seconds if each >= now - DAY_S}
    assert recent <= counted <= seconds


def test_what_is_served_in_time_leaves_nothing() -> None:
    waits = Waits()
    waits.committed(1_000_000.0, 1_000_000.0 - WAIT_S_MAX)
    assert waits.times == ()


def test_no_more_than_a_day_of_an_outage_is_told() -> None:
    waits = Waits()
    waits.committed(1e9, 0.0)
    assert waits.times == ((1e9 - WINDOW_S, 1e9),)


def test_times_kept_have_a_bound() -> None:
    waits = Waits()
    for number in range(2 * TIMES_MAX):
        waits.committed(1e9 + 10 * number, 1e9 + 10 * number - WAIT_S_MAX - 1)
    assert len(waits.times) == TIMES_MAX
