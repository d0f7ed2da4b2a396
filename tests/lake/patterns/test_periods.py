"""Periods are found at their whole length, in several bands together, and not in noise."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from lake.patterns.periods import HARMONICS, PeriodLimits, _power, chance_of, period_of
from lake.patterns.points import Points
from schemas.batch import Floats

SPAN_DAYS = 300.0

pytest.importorskip("nifty_ls")


def nights(random: np.random.Generator, count: int) -> Floats:
    """Of a survey: a few a week, within some hours of the same time."""
    night = np.sort(random.choice(int(SPAN_DAYS), count, replace=False))
    return np.asarray(60_000 + night + random.uniform(0.1, 0.4, count))


def points(shape: Floats, mjd: Floats, random: np.random.Generator, noise: float) -> Points:
    """Every other point in another band, half as bright and on another level."""
    band = (np.arange(len(mjd)) % 2).astype(np.int8)
    flux = np.where(band == 0, shape, 0.5 * shape + 700)
    err = np.full(len(mjd), float(noise))
    return Points(mjd, band, flux + random.normal(0, noise, len(mjd)), err)


def sine(period: float, seed: int, noise: float = 20, count: int = 120) -> Points:
    random = np.random.default_rng(seed)
    mjd = nights(random, count)
    return points(100 * np.sin(2 * np.pi * mjd / period), mjd, random, noise)


def eclipses(period: float, seed: int) -> Points:
    """Two broad minima a period, one half as deep."""
    random = np.random.default_rng(seed)
    mjd = nights(random, 160)
    phase = mjd / period % 1
    deep = np.exp(-0.5 * ((phase - 0.25) / 0.12) ** 2)
    shallow = np.exp(-0.5 * ((phase - 0.75) / 0.12) ** 2)
    return points(-200 * deep - 100 * shallow, mjd, random, 5)


@pytest.mark.parametrize("period", [0.37, 0.57, 3.3, 41.0])
def test_a_sine_is_found_at_its_own_period_and_not_at_twice_that(period: float) -> None:
    found = period_of(sine(period, seed=1))
    assert found.period_days == pytest.approx(period, rel=0.01)
    assert found.period_false_alarm < 1e-6
    assert found.alias_power < found.period_power


def test_broad_eclipses_that_are_unlike_are_found_at_the_whole_period() -> None:
    assert period_of(eclipses(2.7, seed=2)).period_days == pytest.approx(2.7, rel=0.01)


def test_the_alias_that_nightly_sampling_makes_is_told() -> None:
    found = period_of(sine(0.57, seed=3))
    own, other = 1 / found.period_days, 1 / found.alias_days
    assert min(abs(one - round(one)) for one in (own - other, own + other)) < 0.02


def test_noise_has_no_period() -> None:
    random = np.random.default_rng(4)
    for _ in range(25):
        mjd = nights(random, 60)
        assert np.isnan(period_of(points(np.zeros(60), mjd, random, 50)).period_days)


def test_what_rises_and_fades_once_has_no_period() -> None:
    random = np.random.default_rng(5)
    mjd = nights(random, 120)
    shape = 5_000 * np.exp(-0.5 * ((mjd - 60_150) / 30) ** 2)
    assert np.isnan(period_of(points(shape, mjd, random, 50)).period_days)


def test_what_rises_for_all_nights_has_no_period_near_a_day() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        mjd = nights(random, 60)
        found = period_of(points(5 * (mjd - 60_150), mjd, random, 50))
        assert np.isnan(found.period_days)


def test_too_few_points_say_nothing() -> None:
    assert np.isnan(period_of(sine(0.57, seed=6, count=15)).period_power)
    assert np.isnan(period_of(sine(0.57, 7), PeriodLimits(points_min=500)).period_power)


def test_what_is_always_seen_at_the_same_phase_ends_nothing() -> None:
    mjd = np.arange(60_000.0, 60_090.0, dtype=np.float64)
    for scale in (1e-3, 1.0, 1e6):
        random = np.random.default_rng(9)
        shape = random.normal(0, 3 * scale, 90)
        found = period_of(points(shape, mjd, random, scale))
        assert 0 <= found.period_power <= 1


def test_the_power_is_what_least_squares_of_each_band_explain() -> None:
    one = sine(0.57, seed=8, count=50)
    frequency = np.linspace(0.1, 3, 60)
    fast = _power(one, np.array([0, 1], np.int8), frequency)
    np.testing.assert_allclose(fast, [plain(one, each) for each in frequency], atol=1e-5)


def plain(one: Points, frequency: float) -> float:
    left = whole = 0.0
    for band in (0, 1):
        some = one.take(one.band == band)
        turns = 2 * np.pi * frequency * some.mjd
        waves = [f(k * turns) for k in range(1, HARMONICS + 1) for f in (np.sin, np.cos)]
        left += chi_squared(np.stack([np.ones_like(turns), *waves], axis=1), some)
        whole += chi_squared(np.ones((len(turns), 1)), some)
    return 1 - left / whole


def chi_squared(terms: NDArray[np.float64], some: Points) -> float:
    scaled = terms / some.flux_err_njy[:, None]
    wanted = some.flux_njy / some.flux_err_njy
    fit, *_ = np.linalg.lstsq(scaled, wanted, rcond=None)
    return float(np.sum((wanted - scaled @ fit) ** 2))


def test_the_chance_is_the_tail_of_a_beta_distribution() -> None:
    # 26 points in two bands leave 16 degrees of freedom beside 8: a beta distribution of 4 and 8.
    whole = sum(comb(11, k) * 0.3**k * 0.7 ** (11 - k) for k in range(4))
    assert chance_of(0.3, points=26, bands=2) == pytest.approx(whole)
    assert chance_of(0.0, 26, 2) == 1
    assert chance_of(1.0, 26, 2) == 0
