"""Draws and the intervals that come of them."""

from __future__ import annotations

import numpy as np
import pytest

from training.bootstrap import Measured, drawn, measured, over_seeds


def test_the_first_row_is_the_sample_and_each_draw_keeps_a_stratum_s_size() -> None:
    strata = np.array([0, 1, 1, 0, 1, 2])
    weights = drawn(strata, np.random.default_rng(1), rounds=50)
    assert (weights[0] == 1).all()
    for one in range(3):
        assert (weights[:, strata == one].sum(axis=1) == (strata == one).sum()).all()
    assert len(np.unique(weights, axis=0)) > 15


def test_one_seed_gives_one_set_of_draws() -> None:
    first, again = (drawn(np.zeros(9, np.int64), np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_seeds_are_drawn_as_well_but_not_for_the_figure_itself() -> None:
    figures = np.repeat([[0.0], [1.0]], 1001, axis=1)
    mean = over_seeds(figures, np.random.default_rng(3))
    assert mean[0] == 0.5
    assert set(np.unique(mean[1:])) == {0.0, 0.5, 1.0}


def test_rounds_without_a_side_are_passed_over() -> None:
    figures = np.array([0.5, *np.linspace(0, 1, 401), *[np.nan] * 50])
    found = measured(figures, by_alert=False)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))
    assert np.isnan(measured(figures[:50], by_alert=False).low)


def test_a_difference_is_clear_from_two_errors_on() -> None:
    assert Measured(0.2, error=0.1).clear
    assert not Measured(0.19, error=0.1).clear
    assert not Measured(0.0, error=0.0).clear
    assert not Measured(1.0).clear
