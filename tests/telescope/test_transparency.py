"""The map of what the air takes, by stars made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from telescope.transparency import STARS_MIN, transparency

Floats = NDArray[np.float64]
SHAPE = (400, 600)


def stars(seed: int, count: int = 60, error: float = 0.02) -> Floats:
    """Of clear air: x, y, light by the reference's, its error."""
    random = np.random.default_rng(seed)
    place = random.uniform(0, 1, (count, 2)) * (SHAPE[1], SHAPE[0])
    light = random.normal(1, error, count)
    return np.column_stack([place, light, np.full(count, error)])


def test_a_cloud_over_one_side_is_mapped_there() -> None:
    some = stars(1)
    some[:, 2] *= np.where(some[:, 0] > 300, 0.7, 1.0)
    found = transparency(some, SHAPE)
    clear, cloudy = found.at(np.array([100.0, 500.0]), np.array([200.0, 200.0]))
    assert clear == pytest.approx(0.0, abs=0.03)
    assert cloudy == pytest.approx(-2.5 * np.log10(0.7), abs=0.05)


def test_the_image_of_the_map_is_the_map_at_each_pixel() -> None:
    some = stars(2)
    some[:, 2] *= 1 - 0.4 * some[:, 0] / SHAPE[1]
    found = transparency(some, SHAPE)
    y, x = np.mgrid[: SHAPE[0] : 50, : SHAPE[1] : 50].reshape(2, -1).astype(np.float64)
    pixels = found.image()[y.astype(int), x.astype(int)]
    assert pixels == pytest.approx(found.at(x, y), abs=1e-9)


@given(st.integers(0, 1000))
def test_clear_air_is_as_clear_everywhere(seed: int) -> None:
    mesh = transparency(stars(seed), SHAPE).mesh()
    assert np.ptp(mesh) < 0.08
    assert np.median(mesh) == pytest.approx(0.0, abs=0.03)


@given(st.integers(0, 1000), st.floats(0.1, 10.0))
def test_a_cloud_over_all_moves_the_mean_alone(seed: int, light: float) -> None:
    some = stars(seed)
    some[:, 2] *= 1 - 0.3 * (some[:, 1] / SHAPE[0])
    dimmed = some * (1, 1, light, 1)
    assert transparency(dimmed, SHAPE).mesh() == pytest.approx(
        transparency(some, SHAPE).mesh() - 2.5 * np.log10(light), abs=1e-6
    )


def test_a_star_that_varies_draws_no_cloud() -> None:
    some = stars(3)
    some[5, 2] = 0.2
    assert np.ptp(transparency(some, SHAPE).mesh()) < 0.05


def test_few_stars_give_a_flat_map_and_none_give_nothing() -> None:
    few = stars(4, STARS_MIN - 1)
    mesh = transparency(few, SHAPE).mesh()
    assert np.ptp(mesh) == 0.0
    assert mesh[0] == pytest.approx(-2.5 * np.log10(np.median(few[:, 2])))
    assert np.isnan(transparency(stars(4, 0), SHAPE).mesh()).all()
