"""The law of the quota: what is found is taken or left out, and what is left out is told once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.notices.outbox import ended
from services.notices.quota import Tally, hour_of

HOURS = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 9)), max_size=20)
"""How the clock moves, an hour back at most, and how many finds come then."""


@given(HOURS, st.integers(1, 6), st.integers(0, 12))
def test_what_was_taken_and_what_was_left_out_is_what_was_found(
    hours: list[tuple[int, int]], quota: int, room: int
) -> None:
    tally, hour, found, taken, told = Tally(500), 500, 0, 0, list[int]()
    by_hour: dict[int, int] = {}
    for step, finds in hours:
        hour += step
        tally, notices = ended("t", tally, hour)
        told += [one.said["left_out"] for one in notices]
        for _ in range(finds):
            before = tally.taken
            tally = tally.find(quota, has_room=room > taken)
            found, taken = found + 1, taken + tally.taken - before
            by_hour[tally.hour] = tally.taken
    assert taken + sum(told) + tally.left_out == found
    assert all(count <= quota for count in by_hour.values())
    assert 0 not in told


def test_an_hour_that_left_nothing_out_tells_nothing() -> None:
    assert ended("t", Tally(7, taken=3), 8) == (Tally(8), [])
    assert ended("t", None, hour_of(7 * 3_600.0)) == (Tally(7), [])


def test_what_was_given_up_is_told_as_undelivered_even_of_a_summary() -> None:
    _, (first,) = ended("t", Tally(7, 3, 37), 8)
    assert "37 more" in first.text
    _, (second,) = ended("t", Tally(8).give_up(first.finds), 9)
    assert second.said["undelivered"] == 37
    assert "37 of which a notice could not be delivered" in second.text
