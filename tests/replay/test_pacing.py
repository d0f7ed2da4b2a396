"""When packets are due, on a clock that moves only when told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clock import ManualClock
from replay.exposures_invented import ALERTS_PER_EXPOSURE, EXPOSURE_SPACING_S
from replay.invention import invent
from replay.kinds import Kind
from replay.pacing import Due, at_own_pace, in_time, steady
from schemas.decode import Decoder
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


def test_a_night_played_at_its_own_pace_keeps_its_exposures_apart() -> None:
    night = list(invent(ALERTS_PER_EXPOSURE + 3, seed=1, mix={Kind.ASTEROID: 1}))[-6:]
    packets = [one.packet for one in night]
    dues = [due.due_s for due in at_own_pace(packets, factor=10, decoder=Decoder())]
    assert dues[:3] == [0, 0, 0]
    assert dues[3:] == pytest.approx([EXPOSURE_SPACING_S / 10] * 3, abs=1e-3)


def test_a_packet_out_of_order_or_broken_goes_with_the_one_before_it() -> None:
    night = [
        next(iter(invent(1, seed=1, night_jd=2461000.5 + minutes / 1440))).packet
        for minutes in (5, 0, 6)
    ]
    packets = [b"broken", night[0], b"broken", night[1], night[2]]
    dues = [due.due_s for due in at_own_pace(packets, factor=1, decoder=Decoder())]
    assert dues == pytest.approx([0, 0, 0, 0, 60], abs=1e-3)


@pytest.mark.parametrize("factor", [0, -2, math.nan])
def test_a_pace_that_never_ends_is_refused(factor: float) -> None:
    with pytest.raises(ArchiveError, match="factor"):
        next(at_own_pace([b""], factor=factor, decoder=Decoder()))
