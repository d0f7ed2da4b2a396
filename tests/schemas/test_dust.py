"""The map of dust: looked up as others look it up, and with the values that others give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from cdshealpix import ring

from benchmarks.dust import bts, plasticc
from schemas.decode import Decoder
from schemas.dust import SIDE, ebv_map, extinction_ebv, ring_pixel
from tests.schemas import golden
from tests.schemas.plain_dust import extinction_ebv as plainly

POLES_AND_SEAMS = [
    *((0.0, 90.0), (123.0, -90.0), (0.0, 0.0), (359.999, 0.0), (180.0, 0.0), (90.0, 41.8)),
    *((192.85948, 27.12825), (12.85948, -27.12825), (266.405, -28.936), (86.405, 28.936)),
]
"""Celestial poles, the meridian, and the Galactic poles, centre and anticentre."""

README = [
    *((100.0, 40.0, 0.10739716819557897), (0.0, 0.0, 0.03181879), (5.0, 1.5, 0.02374864)),
    (10.0, 2.1, 0.01746732),
]
"""Right ascension, declination, and 0.86 E(B-V) of SFD's map as the package sfdmap prints them."""


def one(ra_deg: float, dec_deg: float) -> float:
    """E(B-V) at a position."""
    return float(extinction_ebv(np.array([ra_deg]), np.array([dec_deg]))[0])


@pytest.mark.parametrize(("ra_deg", "dec_deg"), POLES_AND_SEAMS)
def test_poles_seams_and_the_plane_are_as_astropy_and_cdshealpix_have_them(
    ra_deg: float, dec_deg: float
) -> None:
    assert one(ra_deg, dec_deg) == plainly(ra_deg, dec_deg)


def test_positions_all_over_the_sky_are_as_astropy_and_cdshealpix_have_them() -> None:
    draw = np.random.default_rng(0)
    ra, dec = draw.uniform(0, 360, 20_000), np.degrees(np.arcsin(draw.uniform(-1, 1, 20_000)))
    place = SkyCoord(ra, dec, unit=units.deg).galactic
    pixels = ring.lonlat_to_healpix(place.l, place.b, SIDE)
    np.testing.assert_array_equal(extinction_ebv(ra, dec), ebv_map()[pixels.astype(np.int64)])


def test_the_middle_of_each_pixel_lies_in_it() -> None:
    pixels = np.arange(12 * SIDE**2)
    lon, lat = ring.healpix_to_lonlat(pixels.astype(np.uint64), SIDE)
    quarters, heights = lon.to_value(units.deg) / 90 % 4, np.sin(lat.to_value(units.rad))
    found = [ring_pixel(*place, SIDE) for place in zip(quarters, heights, strict=True)]
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize(
    ("ra_deg", "dec_deg"), [(np.nan, 0.0), (0.0, np.nan), (np.inf, 0.0), (0.0, 90.1), (0.0, -91.0)]
)
def test_what_is_no_position_has_none(ra_deg: float, dec_deg: float) -> None:
    assert np.isnan(one(ra_deg, dec_deg))


def test_no_positions_have_none() -> None:
    assert extinction_ebv(np.empty(0), np.empty(0)).shape == (0,)


@pytest.mark.parametrize(("ra_deg", "dec_deg", "recalibrated"), README)
def test_published_values_are_met_within_the_width_of_a_pixel(
    ra_deg: float, dec_deg: float, recalibrated: float
) -> None:
    assert one(ra_deg, dec_deg) == pytest.approx(recalibrated / 0.86, rel=0.3)


def test_every_pixel_is_known_and_the_plane_is_dusty() -> None:
    assert (ebv_map() > 0).all()
    assert one(266.405, -28.936) > 10
    assert one(192.85948, 27.12825) < 0.02


def test_a_decoded_alert_has_that_of_its_position() -> None:
    packet = golden.ztf_packet(1, candidate={"ra": 100.0, "dec": 40.0})
    assert Decoder().decode([packet]).extinction_ebv.tolist() == [plainly(100.0, 40.0)]


@pytest.mark.data
@pytest.mark.parametrize("read", [bts, plasticc])
def test_half_of_what_others_give_is_met_within_four_thousandths(
    read: type, data_folder: Path
) -> None:
    given = read(data_folder)
    off = extinction_ebv(given.ra_deg, given.dec_deg) - given.ebv_mag
    assert abs(np.median(off)) < 0.001
    assert np.percentile(np.abs(off), 50) < 0.004
    assert np.percentile(np.abs(off), 95) < 0.05
