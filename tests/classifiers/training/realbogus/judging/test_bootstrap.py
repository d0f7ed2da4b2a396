"""Draws of field-nights and the intervals that come of them."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.training.realbogus.judging.bootstrap import (
    Measured,
    drawn,
    measured,
    measured_mean,
    numbered,
    over_seeds,
)


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


def test_field_nights_of_two_columns_share_their_numbers() -> None:
    left, right = numbered(np.array([70, 30]), np.array([30, 90, 70]))
    assert (left.tolist(), right.tolist()) == ([1, 0], [0, 2, 1])


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


def test_a_mean_s_error_is_the_textbook_s() -> None:
    column = np.random.default_rng(4).normal(size=(1, 400))
    found = measured_mean(column, np.arange(400), seed=5)
    assert found.value == pytest.approx(column.mean())
    assert found.error == pytest.approx(column.std() / 20, rel=0.1)
    assert not found.by_alert


def test_alerts_of_one_field_night_count_as_one_draw() -> None:
    column = np.repeat(np.random.default_rng(6).normal(size=(1, 30)), 20, axis=1)
    together = measured_mean(column, np.arange(600) // 20, seed=7)
    apart = measured_mean(column, np.arange(600), seed=7)
    assert together.error > 3 * apart.error


def test_of_few_field_nights_alerts_are_drawn_and_that_is_said() -> None:
    found = measured_mean(
        np.random.default_rng(8).normal(size=(1, 60)), np.arange(60) // 20, seed=9
    )
    assert found.by_alert and found.low < found.value < found.high


def test_a_difference_is_clear_from_two_errors_on() -> None:
    assert Measured(0.2, error=0.1).clear
    assert not Measured(0.19, error=0.1).clear
    assert not Measured(0.0, error=0.0).clear
    assert not Measured(1.0).clear
