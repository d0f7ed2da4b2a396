"""The scaling inside the network, against float64 NumPy, and what it must not notice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.classifiers.stamped import invented_stamps
from tests.training.realbogus.invented import odd_stamps
from training.realbogus.calibration import Calibration
from training.realbogus.labels import LABELS, REAL
from training.realbogus.model import (
    NOISE_PER_MEAN,
    ROUNDING,
    SKY_QUANTILES,
    STRETCH_SIGMA,
    TINY,
    VOID,
    RealBogusNet,
)

Stamps = NDArray[np.float32]
LAW = settings(max_examples=30)
SCIENCE_CENTRE, WHOLE = 0, slice(3, 6)
"""Places among the images."""
LARGEST = 3.4e38
"""Nearly the largest float32."""
ODD_VALUES = (np.nan, np.inf, -np.inf, LARGEST, -LARGEST, 1e-38, 0.0, 65535.0)


@pytest.fixture(scope="module")
def net() -> RealBogusNet:
    """A network whose batch statistics are not the ones it was born with."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = RealBogusNet()
        made.logits(made.images(torch.from_numpy(odd_stamps())))
    made.eval()
    return made


def images(stamps: Stamps) -> NDArray[np.float32]:
    found: NDArray[np.float32] = RealBogusNet().images(torch.from_numpy(stamps)).numpy()
    return found


def plainly(stamp: Stamps) -> NDArray[np.float64]:
    """One stamp's scaling, as the docstrings tell it, (6, 21, 21)."""
    pixels = np.where(np.isfinite(stamp), stamp, np.nan).astype(np.float64)
    means = pixels.reshape(3, 21, 3, 21, 3).mean(axis=(2, 4))
    means[:, np.isnan(means).any(axis=0)] = np.nan
    both = np.concatenate([pixels[:, 21:42, 21:42], means])
    level, noise = np.array([sky(plane[::4, ::4]) for plane in means]).T[:, :, None, None]
    x = (both - np.concatenate([level, level])) / np.concatenate([noise, noise])
    total = sum(x / sigma / (1 + np.abs(x / sigma)) for sigma in STRETCH_SIGMA)
    return np.where(np.isnan(total), VOID, total)


def sky(grid: NDArray[np.float64]) -> tuple[float, float]:
    """Level and a pixel's noise, by quantiles that are one of the means."""
    means = np.sort(grid[~np.isnan(grid)])
    if not means.size:
        return np.nan, np.nan
    level, low = (means[int((len(means) - 1) * share)] for share in SKY_QUANTILES)
    return level, (level - low) * NOISE_PER_MEAN + abs(level) * ROUNDING + TINY


@pytest.mark.parametrize("row", [0, 1, 2, 4, 5, 6, 9])
def test_scaling_is_what_its_docstring_says(row: int) -> None:
    np.testing.assert_allclose(images(odd_stamps())[row], plainly(odd_stamps()[row]), atol=1e-3)


def test_of_equal_pixels_no_more_is_left_than_what_float32_rounds() -> None:
    stamp = odd_stamps()[3]
    np.testing.assert_allclose(images(stamp[None])[0], plainly(stamp), atol=0.05)


def test_a_pixel_counts_its_height_over_the_sky_in_noises() -> None:
    stamps = invented_stamps(1, seed=3)
    stamps[0, 0, 31, 31] += 30
    found = images(stamps)[0, SCIENCE_CENTRE, 10, 10]
    assert found == pytest.approx(30 / 33 + 30 / 90, abs=0.12)


@LAW
@given(
    seed=st.integers(0, 1000),
    value=st.sampled_from(ODD_VALUES),
    plane=st.integers(0, 2),
    corner=st.tuples(st.integers(0, 62), st.integers(0, 62)),
    size=st.integers(1, 63),
)
def test_images_are_bounded_whatever_the_pixels(
    seed: int, value: float, plane: int, corner: tuple[int, int], size: int
) -> None:
    stamps = np.concatenate([invented_stamps(1, seed, amplitude=50), odd_stamps()])
    down, right = corner
    stamps[:, plane, down : down + size, right : right + size] = value
    found = images(stamps)
    assert found.shape == (13, 6, 21, 21)
    assert (np.abs(found) <= len(STRETCH_SIGMA)).all()


