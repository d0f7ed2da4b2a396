"""Regions: MOCs as mocpy has them, in all three serialisations, and cones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity
from sky.regions import MocRegion, open_region
from tests.sky.skies import beside, uniform

NIGHT = (20_000, 1)


def a_moc(seed: int = 0, order: int = 9) -> Any:  # noqa: ANN401 - mocpy has no types
    from astropy import units
    from mocpy import MOC

    draw = np.random.default_rng(seed)
    ra, dec = uniform(5, seed)
    radius = draw.uniform(0.5, 20, 5) * units.deg
    cones = [
        MOC.from_cone(one[0] * units.deg, one[1] * units.deg, radius=one[2], max_depth=order)
        for one in zip(ra, dec, radius, strict=True)
    ]
    return cones[0].union(*cones[1:])


@pytest.fixture
def moc(tmp_path: Path) -> Path:
    path = tmp_path / "region.fits"
    a_moc().save(path, format="fits")
    return path


@pytest.mark.parametrize("order", [0, 3, 9, 14])
def test_a_moc_holds_what_mocpy_says_it_holds(order: int, tmp_path: Path) -> None:
    from astropy import units

    drawn = a_moc(order, order)
    drawn.save(tmp_path / "region.fits", format="fits")
    ra, dec = uniform(*NIGHT)
    found = open_region("r", tmp_path / "region.fits").contains(ra, dec)
    np.testing.assert_array_equal(found, drawn.contains_lonlat(ra * units.deg, dec * units.deg))
    assert found.any()


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(0, 29))
def test_a_moc_of_any_order_holds_what_mocpy_says(seed: int, order: int) -> None:
    from astropy import units
    from mocpy import MOC

    ra, dec = uniform(200, seed)
    drawn = MOC.from_lonlat(ra[:100] * units.deg, dec[:100] * units.deg, max_norder=order)
    region = MocRegion(CatalogueIdentity("r", ""), drawn.to_depth29_ranges)
    # Beyond order 24 a cell is finer than the digits of a degree in float64 tell apart.
    rows = slice(0, 200) if order <= 24 else slice(100, 200)
    expected = drawn.contains_lonlat(ra * units.deg, dec * units.deg)
    np.testing.assert_array_equal(region.contains(ra, dec)[rows], expected[rows])


@pytest.mark.parametrize("form", ["fits", "json", "ascii"])
def test_every_serialisation_reads_alike_whatever_the_ending(form: str, tmp_path: Path) -> None:
    path = tmp_path / "region.moc"
    a_moc().save(path, format=form)
    ra, dec = uniform(*NIGHT)
    expected = open_region("r", path).contains(ra, dec)
    assert 0.0 < expected.mean() < 1.0
    a_moc().save(tmp_path / "other", format="fits")
    np.testing.assert_array_equal(open_region("r", tmp_path / "other").contains(ra, dec), expected)


def test_what_is_no_position_is_outside_a_moc(moc: Path) -> None:
    from mocpy import MOC

    MOC.from_str("0/0-11").save(moc, format="fits", overwrite=True)
    ra, dec = np.array([np.nan, 10.0, 10.0, np.inf, 370.0]), np.array([0.0, np.nan, 91.0, 0.0, 0.0])
    inside = open_region("sky", moc).contains(ra, dec)
    assert inside.tolist() == [False, False, False, False, True]


def test_a_cut_of_the_batch_changes_no_answer_of_a_moc(moc: Path) -> None:
    region, (ra, dec) = open_region("r", moc), uniform(100_000, 2)
    whole = region.contains(ra, dec)
    assert len(region.contains(ra[:0], dec[:0])) == 0
    for begin, end in ((0, 1), (30, 287), (5, 77_777)):
        np.testing.assert_array_equal(
            region.contains(ra[begin:end], dec[begin:end]), whole[begin:end]
        )


def test_cones_hold_what_is_within_their_radius(tmp_path: Path) -> None:
    path = tmp_path / "cones.csv"
    path.write_text("ra_deg,dec_deg,radius_deg\n359.9,89.0,3\n10,-20,0.5\n100,0,30\n")
    centres = np.repeat([[359.9, 89.0, 3.0], [10.0, -20.0, 0.5], [100.0, 0.0, 30.0]], 50, axis=0)
    cones = open_region("cones", path)
    for share, expected in ((0.999, True), (1.001, False)):
        apart = centres[:, 2] * 3600 * share
        inside = cones.contains(*beside(centres[:, 0], centres[:, 1], apart, seed=1))
        assert inside.tolist() == [expected] * len(centres)


BAD = {
    "nothing": ("region.fits", b"", "is no MOC in FITS, JSON or ASCII"),
    "prose": ("region.txt", b"the northern sky", "is no MOC in FITS, JSON or ASCII.*MOC.save"),
    "half a JSON": ("region.json", b'{"3": [1,', "is no MOC in FITS, JSON or ASCII"),
    "JSON of no cells": ("region.json", b'{"3": 1}', "is no MOC in FITS, JSON or ASCII"),
    "half a FITS": ("region.fits", b"SIMPLE  =   T", "is no MOC in FITS, JSON or ASCII"),
    "no cells": ("region.txt", b"5/", "it covers nothing"),
    "cells beyond": ("region.json", b'{"3": [99999999]}', "Too large index '99999999'"),
    "cones too wide": ("c.csv", b"ra,dec,radius_deg\n1,2,31\n", "row 1: radius is 111600.*108000"),
    "cones of no size": ("c.csv", b"ra,dec\n1,2\n", "no column of radii; call it 'radius_deg'"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_no_region_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    name, content, message = BAD[what]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FilterError, match=message) as error:
        open_region("r", tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_table_that_is_no_moc_is_refused(tmp_path: Path) -> None:
    from astropy.table import Table

    Table({"ra": [1.0]}).write(tmp_path / "table.fits")
    with pytest.raises(FilterError, match="is no MOC in FITS, JSON or ASCII"):
        open_region("r", tmp_path / "table.fits")


def test_a_region_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"absent\.fits: No such file"):
        open_region("r", tmp_path / "absent.fits")
