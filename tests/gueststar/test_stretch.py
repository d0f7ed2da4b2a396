"""Grey levels: sources stand out, noise stays grey, and a pixel without a value stays one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gueststar.stretch import Plane, stretched

SCIENCE, DIFFERENCE = 0, 2


def noise(level: float = 100.0) -> Plane:
    """A background with its noise."""
    return np.random.default_rng(1).normal(level, 5.0, (31, 31)).astype(np.float32)


def test_a_faint_source_stands_out_beside_a_bright_star() -> None:
    plane = noise()
    plane[5, 5], plane[15, 15] = 60_000.0, 160.0
    level = stretched(plane, SCIENCE)
    assert level[5, 5] == 1.0
    assert level[15, 15] > np.median(level) + 0.15


def test_a_difference_of_zero_is_the_middle_grey_and_the_sign_shows() -> None:
    plane = noise(0.0)
    plane[15, 15], plane[5, 5] = 200.0, -200.0
    level = stretched(plane, DIFFERENCE)
    assert np.median(level) == pytest.approx(0.5, abs=0.05)
    assert (level[15, 15], level[5, 5]) == (1.0, 0.0)


def test_mere_noise_in_a_difference_stays_grey() -> None:
    assert np.abs(stretched(noise(0.0), DIFFERENCE) - 0.5).max() < 0.35


@pytest.mark.parametrize("number", [SCIENCE, DIFFERENCE])
@pytest.mark.parametrize("value", [0.0, 7.5, 3e38, np.nan])
def test_a_plane_of_one_value_is_drawn_without_a_warning(number: int, value: float) -> None:
    level = stretched(np.full((6, 6), value, np.float32), number)
    assert np.isnan(level).all() == np.isnan(value)


@settings(max_examples=60)
@given(
    arrays(np.float32, (6, 7), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)),
    st.sampled_from([SCIENCE, DIFFERENCE]),
)
def test_grey_levels_are_within_their_bounds_and_keep_the_order(plane: Plane, number: int) -> None:
    with np.errstate(all="ignore"):
        level = stretched(plane, number)
    finite = np.isfinite(plane)
    assert np.isnan(level[~finite]).all()
    known = level[np.isfinite(level)]
    assert ((known >= 0) & (known <= 1)).all()
