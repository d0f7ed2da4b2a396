"""Tests for the artefacts drawn for training: what each must leave alone, and what it must show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.realbogus.drawing.artefacts import (
    ARTEFACTS,
    LABEL_SHARES,
    Artefact,
    drawn,
)
from training.realbogus.drawing.artefacts.canvas import (
    blur,
    faced,
    filtered,
    laid,
    noise,
    scaled,
    subtraction,
    wandered,
)
from training.realbogus.drawing.artefacts.shapes import Place, deposits, shifted, star
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE, Ground
from training.realbogus.labels import BAD_PIXEL, LABELS, REAL, SATELLITE_TRAIL

SKY_COUNTS = (200.0, 150.0, 0.0)
NOISE_COUNTS = (6.0, 3.0, 5.0)
MASKING = {"bad_pixel: masked", "bad_pixel: saturated", "bad_pixel: edge"}
UNSCALED = {"bad_subtraction: nothing", "bad_pixel: huge"}
SHAPES = ((63, 2.0), (30, 5.0), (42, 9.0))
"""Side and FWHM, pixels: ZTF's, Rubin's."""

kinds = pytest.mark.parametrize("kind", ARTEFACTS.values(), ids=list(ARTEFACTS))
seeds = st.integers(0, 2**32 - 1)


def ground(seed: int, side: int = 63, fwhm: float = 2.0, sign: int = 1) -> Ground:
    """Sky, noise, a star off the centre in both parents, and a hole in a corner."""
    random = np.random.default_rng(seed)
    sky, sigma = np.array(SKY_COUNTS), np.array(NOISE_COUNTS)
    planes = sky[:, None, None] + sigma[:, None, None] * random.standard_normal((3, side, side))
    light = 3000 * star(side, Place(side * 0.2, side * 0.3), fwhm)
    planes[:2] += light
    planes[:, :4, -5:] = np.nan
    return Ground(planes.astype(np.float32), fwhm, sky, sigma, sign)


def grounds(seed: int = 1) -> Iterator[Ground]:
    """Of both surveys' sizes and both signs."""
    for (side, fwhm), sign in product(SHAPES, (1, -1)):
        yield ground(seed, side, fwhm, sign)


def turned(before: Ground, after: np.ndarray) -> bool:
    """Whether the difference is the ground's turned over, told by its corner."""
    corner = np.s_[-3:, :3]
    return not np.array_equal(after[DIFFERENCE][corner], before.planes[DIFFERENCE][corner])


@kinds
def test_every_kind_is_drawn_on_stamps_of_both_surveys_and_both_signs(kind: Artefact) -> None:
    """Shape and type are the ground's, and the ground itself is left as it was."""
    for one in grounds():
        before = one.planes.copy()
        stamps = kind.draw(one, np.random.default_rng(5))
        assert stamps.shape == before.shape
        assert stamps.dtype == np.float32
        assert np.array_equal(one.planes, before, equal_nan=True)


@kinds
@settings(max_examples=10)
@given(seed=seeds, sign=st.sampled_from([1, -1]))
def test_an_artefact_of_no_strength_changes_no_pixel(kind: Artefact, seed: int, sign: int) -> None:
    """Only the difference may be turned over, as a whole."""
    one = ground(seed % 7, sign=sign)
    stamps = kind.draw(one, np.random.default_rng(seed), snr=0.0)
    expected = one.planes.copy()
    if turned(one, stamps):
        expected[DIFFERENCE] *= -1
    assert np.array_equal(stamps, expected, equal_nan=True)


@kinds
def test_the_same_seed_draws_the_same_artefact(kind: Artefact) -> None:
    """And another seed another one."""
    one = ground(2)
    first, again, other = (kind.draw(one, np.random.default_rng(seed)) for seed in (8, 8, 9))
    assert np.array_equal(first, again, equal_nan=True)
    assert kind.name in UNSCALED or not np.array_equal(first, other, equal_nan=True)


@kinds
def test_pixels_that_are_not_there_stay_away(kind: Artefact) -> None:
    """And no other goes, but under a mask."""
    for one, seed in product(grounds(), range(4)):
        void = np.isnan(kind.draw(one, np.random.default_rng(seed)))
        assert void[np.isnan(one.planes)].all()
        assert kind.name in MASKING or void.sum() == np.isnan(one.planes).sum()


@kinds
def test_the_largest_numbers_do_no_harm(kind: Artefact) -> None:
    """A pixel of 1e38 on the ground, planes without any pixel, a sky without noise."""
    huge, void, flat = ground(3), ground(3), ground(3)
    huge.planes[:, 31, 30] = 1e38
    huge.planes[SCIENCE, 12, 12] = -3e38
    void.planes[TEMPLATE] = np.nan
    void.sky[TEMPLATE] = void.noise[TEMPLATE] = np.nan
    flat.noise[:] = 0.0
    for one, seed in product((huge, void, flat), range(4)):
        stamps = kind.draw(one, np.random.default_rng(seed))
        elsewhere = stamps[SCIENCE][40:60, 40:60]
        assert (
            kind.name == "bad_pixel: huge" or kind.name in MASKING or (abs(elsewhere) < 1e9).all()
        )


