"""The index answers as astropy's own search over all pairs does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky import grid
from sky.index import PositionIndex
from sky.positions import Positions
from tests.sky.skies import POSITION, Degrees, beside, columns, uniform

RADII = st.one_of(st.floats(0.001, 10.0), st.floats(10.0, 3600.0), st.just(108_000.0))


def judged(listed: Positions, ra: Degrees, dec: Degrees) -> NDArray[np.float64]:
    """The nearest listed position whose radius reaches, by all pairs and astropy's separation."""
    from astropy.coordinates import angular_separation

    here = np.radians(ra)[:, None], np.radians(dec)[:, None]
    there = np.radians(listed.ra_deg), np.radians(listed.dec_deg)
    apart = np.degrees(angular_separation(*here, *there)) * 3600
    return np.asarray(np.where(apart <= listed.radius_arcsec, apart, np.inf).min(axis=1))


def assert_like_astropy(listed: Positions, ra: Degrees, dec: Degrees) -> None:
    """Equal to 1e-6 arcsec, and to that within the radius or not."""
    found = PositionIndex(listed).distance_arcsec(ra, dec)
    inner = listed._replace(radius_arcsec=listed.radius_arcsec - 1e-6)
    outer = listed._replace(radius_arcsec=listed.radius_arcsec + 1e-6)
    assert (found <= judged(inner, ra, dec) + 1e-6).all()
    assert (found >= judged(outer, ra, dec) - 1e-6).all()


@settings(max_examples=60)
@given(
    st.lists(st.tuples(POSITION, RADII), min_size=1, max_size=30),
    st.lists(POSITION, min_size=1, max_size=10),
    st.integers(0, 1000),
)
def test_an_index_answers_as_astropys_separations_do(
    listed: list[tuple[tuple[float, float], float]],
    elsewhere: list[tuple[float, float]],
    seed: int,
) -> None:
    ra, dec = columns([position for position, _ in listed])
    radius = np.array([each for _, each in listed])
    share = np.random.default_rng(seed).uniform(0, 1.2, len(ra))
    near_ra, near_dec = beside(ra, dec, radius * share, seed)
    far_ra, far_dec = columns(elsewhere)
    asked = (np.concatenate((near_ra, far_ra, ra)), np.concatenate((near_dec, far_dec, dec)))
    assert_like_astropy(Positions(ra, dec, radius), *asked)


@pytest.mark.parametrize("radius_arcsec", [0.5, 30.0, 600.0])
def test_a_long_list_answers_as_match_to_catalog_sky(radius_arcsec: float) -> None:
    from astropy.coordinates import SkyCoord

    ra, dec = uniform(20_000, seed=5)
    share = np.random.default_rng(6).uniform(0.2, 1.8, 2_000)
    near = beside(ra[:2_000], dec[:2_000], radius_arcsec * share, seed=7)
    here = SkyCoord(*near, unit="deg")
    _, apart, _ = here.match_to_catalog_sky(SkyCoord(ra, dec, unit="deg"))
    expected = np.where(apart.arcsec <= radius_arcsec, apart.arcsec, np.inf)
    index = PositionIndex(Positions(ra, dec, np.full(len(ra), radius_arcsec)))
    found = index.distance_arcsec(*near)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)


def test_a_crowded_field_answers_as_search_around_sky() -> None:
    from astropy import units
    from astropy.coordinates import SkyCoord

    draw = np.random.default_rng(8)
    ra, dec = 359.95 + draw.normal(0, 0.05, 20_000), draw.normal(0, 0.05, 20_000)
    there = SkyCoord(ra, dec, unit="deg")
    here = there[::10].directional_offset_by(30 * units.deg, 1.0 * units.arcsec)
    row, _, apart, _ = there.search_around_sky(here, 3.0 * units.arcsec)
    expected = np.full(len(here), np.inf)
    np.minimum.at(expected, row, apart.arcsec)
    index = PositionIndex(Positions(np.mod(ra, 360), dec, np.full(len(ra), 3.0)))
    found = index.distance_arcsec(here.ra.deg, here.dec.deg)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)


def test_what_is_no_position_is_at_nothing() -> None:
    index = PositionIndex(Positions(np.zeros(1), np.zeros(1), np.ones(1)))
    ra = np.array([np.nan, 0.0, np.inf, 0.0, 0.0, 360.0])
    dec = np.array([0.0, np.nan, 0.0, 90.5, 0.0, 0.0])
    expected = [np.inf, np.inf, np.inf, np.inf, 0.0, 0.0]
    np.testing.assert_allclose(index.distance_arcsec(ra, dec), expected, atol=1e-9)


def test_distances_of_a_microarcsecond_keep_their_digits() -> None:
    index = PositionIndex(Positions(np.zeros(1), np.zeros(1), np.ones(1)))
    found = index.distance_arcsec(np.array([0.001 / 3600]), np.zeros(1))
    np.testing.assert_allclose(found, [0.001], rtol=1e-9)


def test_no_alert_one_and_a_hundred_thousand_are_answered_and_cuts_change_nothing() -> None:
    ra, dec = uniform(100_000, seed=9)
    index = PositionIndex(Positions(ra[::100], dec[::100], np.full(1_000, 3_000.0)))
    whole = index.distance_arcsec(ra, dec)
    assert len(index.distance_arcsec(ra[:0], dec[:0])) == 0
    for begin, end in ((0, 1), (7, 8), (11, 268), (40_000, 99_999)):
        part = index.distance_arcsec(ra[begin:end], dec[begin:end])
        np.testing.assert_array_equal(part, whole[begin:end])


def test_pairs_held_by_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ra, dec = uniform(3_000, seed=10)
    index = PositionIndex(Positions(ra, dec, np.full(3_000, 3_600.0)))
    whole = index.distance_arcsec(ra, dec + 0.0)
    monkeypatch.setattr(grid, "PAIRS_AT_ONCE", 7)
    np.testing.assert_array_equal(index.distance_arcsec(ra[:200], dec[:200]), whole[:200])


def test_one_great_circle_among_small_ones_does_not_widen_their_cells() -> None:
    ra, dec = uniform(20_000, seed=11)
    radius = np.full(20_000, 1.0)
    radius[0] = 3_600.0
    assert len(PositionIndex(Positions(ra, dec, radius))._grids) == 2


def test_a_crowd_within_one_radius_is_refused_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grid, "CELL_ROWS_MAX", 100)
    doubles = Positions(np.full(101, 10.0), np.full(101, -5.0), np.full(101, 1.5))
    with pytest.raises(FilterError, match=r"101 circles crowd near ra 10.0000, dec -5.0000.*drop"):
        PositionIndex(doubles)
