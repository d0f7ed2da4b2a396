"""A line's slope and a change of state are found where they are, and not in noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from filters.handmade import Epoch, handmade
from lake.patterns.changes import change_of, trend_of
from lake.patterns.points import Points, points_of
from schemas.batch import Floats


def drawn(seed: int, count: int = 200) -> tuple[np.random.Generator, Floats]:
    random = np.random.default_rng(seed)
    return random, np.sort(random.uniform(60_000, 60_800, count))


def points(mjd: Floats, flux: Floats) -> Points:
    band = (np.arange(len(mjd)) % 2).astype(np.int8)
    return Points(mjd, band, flux + 300.0 * band, np.full(len(mjd), 10.0))


def test_a_slope_is_that_of_the_line_whatever_the_bands_levels() -> None:
    random, mjd = drawn(1)
    found = trend_of(points(mjd, 50 * (mjd - 60_000) / 365.25 + random.normal(0, 10, len(mjd))))
    assert found.trend_njy_per_year == pytest.approx(50, abs=5)
    assert found.trend_sigmas > 20


def test_a_star_that_starts_to_vary_is_dated() -> None:
    random, mjd = drawn(2)
    spread = np.where(mjd > 60_500, 100, 10)
    found = change_of(points(mjd, random.normal(0, 1, len(mjd)) * spread))
    assert found.change_mjd == pytest.approx(60_500, abs=20)
    assert found.change_scatter_ratio == pytest.approx(10, rel=0.3)
    assert found.change_score > 100


def test_a_nucleus_that_turns_on_is_dated_and_its_rise_is_told() -> None:
    random, mjd = drawn(3)
    found = change_of(points(mjd, random.normal(0, 10, len(mjd)) + 80 * (mjd > 60_300)))
    assert found.change_mjd == pytest.approx(60_300, abs=20)
    assert found.change_level_sigmas == pytest.approx(8, rel=0.2)


def test_noise_seldom_scores_as_a_change_does() -> None:
    scores = []
    for seed in range(100):
        random, mjd = drawn(100 + seed, 100)
        scores.append(change_of(points(mjd, random.normal(0, 10, len(mjd)))).change_score)
    assert np.quantile(scores, 0.99) < 30


def test_too_few_points_say_nothing() -> None:
    _, mjd = drawn(4, 10)
    assert np.isnan(change_of(points(mjd, mjd)).change_score)
    assert np.isnan(trend_of(points(mjd, mjd)).trend_sigmas)


def test_a_limit_is_no_flux_within_what_it_says() -> None:
    curve = [Epoch(60_000.0, "g", limit_mag=20.0), Epoch(60_001.0, "r", 3_000.0, 100.0)]
    found = points_of(handmade(light_curve=[curve]).light_curve)
    assert found.flux_njy.tolist() == [0.0, 3_000.0]
    assert found.flux_err_njy == pytest.approx([36_308 / 5, np.hypot(100, 60)], rel=1e-3)
    assert found.measured.flux_njy.tolist() == [3_000.0]
    wrong = [Epoch(60_000.0, "g", limit_mag=-999.0), Epoch(60_001.0, "r", 3_000.0, 1e200)]
    assert len(points_of(handmade(light_curve=[wrong]).light_curve).mjd) == 0
    unknown = replace(handmade(light_curve=[curve]).light_curve, band=np.array([-1, -1], np.int8))
    assert len(points_of(unknown).mjd) == 0