@kinds
def test_a_strong_artefact_shows_near_the_centre_of_the_difference(kind: Artefact) -> None:
    """As something brighter than noise, or as pixels that are gone."""
    if kind.name == "bad_subtraction: nothing":
        return
    for one in grounds():
        shown = []
        for seed in range(8):
            stamps = kind.draw(one, np.random.default_rng(seed), snr=300.0)
            middle = slice(one.side // 2 - 8, one.side // 2 + 9)
            pixels = abs(stamps[DIFFERENCE][middle, middle])
            shown.append(np.isnan(pixels).any() or pixels.max() > 1.2 * _highest(one, middle))
        assert np.mean(shown) > 0.7


def _highest(one: Ground, middle: slice) -> float:
    return float(abs(one.planes[DIFFERENCE][middle, middle]).max())


@pytest.mark.parametrize("name", ["cosmic_ray: spot", "bad_pixel: hot", "satellite_trail: streak"])
def test_what_only_science_has_is_a_brightening(name: str) -> None:
    """Whichever way the ground's difference was facing: science minus template."""
    for one in grounds():
        for seed in range(5):
            stamps = ARTEFACTS[name].draw(one, np.random.default_rng(seed), snr=100.0)
            added = stamps - faced(one, 1).planes
            if np.array_equal(stamps[TEMPLATE], one.planes[TEMPLATE], equal_nan=True):
                assert np.nansum(added[DIFFERENCE]) > 0
                assert np.nansum(added[DIFFERENCE]) == pytest.approx(
                    np.nansum(added[SCIENCE]), rel=0.1
                )


def test_dead_pixels_are_a_fading() -> None:
    """Science loses counts, and the difference, template minus science, gains them."""
    for one in grounds():
        stamps = ARTEFACTS["bad_pixel: dead"].draw(one, np.random.default_rng(1), snr=80.0)
        added = stamps - faced(one, -1).planes
        assert np.nansum(added[SCIENCE]) < 0 < np.nansum(added[DIFFERENCE])


def test_a_hit_is_sharper_than_the_stars() -> None:
    """Its brightest pixel holds more of its light than a star's does."""
    one = ground(4)
    light = star(63, Place(31.0, 31.0), one.fwhm_pixels)
    shares = []
    for seed in range(30):
        stamps = ARTEFACTS["cosmic_ray: spot"].draw(one, np.random.default_rng(seed), snr=400.0)
        added = np.nan_to_num(stamps[SCIENCE] - one.planes[SCIENCE])[25:38, 25:38]
        shares.append(added.max() / added.sum())
    assert np.quantile(shares, 0.1) > light.max() / light.sum()


def test_a_train_of_glints_has_a_second_dot() -> None:
    """One alone would be a source."""
    for one in grounds():
        centre = (one.side - 1) / 2
        y, x = np.indices((one.side, one.side))
        away = np.hypot(y - centre, x - centre) > 1.2 * one.fwhm_pixels
        for seed in range(12):
            stamps = ARTEFACTS["satellite_trail: glints"].draw(
                one, np.random.default_rng(seed), 200.0
            )
            image = abs(stamps - faced(one, 1).planes)
            image = np.fmin(image, abs(stamps - faced(one, -1).planes))[DIFFERENCE]
            assert np.nanmax(image[away]) > 0.1 * np.nanmax(image)


def test_a_field_subtracted_badly_shows_it_beside_the_centre_too() -> None:
    """One residual alone would be a variable star."""
    kind = ARTEFACTS["bad_subtraction: field residual"]
    for one in grounds():
        y, x = np.indices((one.side, one.side)) - (one.side - 1) / 2
        away = np.hypot(y, x) > 2.0 * one.fwhm_pixels
        shown = []
        for seed in range(12):
            stamps = kind.draw(one, np.random.default_rng(seed), snr=100.0)
            image = abs(stamps[DIFFERENCE]) / noise(one, DIFFERENCE)
            shown.append(np.nanmax(image[away]) > 6)
        assert np.mean(shown) > 0.7


@given(seed=seeds)
@settings(max_examples=10)
def test_a_ground_that_wandered_is_the_same_seen_from_elsewhere(seed: int) -> None:
    """All planes moved alike, by no more than a fifth of the side, no pixel made up."""
    one = ground(1)
    moved = wandered(one, np.random.default_rng(seed)).planes
    assert moved.shape == one.planes.shape
    middle = moved[:, 30:33, 30:33]
    fits = [
        np.array_equal(one.planes[:, y : y + 3, x : x + 3], middle)
        for y, x in product(range(18, 43), repeat=2)
    ]
    assert sum(fits) == 1
    assert np.isin(moved[~np.isnan(moved)], one.planes).all()


def test_every_kind_has_a_bogus_label_and_the_shares_add_up() -> None:
    """The names say the label, and each of the four bogus ones has its share."""
    assert all(one.name.startswith(LABELS[one.label]) for one in ARTEFACTS.values())
    assert {one.label for one in ARTEFACTS.values()} == set(range(len(LABELS))) - {REAL}
    assert sum(one.weight for one in ARTEFACTS.values()) == pytest.approx(1.0)
    assert sum(LABEL_SHARES.values()) == pytest.approx(1.0)


def test_kinds_are_drawn_by_their_weight() -> None:
    """And told by name and label."""
    random, one = np.random.default_rng(0), ground(5, 30, 5.0)
    labels = []
    for _ in range(600):
        stamps, label, name = drawn(one, random)
        assert ARTEFACTS[name].label == label
        assert stamps.shape == one.planes.shape
        labels.append(label)
    shares = np.bincount(labels, minlength=len(LABELS)) / len(labels)
    assert shares[BAD_PIXEL] == pytest.approx(LABEL_SHARES[BAD_PIXEL], abs=0.07)
    assert shares[SATELLITE_TRAIL] == pytest.approx(LABEL_SHARES[SATELLITE_TRAIL], abs=0.07)


@given(seed=seeds, snr=st.floats(5.0, 500.0))
@settings(max_examples=25)
def test_strength_is_the_signal_to_noise_of_a_matched_filter(seed: int, snr: float) -> None:
    """Of the PSF's own shape: the sum of image times profile over noise times profile's norm."""
    one = ground(0, fwhm=3.0)
    place = Place(*np.random.default_rng(seed).uniform(29, 33, 2))
    sigma = 0.4247 * one.fwhm_pixels
    y, x = np.indices((63, 63))
    profile = np.exp(-0.5 * ((y - place.y) ** 2 + (x - place.x) ** 2) / sigma**2)
    image = scaled(profile, one, snr)
    matched = (image * profile).sum() / (noise(one, DIFFERENCE) * np.sqrt((profile**2).sum()))
    assert matched == pytest.approx(snr, rel=0.08)


@given(seed=seeds)
@settings(max_examples=25)
def test_the_subtraction_keeps_flux(seed: int) -> None:
    """As measured on real hits, to a few per cent, though it spreads them."""
    random = np.random.default_rng(seed)
    image = np.zeros((63, 63))
    image[31, 31] = 1000.0
    for fwhm in (2.0, 6.0):
        seen = filtered(image, subtraction(ground(0, fwhm=fwhm), random))
        assert seen.sum() == pytest.approx(1000.0, rel=0.01)
        assert seen[26:37, 26:37].sum() == pytest.approx(1000.0, rel=0.35)


def test_images_of_zeros_change_no_pixel() -> None:
    """By any of the ways in which light reaches the planes."""
    one, zeros = ground(6), np.zeros((63, 63))
    stamps = laid(
        one,
        np.random.default_rng(0),
        science=zeros,
        sharp=zeros,
        template=zeros,
        cancelling=(zeros, zeros),
        residual=zeros,
    )
    assert np.array_equal(stamps, one.planes, equal_nan=True)


@given(dy=st.floats(-1.5, 1.5), dx=st.floats(-1.5, 1.5))
@settings(max_examples=25)
def test_a_shifted_star_is_the_star_elsewhere(dy: float, dx: float) -> None:
    """Cubic convolution is good to a few per cent of the peak for ZTF's narrow stars."""
    moved = shifted(star(41, Place(20.0, 20.0), 3.0), dy, dx)
    assert abs(moved - star(41, Place(20.0 + dy, 20.0 + dx), 3.0)).max() < 0.06


@given(seed=seeds)
@settings(max_examples=25)
def test_deposits_keep_their_charge_and_place(seed: int) -> None:
    """Sum and centre of the image are those of the charges; outside the stamp they are lost."""
    random = np.random.default_rng(seed)
    y, x, charge = random.uniform(2, 18, 9), random.uniform(2, 18, 9), random.uniform(1, 5, 9)
    image = deposits(21, y, x, charge)
    rows = np.arange(21)
    assert image.sum() == pytest.approx(charge.sum())
    assert (image.sum(axis=1) * rows).sum() == pytest.approx((y * charge).sum())
    assert (image.sum(axis=0) * rows).sum() == pytest.approx((x * charge).sum())
    assert deposits(21, y + 40, x, charge).sum() == 0


def test_a_blur_keeps_a_flat_plane_flat() -> None:
    """The border is carried on, so nothing darkens towards it."""
    assert filtered(np.full((30, 30), 7.0), blur(1.5)) == pytest.approx(7.0)