@LAW
@given(
    seed=st.integers(0, 1000),
    levels=st.tuples(*[st.integers(-2000, 2000)] * 3),
    factor=st.floats(1.0, 1e4),
)
def test_neither_the_level_of_the_sky_nor_the_scale_of_the_counts_can_be_told(
    seed: int, levels: tuple[int, int, int], factor: float
) -> None:
    stamps = invented_stamps(2, seed, amplitude=20)
    moved = (stamps + np.array(levels, np.float32)[:, None, None]) * np.float32(factor)
    np.testing.assert_allclose(images(moved), images(stamps), atol=3e-3)


@LAW
@given(seed=st.integers(0, 1000), decades=st.floats(-4, 4), hole=st.integers(0, 62))
def test_stamps_in_other_units_score_the_same(
    net: RealBogusNet, seed: int, decades: float, hole: int
) -> None:
    stamps = invented_stamps(2, seed, amplitude=20)
    stamps[1, :, hole] = np.nan
    factor = np.float32(10**decades)
    with torch.inference_mode():
        one, other = (net(torch.from_numpy(each)).numpy() for each in (stamps, stamps * factor))
    np.testing.assert_allclose(other, one, atol=1e-5)


def test_a_flat_plane_is_nothing_and_hides_no_other() -> None:
    stamps = invented_stamps(1, seed=2, amplitude=20)
    flat = stamps.copy()
    flat[:, 1] = 300
    found, whole = images(flat)[0], images(stamps)[0]
    assert np.abs(found[[1, 4]]).max() < 0.02
    np.testing.assert_array_equal(np.delete(found, [1, 4], 0), np.delete(whole, [1, 4], 0))


@LAW
@given(
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    row=st.integers(0, 62),
    plane=st.integers(0, 2),
)
def test_a_pixel_without_a_value_is_void_and_so_are_the_means_about_it(
    value: float, row: int, plane: int
) -> None:
    stamps = invented_stamps(1, seed=5)
    whole = images(stamps)[0]
    stamps[0, plane, row, 30] = value  # its mean is none of those that the sky is read off
    found = images(stamps)[0]
    expected = np.zeros(whole.shape, np.bool_)
    expected[WHOLE, row // 3, 10] = True
    if 21 <= row < 42:
        expected[plane, row - 21, 9] = True
    np.testing.assert_array_equal(found != whole, expected)
    assert (found[expected] == VOID).all()


def test_an_infinity_is_as_a_pixel_that_is_not_there() -> None:
    holed, infinite = invented_stamps(2, seed=6), invented_stamps(2, seed=6)
    holed[:, 1, 30:33, 30:33], infinite[:, 1, 30:33, 30:33] = np.nan, np.inf
    np.testing.assert_array_equal(images(holed), images(infinite))


@pytest.mark.parametrize("neighbour", ODD_VALUES)
def test_a_row_does_not_depend_on_its_neighbours(net: RealBogusNet, neighbour: float) -> None:
    stamps = invented_stamps(5, seed=7, amplitude=30)
    others = stamps.copy()
    others[[0, 1, 3, 4]] = neighbour
    with torch.inference_mode():
        first, second, alone = (
            net(torch.from_numpy(one)).numpy() for one in (stamps, others, stamps[2:3])
        )
    np.testing.assert_array_equal(first[2], second[2])
    np.testing.assert_allclose(first[2], alone[0], atol=1e-6)


def test_probabilities_sum_to_one_whatever_the_pixels(net: RealBogusNet) -> None:
    with torch.inference_mode():
        found = net(torch.from_numpy(odd_stamps())).numpy()
    assert found.shape == (12, len(LABELS))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("numbers", [(1.0, 0.0), (0.6, -1.3), (2.5, 0.8)])
def test_a_calibrated_network_gives_what_its_calibration_does(
    net: RealBogusNet, numbers: tuple[float, float]
) -> None:
    stamps = torch.from_numpy(invented_stamps(6, seed=8, amplitude=30))
    with torch.inference_mode():
        given = Calibration(*numbers).probabilities(net.logits(net.images(stamps)).numpy())
        net.calibrate(*numbers)
        found = net(stamps).numpy()
        net.calibrate(1.0, 0.0)
    np.testing.assert_allclose(found, given, atol=1e-6)


@pytest.mark.parametrize("channels", [(16, 32, 64), (4, 6, 8)])
def test_the_channels_asked_for_are_there(channels: Sequence[int]) -> None:
    net = RealBogusNet(channels)
    assert net.channels == tuple(channels)
    assert net.head.weight.shape == (len(LABELS), channels[-1], 3, 3)
    assert net.offset[REAL] == 0
