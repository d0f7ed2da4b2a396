"""What swings without keeping time is told from what wanders, by likelihoods as NumPy has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.swings import seen, walked
from lake.patterns.oscillator import log_likelihood
from lake.patterns.periods import PeriodLimits, period_of
from lake.patterns.points import Points
from lake.patterns.wandering import SwingLimits, joined, swing_of

POINTS, SPAN_DAYS = 120, 800.0
SURE = PeriodLimits(false_alarm_max=1.0)
"""The strongest, sure or not."""


def times(random: np.random.Generator, count: int = POINTS) -> Points:
    """Of a survey: two bands in turn, gaps between."""
    night = np.sort(random.choice(int(SPAN_DAYS), count, replace=False))
    mjd = 60_000 + night + random.uniform(0.1, 0.4, count)
    band = (np.arange(count) % 2).astype(np.int8)
    return Points(mjd, band, np.zeros(count), np.ones(count))


def drawn(seed: int, memory: float, frequency: float, amplitude: float = 4.0) -> Points:
    random = np.random.default_rng(seed)
    at = times(random)
    return seen(at, walked(at.mjd, memory, frequency, random), amplitude, random)


def plainly(curve: tuple[np.ndarray, ...], model: np.ndarray) -> float:
    """By the whole covariance at once."""
    days, flux, variance = curve
    signal, memory, frequency = np.exp(model)
    apart = np.abs(days[:, None] - days)
    kernel = signal * np.exp(-apart / memory) * np.cos(2 * np.pi * frequency * apart)
    whole = kernel + np.diag(variance)
    return float(-0.5 * (flux @ np.linalg.solve(whole, flux) + np.linalg.slogdet(whole)[1]))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 99),
    st.floats(0.1, 5.0),
    st.floats(1.0, 500.0),
    st.one_of(st.just(0.0), st.floats(1e-3, 0.3)),
)
def test_the_filter_says_what_the_whole_covariance_says(
    seed: int, signal: float, memory: float, frequency: float
) -> None:
    curve = joined(drawn(seed, 30.0, 0.0))
    with np.errstate(divide="ignore"):
        model = np.log([signal, memory, frequency])
    assert np.isclose(log_likelihood(*curve, model), plainly(curve, model), rtol=1e-8)


def test_two_points_of_one_instant_are_two_looks_at_one_state() -> None:
    curve = joined(drawn(1, 30.0, 0.0))
    curve = curve._replace(days=np.floor(curve.days / 10) * 10)
    model = np.log([1.0, 30.0, 0.02])
    assert np.isclose(log_likelihood(*curve, model), plainly(curve, model), rtol=1e-8)


@pytest.mark.parametrize(("period", "quality"), [(25.0, 10.0), (80.0, 10.0), (40.0, 30.0)])
def test_what_swings_for_some_cycles_has_its_quasi_period(period: float, quality: float) -> None:
    found = [swing_of(drawn(one, quality * period / np.pi, 1 / period)) for one in range(5)]
    told = [one.quasi_period_days for one in found]
    assert np.sum(np.abs(np.array(told) / period - 1) < 0.15) >= 4


def test_red_noise_has_none_and_its_memory_is_told() -> None:
    found = [swing_of(drawn(one, 40.0, 0.0)) for one in range(25)]
    assert np.isnan([one.quasi_period_days for one in found]).all()
    assert 20 < np.median([one.wander_days for one in found]) < 80


@pytest.mark.parametrize("period", [0.57, 9.0, 60.0])
def test_what_keeps_time_is_likelier_than_a_walk_at_its_period_alone(period: float) -> None:
    random = np.random.default_rng(2)
    at = times(random)
    star = seen(at, 1.4 * np.sin(2 * np.pi * at.mjd / period), 4.0, random)
    found = swing_of(star, period)
    assert found.wander_score < -100 and np.isnan(found.quasi_period_days)


def test_red_noise_beats_the_best_period_there_is() -> None:
    pytest.importorskip("nifty_ls")
    for one in range(5):
        points = drawn(one, 10.0, 0.0)
        assert swing_of(points, period_of(points, SURE).period_days).wander_score > 0


def test_what_is_still_or_seldom_seen_has_nothing() -> None:
    still = drawn(3, 40.0, 0.05, amplitude=0.0)
    assert np.isnan(swing_of(still)).all()
    few = drawn(4, 40.0, 0.05)
    few = few.take(np.arange(POINTS) < SwingLimits().points_min - 1)
    assert np.isnan(swing_of(few)).all()


def test_neither_level_nor_unit_of_a_band_matters() -> None:
    points = drawn(5, 40.0, 0.04)
    times_of = np.where(points.band == 0, 7.0, 300.0)
    other = Points(
        points.mjd + 100,
        points.band,
        times_of * points.flux_njy + 1e3 * times_of,
        times_of * points.flux_err_njy,
    )
    assert np.allclose(swing_of(points), swing_of(other), rtol=1e-4)
