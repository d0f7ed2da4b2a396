"""Curves against plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.realbogus.pictures.curves import RATES, medians, passing, roc, wilson


def counted(real: np.ndarray, score: np.ndarray, rate: float) -> float:
    """The best share of real ones over all thresholds that pass at most `rate` of the others."""
    cuts = [*np.unique(score), np.inf]
    allowed = [cut for cut in cuts if (score[~real] >= cut).mean() <= rate + 1e-9]
    return max(float((score[real] >= cut).mean()) for cut in allowed)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 9), st.floats(0.01, 1))
def test_a_curve_is_what_counting_over_all_thresholds_gives(
    seed: int, levels: int, rate: float
) -> None:
    random = np.random.default_rng(seed)
    real = np.append(random.uniform(size=30) < 0.5, [True, False])
    score = random.integers(levels, size=32).astype(np.float64)
    share = passing(real, score, np.array([rate]), np.ones((1, 32)))
    assert share[0, 0] == pytest.approx(counted(real, score, rate))


def test_a_row_that_counts_twice_is_two_rows() -> None:
    random = np.random.default_rng(1)
    real, score = random.uniform(size=40) < 0.5, random.normal(size=40)
    times, rates = random.integers(3, size=40), np.linspace(0.1, 1, 7)
    weighted = passing(real, score, rates, times[None].astype(np.float64))
    repeated = passing(
        real.repeat(times), score.repeat(times), rates, np.ones((1, int(times.sum())))
    )
    np.testing.assert_allclose(weighted, repeated)


def test_a_perfect_score_passes_all_at_any_rate_in_every_draw() -> None:
    real = np.arange(60) % 2 == 0
    curve = roc(real, np.stack([real * 1.0] * 3), np.arange(60) // 4, seed=2)
    assert curve is not None
    assert curve.rates[0] == pytest.approx(1 / 30)
    for line in (curve.mean, curve.low, curve.high):
        np.testing.assert_array_equal(line, np.ones(RATES))


def test_alerts_of_one_field_night_widen_the_interval() -> None:
    random = np.random.default_rng(3)
    real = np.repeat(random.uniform(size=40) < 0.5, 10)
    score = np.repeat(random.normal(size=40), 10) + real
    widths = []
    for field_night in (np.arange(400), np.arange(400) // 10):
        curve = roc(real, score[None], field_night, seed=4)
        assert curve is not None
        widths.append((curve.high - curve.low).mean())
    assert widths[1] > 2 * widths[0]


def test_rows_without_a_score_take_no_part() -> None:
    real = np.array([True, False] * 20)
    score = np.where(real, 1.0, 0.0)
    score[:2] = np.nan
    curve = roc(real, np.stack([score, np.where(real, 2.0, 1.0)]), np.arange(40), seed=5)
    assert curve is not None
    assert curve.rates[0] == pytest.approx(1 / 19)
    assert curve.mean.min() == 1.0


@pytest.mark.parametrize("real", [True, False])
def test_one_side_alone_has_no_curve(real: bool) -> None:
    assert roc(np.full(5, real), np.zeros((1, 5)), np.arange(5), seed=6) is None


def test_an_interval_of_a_share_is_wilsons() -> None:
    ends = wilson(np.array([0.0, 0.5]), np.array([10.0, 10.0]))
    np.testing.assert_allclose(ends, [[0, 0.2366], [0.2775, 0.7634]], atol=1e-4)


def test_medians_are_of_equal_parts_by_rising_x() -> None:
    x = np.arange(12.0)[::-1]
    np.testing.assert_array_equal(medians(x, 2 * x, 3, 4), [[1.5, 5.5, 9.5], [3, 11, 19]])
    assert medians(x, x, 3, 13).shape == (2, 0)
    assert medians(x, x, 8, 5).shape == (2, 2)
