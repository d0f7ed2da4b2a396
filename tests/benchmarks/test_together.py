"""Workers timed together: what counts is what was done once all had begun."""

from __future__ import annotations

import pytest

from benchmarks.together import Noted, joined

ONE = Noted([10, 10, 10], [1.0, 2.0, 3.0], [0.5, 1.0, 1.5], [5.0, 5.5, 6.0])
OTHER = Noted([5, 5, 5], [1.5, 2.5, 3.5], [0.1, 0.3, 0.5], [5.2, 5.8, 6.2])


def test_what_was_done_before_the_last_had_begun_is_left_out() -> None:
    lap = joined([ONE, OTHER])
    assert (lap.alerts, lap.seconds) == (30, 2.0)
    assert lap.cpu_seconds == pytest.approx(1.4)
    assert lap.server_cpu_seconds == pytest.approx(1.0)


def test_of_one_worker_all_but_the_first_batch_is_counted() -> None:
    assert joined([ONE])[:3] == (20, 2.0, 1.0)


def test_a_worker_that_was_given_nothing_is_a_fault() -> None:
    with pytest.raises(AssertionError, match="given nothing"):
        joined([ONE, Noted([], [], [], [])])
