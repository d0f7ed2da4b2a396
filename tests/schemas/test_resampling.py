"""Resampled stamps against scikit-image, and the source of a cut stamp kept in the middle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.transform import resize

from schemas.resampling import resample, squared

MIDDLE = 31


def noise(side: int, seed: int = 0) -> NDArray[np.float32]:
    """An image of nothing but noise."""
    return np.random.default_rng(seed).normal(0, 1, (side, side)).astype(np.float32)


def star() -> NDArray[np.float32]:
    """A stamp of 63 by 63 pixels, a source in its middle."""
    squares = (np.arange(63) - MIDDLE) ** 2
    light = 50 * np.exp(-np.add.outer(squares, squares) / 8)
    return noise(63) + np.asarray(light, np.float32)


@pytest.mark.parametrize("side", [1, 2, 30, 31, 62, 64, 71, 130])
def test_whole_images_are_what_scikit_image_makes_of_them(side: int) -> None:
    images = np.stack([noise(side, seed) for seed in range(3)])
    shrinks = side > 63
    expected = [
        resize(one, (63, 63), order=1, mode="edge", anti_aliasing=shrinks) for one in images
    ]
    np.testing.assert_allclose(resample(images, 63), expected, atol=1e-5)


@settings(max_examples=40)
@given(side=st.integers(20, 90), hole=st.integers(0, 15), exponent=st.integers(-30, 30))
def test_a_hole_takes_no_part_in_what_surrounds_it(side: int, hole: int, exponent: int) -> None:
    image = np.full((1, side, side), 10.0**exponent, np.float32)
    image[0, :hole, :hole] = np.nan
    result = resample(image, 63)
    np.testing.assert_allclose(result[np.isfinite(result)], 10.0**exponent, rtol=1e-5)
    lost = np.isnan(result).sum()
    assert lost == pytest.approx((hole * 63 / side) ** 2, rel=0.4, abs=4)


def test_pixels_near_the_end_of_the_scale_stay_finite() -> None:
    image = np.full((1, 40, 40), np.finfo(np.float32).max, np.float32)
    assert np.isfinite(resample(image, 63)).all()


@settings(max_examples=60)
@given(
    lost=st.integers(1, 26),
    side=st.sampled_from(["top", "bottom", "left", "right"]),
)
def test_a_cut_source_is_kept_in_the_middle(lost: int, side: str) -> None:
    whole = star()
    rows, columns = {
        "top": (slice(lost, None), slice(None)),
        "bottom": (slice(None, 63 - lost), slice(None)),
        "left": (slice(None), slice(lost, None)),
        "right": (slice(None), slice(None, 63 - lost)),
    }[side]
    expected = np.full((63, 63), np.nan, np.float32)
    expected[rows, columns] = whole[rows, columns]
    cut = whole[rows, columns]
    np.testing.assert_array_equal(squared(cut, cut), expected)


def test_an_image_of_nothing_is_padded_at_its_end() -> None:
    empty = np.full((10, 7), np.nan, np.float32)
    assert squared(empty, empty).shape == (10, 10)
    flat = np.ones((10, 7), np.float32)
    np.testing.assert_array_equal(np.isnan(squared(flat, flat)[0]), [False] * 7 + [True] * 3)


def test_a_sliver_whose_middle_was_lost_is_padded_too() -> None:
    assert squared(noise(63)[:, :5], noise(63)[:, :5]).shape == (63, 63)
