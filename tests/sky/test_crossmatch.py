"""A cross-match finds what astropy finds, and carries what its catalogue says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet

from filters.handmade import handmade
from gueststar.testing import check_stage
from schemas.errors import FilterError
from sky.catalogue_files import Table, read_catalogue
from sky.crossmatch import CrossMatch, open_crossmatch
from tests.sky.skies import POSITION, Degrees, beside, columns, uniform

HASH = "ab" * 32


def matched(ra: Degrees, dec: Degrees, radius_arcsec: float) -> CrossMatch:
    """A catalogue whose only column is a row's own number."""
    table = Table(ra, dec, {"row": np.arange(len(ra))}, HASH)
    return CrossMatch("mine", table, radius_arcsec)


def separations(ra: Degrees, dec: Degrees, there: tuple[Degrees, Degrees]) -> NDArray[np.float64]:
    """By astropy, arcsec (n, listed)."""
    from astropy.coordinates import angular_separation

    here = np.radians(ra)[:, None], np.radians(dec)[:, None]
    apart = angular_separation(*here, np.radians(there[0]), np.radians(there[1]))
    return np.asarray(np.degrees(apart) * 3600)


@settings(max_examples=60)
@given(
    st.lists(POSITION, min_size=1, max_size=30),
    st.lists(POSITION, min_size=1, max_size=10),
    st.floats(0.01, 3_600.0),
    st.integers(0, 1000),
)
def test_the_nearest_and_the_count_are_those_of_all_pairs(
    listed: list[tuple[float, float]],
    elsewhere: list[tuple[float, float]],
    radius_arcsec: float,
    seed: int,
) -> None:
    ra, dec = columns(listed)
    share = np.random.default_rng(seed).uniform(0, 1.2, len(ra))
    near, far = beside(ra, dec, radius_arcsec * share, seed), columns(elsewhere)
    here = [np.concatenate(pair) for pair in zip(near, far, strict=True)]
    found = matched(ra, dec, radius_arcsec).nearest(here[0], here[1])
    apart = separations(here[0], here[1], (ra, dec))
    least, most = (np.sum(apart <= radius_arcsec + each, axis=1) for each in (-1e-6, 1e-6))
    assert (found.sources >= least).all()
    assert (found.sources <= most).all()
    has = found.row >= 0
    np.testing.assert_array_equal(has, found.sources > 0)
    np.testing.assert_array_equal(has, np.isfinite(found.distance_arcsec))
    at_row = np.take_along_axis(apart[has], found.row[has][:, None], axis=1)[:, 0]
    np.testing.assert_allclose(found.distance_arcsec[has], at_row, atol=1e-6, rtol=0)
    assert (found.distance_arcsec[has] <= apart[has].min(axis=1) + 1e-6).all()


def test_a_long_catalogue_answers_as_match_to_catalog_sky_and_search_around_sky() -> None:
    from astropy import units
    from astropy.coordinates import SkyCoord

    ra, dec = uniform(20_000, seed=5)
    near = beside(ra[:2_000], dec[:2_000], np.random.default_rng(6).uniform(0, 900, 2_000), seed=7)
    here, there = SkyCoord(*near, unit="deg"), SkyCoord(ra, dec, unit="deg")
    nearest, apart, _ = here.match_to_catalog_sky(there)
    pairs, *_ = there.search_around_sky(here, 600 * units.arcsec)
    found = matched(ra, dec, 600.0).nearest(*near)
    within = apart.arcsec <= 600
    np.testing.assert_array_equal(found.row, np.where(within, nearest, -1))
    np.testing.assert_array_equal(found.sources, np.bincount(pairs, minlength=len(here)))


def test_it_is_a_stage_that_keeps_the_rules() -> None:
    ra, dec = uniform(50_000, seed=1)
    check_stage(matched(ra, dec, 3_600.0))


def test_each_alert_has_what_the_catalogue_says_of_its_nearest_source(tmp_path: Path) -> None:
    path = tmp_path / "gaia.parquet"
    parquet.write_table(
        pa.table(
            {
                "ra": [10.0, 10.0, 20.0],
                "dec": [5.0, 5.0003, -5.0],
                "parallax_mas": [1.5, 2.5, None],
                "variable": [True, False, None],
            }
        ),
        path,
    )
    stage = open_crossmatch("gaia", path, 2.0, ["parallax_mas", "variable"])
    batch = handmade(ra_deg=[10.0, 20.0, 30.0, np.nan], dec_deg=[5.0002, -5.0, 0.0, 0.0])
    (values,) = stage.run(batch)
    assert stage.gives[0].columns == ("distance_arcsec", "count", "parallax_mas", "variable")
    np.testing.assert_allclose(
        values,
        [
            [0.36, 2, 2.5, 0],
            [0, 1, np.nan, np.nan],
            [np.inf, 0, np.nan, np.nan],
            [np.nan, np.nan, np.nan, np.nan],
        ],
        atol=1e-6,
    )


def test_a_folder_is_one_catalogue_and_what_is_hidden_is_none_of_it(tmp_path: Path) -> None:
    parts = tmp_path / "hats" / "dataset" / "Norder=0" / "Dir=0"
    parts.mkdir(parents=True)
    for pixel, ra in enumerate(([1.0, 2.0], [3.0])):
        data = pa.table({"RAJ2000": ra, "DEJ2000": ra, "mag": ra})
        parquet.write_table(data, parts / f"Npix={pixel}.parquet")
    parquet.write_table(pa.table({"nothing": [1]}), tmp_path / "hats" / "_metadata.parquet")
    table = read_catalogue(tmp_path / "hats", ["mag"])
    np.testing.assert_array_equal(table.ra_deg, [1, 2, 3])
    np.testing.assert_array_equal(table.columns["mag"], [1, 2, 3])
    before = table.sha256
    parquet.write_table(pa.table({"ra": [4.0], "dec": [4.0], "mag": [4.0]}), parts / "b.parquet")
    assert read_catalogue(tmp_path / "hats", ["mag"]).sha256 != before


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"ra": [1.0], "dec": [1.0]}, ["plx"], "no column 'plx'"),
    ({"ra": [1.0], "declin": [1.0]}, [], "no column of declination"),
    ({"ra": [1.0], "dec": [1.0], "name": ["a"]}, ["name"], "'name' is no number"),
    ({"ra": [1.0], "dec": [1.0], "id": [2**60]}, ["id"], r"'id' has numbers beyond 2\*\*53"),
    ({"ra": [1.0, 1.0], "dec": [1.0, 91.0]}, [], "row 2: declination is 91"),
    ({"ra": [1.0, np.nan], "dec": [1.0, 1.0]}, [], "row 2: right ascension is missing"),
    ({"ra": [1.0], "dec": [1.0], "count": [1.0]}, ["count"], "'count' is what a cross-match gives"),
    ({"ra": [1.0], "dec": [1.0], "a": [1.0]}, ["a", "a"], "a column is named twice"),
    ({"ra": np.array([]), "dec": np.array([])}, [], "it has no rows"),
]


@pytest.mark.parametrize(("data", "wanted", "line"), WRONG)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, data: dict[str, Any], wanted: list[str], line: str
) -> None:
    path = tmp_path / "list.parquet"
    parquet.write_table(pa.table(data), path)
    with pytest.raises(FilterError, match=line):
        open_crossmatch("mine", path, 1.5, wanted)


@pytest.mark.parametrize("name", ["absent.parquet", "."])
def test_a_path_without_a_catalogue_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(FilterError, match=str(tmp_path)):
        open_crossmatch("mine", tmp_path / name, 1.5)
