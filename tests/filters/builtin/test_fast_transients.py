"""Fast transients: rising from a detection or a limit, fading from a peak, or not known."""

from __future__ import annotations

import pytest

from filters.builtin.fast_transients import fast_transients
from filters.handmade import Epoch
from tests.filters.builtin.making import FLUX, NOW, batch_of


@pytest.mark.parametrize(
    "history",
    [
        [Epoch(NOW - 2, "r", FLUX / 4)],
        [Epoch(NOW - 2, "r", limit_mag=21.5)],
        [Epoch(NOW - 3, "r", FLUX / 2), Epoch(NOW - 1, "r", 2 * FLUX)],
    ],
)
def test_a_rise_a_rise_from_darkness_and_a_fading_are_fast(history: list[Epoch]) -> None:
    assert fast_transients.judge(batch_of({"history": history})).selected.all()


def test_a_slow_source_is_refused_and_one_with_no_earlier_epoch_is_unknown() -> None:
    slow = {"history": [Epoch(NOW - 2, "r", 0.95 * FLUX)]}
    of_another_band = {"history": [Epoch(NOW - 2, "g", FLUX), Epoch(NOW - 0.1, "r", 2 * FLUX)]}
    decision = fast_transients.judge(batch_of(slow, of_another_band))
    assert decision.refused_by["fast"] == 1
    assert decision.unknown_by["fast"] == 1
