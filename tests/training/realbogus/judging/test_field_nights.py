"""Draws of field-nights and the intervals that come of them."""

from __future__ import annotations

import numpy as np
import pytest

from training.realbogus.judging.contest import measured_mean, numbered


def test_field_nights_of_two_columns_share_their_numbers() -> None:
    left, right = numbered(np.array([70, 30]), np.array([30, 90, 70]))
    assert (left.tolist(), right.tolist()) == ([1, 0], [0, 2, 1])


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
