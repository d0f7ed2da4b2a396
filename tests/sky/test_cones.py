"""A cone holds what astropy says is within its radius, and its cells leave none of that out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import QuestionError
from sky.cells import DEPTH_MAX, cells_of, parents
from sky.cones import CELL_RADIUS_RAD, Cone, middles, radius_arcsec, touching
from sky.positions import arcsec_of, squared_chords, unit_vectors
from tests.sky.skies import POSITION, beside, uniform

RADIUS = st.one_of(
    st.sampled_from([0.1, 5.0, 3600.0, 30 * 3600.0]),
    st.floats(-1, np.log10(30 * 3600)).map(lambda power: float(10**power)),
)
"""From 0.1 arcsec to 30 degrees."""


def around(cone: Cone, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions within, on and beyond a cone's border, and how far astropy says they are, arcsec"""
    from astropy.coordinates import angular_separation

    draw = np.random.default_rng(seed)
    factors = np.concatenate((draw.uniform(0, 1, count), draw.uniform(1, 2, count), [1 + 1e-6] * 8))
    middle = np.full(len(factors), cone.ra_deg), np.full(len(factors), cone.dec_deg)
    ra, dec = beside(*middle, np.minimum(factors * cone.radius_arcsec, 179 * 3600), seed)
    apart = angular_separation(*(np.radians(each) for each in (*middle, ra, dec)))
    return ra, dec, np.degrees(apart) * 3600


@settings(max_examples=150, deadline=None)
@given(POSITION, RADIUS, st.integers(0, 99))
def test_a_cone_holds_what_astropy_says_and_its_cells_hold_all_of_it(
    position: tuple[float, float], radius: float, seed: int
) -> None:
    cone = Cone(*position, radius)
    ra, dec, apart = around(cone, 50, seed)
    inside = cone.holds(ra, dec)
    clear = np.abs(apart - radius) > 1e-8 + 1e-12 * radius  # what rounding may say either way
    np.testing.assert_array_equal(inside[clear], (apart <= radius)[clear])
    cells = cells_of(ra[inside], dec[inside])
    assert touching(cone.ranges(), np.stack((cells, cells), axis=1)).all()
    np.testing.assert_allclose(cone.apart_arcsec(ra, dec), apart, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("dec", "radius"), [(0.0, 5.0), (0.0, 3600.0), (89.0, 3600.0)])
def test_the_border_of_a_cone_belongs_to_it(dec: float, radius: float) -> None:
    beyond = dec + radius / 3600
    assert Cone(10.0, dec, radius).holds(np.array([10.0]), np.array([beyond])).all()
    assert not Cone(10.0, dec, radius * 0.999999).holds(np.array([10.0]), np.array([beyond])).any()


def test_what_is_no_position_is_in_no_cone() -> None:
    nothing = np.array([np.nan, 5.0]), np.array([5.0, np.nan])
    assert not Cone(5.0, 5.0, 180 * 3600.0).holds(*nothing).any()


def test_a_cone_of_half_a_sky_holds_half_of_it() -> None:
    ra, dec = uniform(20_000, seed=5)
    np.testing.assert_array_equal(Cone(0.0, 90.0, 90 * 3600.0).holds(ra, dec), dec >= 0)
    assert Cone(0.0, 90.0, 180 * 3600.0).holds(ra, dec).all()
    assert Cone(0.0, 90.0, 180 * 3600.0).ranges().tolist() == [[0, 12 << (2 * DEPTH_MAX)]]


@pytest.mark.parametrize("depth", [0, 1, 2, 5, 10, 20, 27])
def test_middles_are_in_their_cells_and_no_corner_is_further_than_the_bound(depth: int) -> None:
    from cdshealpix import nested

    numbers = np.random.default_rng(depth).integers(0, 12 * 4**depth, 3_000)
    found = middles(numbers, depth)
    ra = np.degrees(np.arctan2(found[:, 1], found[:, 0])) % 360
    dec = np.degrees(np.arctan2(found[:, 2], np.hypot(found[:, 0], found[:, 1])))
    np.testing.assert_array_equal(parents(cells_of(ra, dec), depth), numbers)
    corners = nested.vertices(numbers.astype(np.uint64), depth)
    for corner in range(4):
        vectors = unit_vectors(*(np.asarray(each[:, corner].deg) for each in corners))
        apart = np.radians(arcsec_of(squared_chords(vectors, found)) / 3600)
        assert apart.max() * 2**depth < CELL_RADIUS_RAD


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), min_size=1, max_size=9),
)
def test_spans_touch_ranges_where_they_share_a_cell(
    drawn: list[tuple[int, int]], spans: list[tuple[int, int]]
) -> None:
    cells = {cell for begin, length in drawn for cell in range(begin, begin + length)}
    ranges = np.array([(cell, cell + 1) for cell in sorted(cells)])
    reaches = np.array([(begin, begin + more) for begin, more in spans])
    plain = [bool(cells & {*range(first, last + 1)}) for first, last in reaches.tolist()]
    assert touching(ranges, reaches).tolist() == plain


@pytest.mark.parametrize(
    ("text", "arcsec"),
    [
        ("5arcsec", 5.0),
        ("2 arcmin", 120.0),
        ("1.5deg", 5400.0),
        (".1arcsec", 0.1),
        ("1e1deg", 36e3),
    ],
)
def test_a_radius_is_a_number_with_a_unit(text: str, arcsec: float) -> None:
    assert radius_arcsec(text) == pytest.approx(arcsec)


@pytest.mark.parametrize("text", ["5", "arcsec", "5 parsec", "-5arcsec", "1.2.3deg", "nan deg"])
def test_another_text_is_no_radius(text: str) -> None:
    with pytest.raises(QuestionError, match="5arcsec"):
        radius_arcsec(text)


@pytest.mark.parametrize(
    "cone", [(361, 0, 1), (-1, 0, 1), (0, 91, 1), (np.nan, 0, 1), (0, 0, 0), (0, 0, 1e6)]
)
def test_a_cone_that_is_none_is_refused(cone: tuple[float, float, float]) -> None:
    with pytest.raises(QuestionError, match="write"):
        Cone(*cone).check()
