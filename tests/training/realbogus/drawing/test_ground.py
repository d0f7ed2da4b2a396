"""Opening a stamp and emptying its centre: what is measured, what goes and what stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.realbogus.drawing.ground import (
    DIFFERENCE,
    SCIENCE,
    TEMPLATE,
    Ground,
    beside_host,
    cleaned,
    fwhm_of,
    opened,
)
from training.realbogus.drawing.point_sources import Psf, sampled

SIDES = (30, 31, 42, 63)
SKY, NOISE, TEMPLATE_NOISE = 200.0, 6.0, 1.5
HUGE = np.float32(3e38)


def planes(
    side: int = 63,
    sign: int = 1,
    *,
    source: float = 0.0,
    host: float = 0.0,
    fwhm: float = 2.2,
    stars: int = 0,
    seed: int = 0,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Science, template, difference: stars in both, a host at the centre, and a detection."""
    random = np.random.default_rng(seed)
    middle = (side - 1) / 2
    psf = Psf(fwhm)
    sky = random.normal(SKY, TEMPLATE_NOISE, (side, side))
    sky += host * sampled(psf, side, (middle, middle), 0.2)
    grain = random.normal(0.0, NOISE, (side, side))
    for row, column in _apart(side, stars, random):
        sky += random.uniform(5e3, 2e4) * sampled(psf, side, (row, column), 0.2)
    new = source * sampled(psf, side, (middle + 0.2, middle - 0.3), 0.2)
    science, template = sky + grain + new * (sign > 0), sky + new * (sign < 0)
    return np.stack([science, template, sign * (science - template)]).astype(np.float32)


def _apart(side: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Places of stars on a grid, off the centre, each shifted by part of a pixel."""
    grid = np.array([10, side // 2, side - 11])
    places = np.array([(y, x) for y in grid for x in grid if (y, x) != (side // 2, side // 2)])
    return places[:count] + random.uniform(-0.5, 0.5, (len(places[:count]), 2))


def ground_of(**how: float) -> Ground:
    """Those planes, opened."""
    return opened(planes(**how), int(how.get("sign", 1)), how.get("fwhm", 2.2))  # type: ignore[arg-type]


def middle_of(side: int, radius: float) -> np.ndarray:
    """Which pixels lie this near to the middle."""
    axis = np.arange(side) - (side - 1) / 2
    return np.asarray(np.hypot(axis[:, None], axis[None, :]) < radius)


@pytest.mark.parametrize("fwhm", [1.8, 2.0, 3.0, 5.0])
def test_the_blur_is_that_of_the_stars(fwhm: float) -> None:
    found = fwhm_of(planes(stars=8, fwhm=fwhm, source=9e4))
    assert found == pytest.approx(fwhm, rel=0.06)


def test_a_stamp_without_stars_has_no_blur_of_its_own() -> None:
    assert np.isnan(fwhm_of(planes(source=5000.0)))
    assert ground_of(fwhm=3.3).fwhm_pixels == 3.3


@pytest.mark.parametrize("side", SIDES)
def test_holes_and_impossible_pixels_do_not_move_sky_and_noise(side: int) -> None:
    stamps = planes(side, stars=4)
    clean = opened(stamps, 1, 2.2)
    stamps[:, :4] = np.nan
    stamps[:, 5, 5:9] = HUGE, -HUGE, 1e30, np.inf
    spoilt = opened(stamps, 1, 2.2)
    np.testing.assert_allclose(spoilt.sky, clean.sky, atol=2.0)
    np.testing.assert_allclose(spoilt.noise, [NOISE, TEMPLATE_NOISE, NOISE], rtol=0.2)


def test_a_plane_without_pixels_has_neither_sky_nor_noise() -> None:
    empty = np.full((3, 30, 30), np.nan, np.float32)
    ground = opened(empty, 1, 4.0)
    assert np.isnan(ground.sky).all()
    assert np.isnan(ground.noise).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("source", [300.0, 3e3, 1e5])
def test_a_source_at_the_centre_goes(side: int, sign: int, source: float) -> None:
    quiet_photons = 1e9
    ground = opened(planes(side, sign, source=source), sign, 2.2, quiet_photons)
    empty = cleaned(ground, np.random.default_rng(1))
    centre = middle_of(side, 5.0)
    left = empty.planes[DIFFERENCE][centre]
    assert abs(left.mean()) < 5 * NOISE / np.sqrt(centre.sum())
    assert left.std() == pytest.approx(NOISE, rel=0.35)


@pytest.mark.parametrize("sign", [1, -1])
def test_science_loses_what_the_difference_loses_and_the_template_stays(sign: int) -> None:
    ground = ground_of(sign=sign, source=4e3, host=2e4, stars=5)
    empty = cleaned(ground, np.random.default_rng(2))
    change = empty.planes.astype(np.float64) - ground.planes
    np.testing.assert_array_equal(change[TEMPLATE], 0.0)
    np.testing.assert_allclose(change[SCIENCE], sign * change[DIFFERENCE], atol=0.01)
    assert np.abs(change[:, ~middle_of(ground.side, 22.0)]).max() == 0


def test_a_hit_that_science_shows_sharper_than_the_difference_goes_from_both() -> None:
    stamps = planes()
    stamps[SCIENCE, 31, 31] += 3000
    stamps[DIFFERENCE, 31, 31] += 2400
    stamps[DIFFERENCE, 31, [29, 33]] -= 200
    empty = cleaned(opened(stamps, 1, 2.2), np.random.default_rng(3))
    assert abs(empty.planes[SCIENCE, 31, 31] - SKY) < 6 * NOISE


@given(seed=st.integers(0, 2**32 - 1), side=st.sampled_from(SIDES))
def test_no_pixel_comes_or_goes(seed: int, side: int) -> None:
    random = np.random.default_rng(seed)
    stamps = planes(side, source=2e3, seed=seed)
    stamps[random.uniform(size=stamps.shape) < 0.05] = np.nan
    stamps[random.uniform(size=stamps.shape) < 0.01] = HUGE
    ground = opened(stamps, 1, 2.2)
    empty = cleaned(ground, np.random.default_rng(seed))
    np.testing.assert_array_equal(np.isnan(empty.planes), np.isnan(stamps))
    np.testing.assert_array_equal(empty.planes == HUGE, stamps == HUGE)


def test_the_same_seed_empties_alike_and_leaves_the_alert_untouched() -> None:
    ground = ground_of(source=2e3, stars=3)
    before = ground.planes.copy()
    once, again = (cleaned(ground, np.random.default_rng(5)).planes for _ in range(2))
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(ground.planes, before)
    assert (once != cleaned(ground, np.random.default_rng(6)).planes).any()


def test_a_host_near_the_centre_can_be_moved_there() -> None:
    stamps = planes()
    for plane in (SCIENCE, TEMPLATE):
        stamps[plane] += (2e4 * sampled(Psf(2.2), 63, (37.0, 24.0), 0.2)).astype(np.float32)
    moved = beside_host(opened(stamps, 1, 2.2), np.random.default_rng(4)).planes
    peak = np.array(np.unravel_index(np.nanargmax(moved[TEMPLATE]), (63, 63)))
    assert np.hypot(*(peak - 31)) < 5
    np.testing.assert_allclose(moved[DIFFERENCE], moved[SCIENCE] - moved[TEMPLATE], atol=0.01)


def test_without_a_host_nothing_moves() -> None:
    ground = ground_of()
    assert beside_host(ground, np.random.default_rng(0)) is ground
