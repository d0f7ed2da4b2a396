"""Our cells are HEALPix's, judged by cdshealpix, and no circle reaches a cell left unnamed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sky.cells import DEPTH_MAX, Cells, cells_of, deepest, parents, touched
from tests.sky.skies import POSITION, Degrees, beside, columns, uniform

CELLS = 12 << (2 * DEPTH_MAX)


def judged(ra: Degrees, dec: Degrees, depth: int) -> Cells:
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix import nested

    found = nested.lonlat_to_healpix(Longitude(ra, "deg"), Latitude(dec, "deg"), depth)
    return np.asarray(found, dtype=np.int64)


@pytest.mark.parametrize("depth", [0, 1, 5, 12, 20])
def test_the_cells_of_a_random_sky_are_those_of_cdshealpix(depth: int) -> None:
    ra, dec = uniform(50_000, seed=depth)
    np.testing.assert_array_equal(parents(cells_of(ra, dec), depth), judged(ra, dec, depth))


@pytest.mark.parametrize("pole", [-90.0, 90.0])
def test_the_cells_near_a_pole_are_those_of_cdshealpix(pole: float) -> None:
    draw = np.random.default_rng(3)
    ra, dec = draw.uniform(0, 360, 5_000), pole * (1 - 10 ** draw.uniform(-9, -1, 5_000))
    np.testing.assert_array_equal(parents(cells_of(ra, dec), 20), judged(ra, dec, 20))


@settings(max_examples=100)
@given(POSITION)
def test_every_position_has_a_cell_that_holds_it_or_ends_at_it(
    position: tuple[float, float],
) -> None:
    from cdshealpix import nested

    ra, dec = columns([position])
    cell = cells_of(ra, dec)
    assert 0 <= cell[0] < CELLS
    depth = 12
    close = nested.neighbours(judged(ra, dec, depth), depth)
    assert parents(cell, depth)[0] in close


@pytest.mark.parametrize("ra", [-1e-20, 360.0, 720.0])
def test_a_right_ascension_is_taken_around_the_circle(ra: float) -> None:
    dec = np.array([30.0])
    assert parents(cells_of(np.array([ra]), dec), 5) == parents(cells_of(np.zeros(1), dec), 5)


def test_a_block_of_a_long_column_has_the_cells_of_its_rows() -> None:
    ra, dec = uniform(70_000, seed=1)
    np.testing.assert_array_equal(cells_of(ra, dec)[-3:], cells_of(ra[-3:], dec[-3:]))


@settings(max_examples=60)
@given(st.lists(POSITION, min_size=1, max_size=5), st.floats(-2.0, 5.0), st.integers(0, 1000))
def test_a_circle_reaches_into_no_cell_that_is_not_named(
    centres: list[tuple[float, float]], log_radius: float, seed: int
) -> None:
    ra, dec = columns(centres)
    radius = np.full(len(ra), 10.0**log_radius)
    reach = float(np.radians(radius[0] / 3600))
    depth = deepest(reach)
    named = touched(ra, dec, reach, depth)
    rows = np.repeat(np.arange(len(ra)), 50)
    at = judged(*beside(ra[rows], dec[rows], radius[rows], seed), depth)
    known = {*zip(named.row.tolist(), named.cell.tolist(), strict=True)}
    assert {*zip(rows.tolist(), at.tolist(), strict=True)} <= known


def test_small_circles_mostly_keep_to_one_cell() -> None:
    ra, dec = uniform(20_000, seed=4)
    assert len(touched(ra, dec, float(np.radians(2 / 3600)), 7).row) < 1.05 * len(ra)


@pytest.mark.parametrize("tiny", [5e-324, 2.2250738585e-313, 1e-308, 1e-300, 1e-100, 1e-13])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("ra_deg", [0.0, 45.0, 90.0, 222.2])
def test_a_circle_all_but_on_the_equator_reaches_its_own_cell(
    tiny: float, sign: float, ra_deg: float
) -> None:
    ra, dec = np.array([ra_deg + tiny]), np.array([sign * tiny])
    for depth in (0, 5, 20):
        assert parents(cells_of(ra, dec), depth)[0] in touched(ra, dec, 1e-8, depth).cell
