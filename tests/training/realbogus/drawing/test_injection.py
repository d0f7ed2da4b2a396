"""Injected sources: no mark of the drawing, the strength asked for, planes that belong together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.realbogus.drawing.test_ground import HUGE, NOISE, SIDES, ground_of
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE, Ground
from training.realbogus.drawing.injection import SNR_MAX, SNR_MIN, draw_snr, inject
from training.realbogus.drawing.point_sources import Psf, sampled

FWHM = 2.2


def fitted_snr(stamps: NDArray[np.float32], ground: Ground) -> float:
    """Of a point source at the middle of the difference, by the least squares of its flux."""
    middle = (ground.side - 1) / 2
    profile = sampled(Psf(ground.fwhm_pixels), ground.side, (middle, middle), 0.2)
    weight = float((profile**2).sum())
    light = stamps[DIFFERENCE] - ground.sky[DIFFERENCE]
    flux = float((light * profile).sum()) / weight
    photons = max(flux, 0.0) * float((profile**3).sum()) / weight**2 / ground.gain
    return flux / float(np.sqrt(ground.noise[DIFFERENCE] ** 2 / weight + photons))


@given(seed=st.integers(0, 2**32 - 1), side=st.sampled_from(SIDES), sign=st.sampled_from([1, -1]))
def test_a_source_of_no_strength_leaves_every_pixel_as_it_was(
    seed: int, side: int, sign: int
) -> None:
    ground = ground_of(side=side, sign=sign, source=900.0, seed=seed)
    drawn = inject(ground, np.random.default_rng(seed), 0.0, negative=sign < 0)
    np.testing.assert_array_equal(drawn, ground.planes)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("snr", [7.0, 30.0, 200.0])
@pytest.mark.parametrize("side", SIDES)
def test_a_source_is_as_strong_as_asked(side: int, snr: float, negative: bool) -> None:
    found = []
    for seed in range(60):
        ground = ground_of(side=side, seed=seed, fwhm=FWHM)
        drawn = inject(ground, np.random.default_rng(seed), snr, negative=negative)
        found.append(fitted_snr(drawn, ground))
    assert np.median(found) == pytest.approx(snr, rel=0.15)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("negative", [False, True])
def test_the_difference_gets_what_its_parent_gets(sign: int, negative: bool) -> None:
    ground = ground_of(sign=sign)
    drawn = inject(ground, np.random.default_rng(0), 100.0, negative=negative)
    empty = inject(ground, np.random.default_rng(0), 0.0, negative=negative)
    change = (drawn - empty).astype(np.float64)
    changed, same = (TEMPLATE, SCIENCE) if negative else (SCIENCE, TEMPLATE)
    assert not change[same].any()
    assert change[DIFFERENCE].sum() == pytest.approx(change[changed].sum(), rel=0.02)
    assert change[DIFFERENCE, 31, 31] > 5 * NOISE
    if not negative:
        unlike = np.abs(change[DIFFERENCE] - change[SCIENCE]).max()
        assert unlike < 0.15 * change[SCIENCE].max()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("negative", [False, True])
def test_the_difference_is_positive_where_the_source_is(sign: int, negative: bool) -> None:
    ground = ground_of(sign=sign)
    drawn = inject(ground, np.random.default_rng(1), 60.0, negative=negative).astype(np.float64)
    subtracted = (drawn[SCIENCE] - drawn[TEMPLATE]) * (-1 if negative else 1)
    away = np.hypot(*(np.indices((63, 63)) - 31)) > 8
    np.testing.assert_allclose(drawn[DIFFERENCE][away], subtracted[away], atol=0.5)
    assert drawn[DIFFERENCE, 31, 31] > 10 * NOISE


def test_the_offset_moves_it_down_and_right() -> None:
    ground = ground_of()
    drawn = inject(ground, np.random.default_rng(2), 300.0, (2.0, -1.0))
    light = drawn[DIFFERENCE] - ground.planes[DIFFERENCE]
    rows, columns = np.indices(light.shape)
    assert (rows * light).sum() / light.sum() == pytest.approx(33.0, abs=0.3)
    assert (columns * light).sum() / light.sum() == pytest.approx(30.0, abs=0.3)


@given(seed=st.integers(0, 2**32 - 1), side=st.sampled_from(SIDES), negative=st.booleans())
def test_holes_stay_holes_and_impossible_pixels_break_nothing(
    seed: int, side: int, negative: bool
) -> None:
    ground, random = ground_of(side=side, seed=seed), np.random.default_rng(seed)
    ground.planes[random.uniform(size=ground.planes.shape) < 0.05] = np.nan
    ground.planes[random.uniform(size=ground.planes.shape) < 0.01] = HUGE
    drawn = inject(ground, random, draw_snr(random), negative=negative)
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(drawn), np.isnan(ground.planes))
    np.testing.assert_array_equal(np.abs(drawn) == HUGE, ground.planes == HUGE)


def test_the_same_seed_draws_the_same_source_and_keeps_the_ground() -> None:
    ground = ground_of(stars=3)
    before = ground.planes.copy()
    once, again = (inject(ground, np.random.default_rng(3), 20.0) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(ground.planes, before)


def test_most_sources_are_faint_and_some_are_bright() -> None:
    random = np.random.default_rng(4)
    snr = np.array([draw_snr(random) for _ in range(4000)])
    assert snr.min() >= SNR_MIN
    assert snr.max() <= SNR_MAX
    assert 8 < np.median(snr) < 14
    assert 0.1 < (snr > 50).mean() < 0.25
