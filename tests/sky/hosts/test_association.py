"""A host is the galaxy of which an alert lies the fewest light radii away, and says how likely."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet

from benchmarks.hosts import measured
from filters.handmade import handmade
from gueststar.testing import check_stage
from schemas.errors import FilterError
from sky.hosts.association import GIVES, Hosts, open_hosts
from sky.hosts.ellipses import Ellipses, light_radii
from sky.hosts.galaxies import Galaxies
from sky.positions import unit_vectors
from tests.sky.skies import beside, uniform

HASH = "ab" * 32
GLADE = "hosts/glade_plus_z_below_0.15.parquet"


def hosts(shape: Ellipses, name: str = "host") -> Hosts:
    rows = len(shape.ra_deg)
    galaxies = Galaxies(
        shape,
        np.linspace(0.01, 0.1, rows),
        np.full(rows, 0.001),
        {"row": np.arange(float(rows))},
        HASH,
    )
    return Hosts(name, galaxies)


def drawn(rows: int, seed: int) -> Ellipses:
    draw = np.random.default_rng(seed)
    angle = np.where(draw.random(rows) < 0.2, np.nan, draw.uniform(0, 180, rows))
    size, ratio = 10.0 ** draw.uniform(0, 2.5, rows), draw.uniform(0.1, 1, rows)
    return Ellipses(*uniform(rows, seed), size, ratio, angle)


def by_astropy(shape: Ellipses, ra: float, dec: float) -> NDArray[np.float64]:
    """Light radii to all galaxies, by spherical separation and position angle."""
    from astropy.coordinates import SkyCoord

    centre = SkyCoord(shape.ra_deg, shape.dec_deg, unit="deg")
    there = SkyCoord(ra, dec, unit="deg")
    apart, toward = centre.separation(there).arcsec, centre.position_angle(there).rad
    major, minor = shape.major_arcsec, shape.major_arcsec * shape.axis_ratio
    off = toward - np.radians(np.nan_to_num(shape.angle_deg))
    radius = major * minor / np.hypot(minor * np.cos(off), major * np.sin(off))
    is_round = np.isnan(shape.angle_deg)
    return np.asarray(apart / np.where(is_round, np.sqrt(major * minor), radius))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_host_is_the_nearest_of_all_galaxies_in_light_radii(seed: int) -> None:
    shape = drawn(400, seed)
    draw = np.random.default_rng(seed)
    apart = draw.uniform(0, 3, 400) * shape.major_arcsec
    ra, dec = beside(shape.ra_deg, shape.dec_deg, apart, seed)
    stage = hosts(shape)
    found = stage.associated(ra, dec)
    for one in range(0, 400, 20):
        radii = by_astropy(shape, ra[one], dec[one])
        best = int(np.argmin(radii))
        if abs(radii[best] - stage.light_radii_max) < 1e-3:
            continue
        assert found.row[one] == (best if radii[best] <= stage.light_radii_max else -1)
        assert found.candidates[one] == np.sum(radii <= stage.light_radii_max)
        if found.row[one] >= 0:
            np.testing.assert_allclose(found.light_radii[one], radii[best], rtol=1e-4)


def test_a_position_along_the_major_axis_is_nearer_than_one_across() -> None:
    here = Ellipses(*(np.array([each]) for each in (40.0, 30.0, 20.0, 0.5, 90.0)))
    step = 10 / 3600
    east = unit_vectors(np.array([40 + step / np.cos(np.radians(30))]), np.array([30.0]))
    north = unit_vectors(np.array([40.0]), np.array([30 + step]))
    np.testing.assert_allclose(light_radii(here, east), 0.5, rtol=1e-4)
    np.testing.assert_allclose(light_radii(here, north), 1.0, rtol=1e-4)


def asked(stage: Hosts, ra_deg: list[float], dec_deg: list[float]) -> list[Mapping[str, float]]:
    (values,) = stage.run(handmade(ra_deg=ra_deg, dec_deg=dec_deg))
    return [dict(zip(stage.gives[0].columns, row.tolist(), strict=True)) for row in values]


def test_none_and_ambiguous_are_answers() -> None:
    pair = Ellipses(
        np.array([10.0, 10.0, 50.0]),
        np.array([5.0, 5.0 + 20 / 3600, 5.0]),
        np.array([10.0, 10.0, 10.0]),
        np.ones(3),
        np.full(3, np.nan),
    )
    between, clear, none, nowhere = asked(
        hosts(pair), [10.0, 50.0, 80.0, np.nan], [5.0 + 9 / 3600, 5.0 + 5 / 3600, 0.0, 0.0]
    )
    assert (between["found"], between["ambiguous"], between["candidates"]) == (1, 1, 2)
    assert (clear["found"], clear["ambiguous"]) == (1, 0)
    np.testing.assert_allclose(clear["offset_light_radii"], 0.5, rtol=1e-4)
    assert clear["redshift"] == pytest.approx(0.1)
    assert (none["found"], none["separation_arcsec"]) == (0, np.inf)
    assert np.isnan(none["redshift"])
    assert np.isnan(list(nowhere.values())).all()


def test_it_is_a_stage_that_keeps_the_rules() -> None:
    check_stage(hosts(drawn(50_000, seed=3)))


def test_the_chance_is_how_often_it_happens_anywhere() -> None:
    stage = hosts(drawn(200_000, seed=4))
    ra, dec = uniform(200_000, seed=5)
    (values,) = stage.run(handmade(ra_deg=ra.tolist(), dec_deg=dec.tolist()))
    chance = values[:, GIVES.index("chance")]
    for limit in (0.001, 0.003, 0.01):
        as_often = np.mean(chance <= limit)
        assert abs(as_often - limit) < 0.2 * limit


def test_a_users_own_catalogue_is_read_in_either_form(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    columns = {"ra": [10.0, 20.0], "dec": [5.0, 5.0], "mag_r": [17.0, 18.0], "z": [0.02, None]}
    parquet.write_table(pa.table({**columns, "semi_major_arcsec": [12.0, 3.0]}), path)
    own = open_hosts("mine", path, columns=["mag_r"], redshift_err=0.0005)
    parquet.write_table(pa.table({**columns, "log_d25": np.log10([4.0, 1.0])}), path)
    hyperleda = open_hosts("mine", path, columns=["mag_r"], redshift_err=0.0005)
    here = [10.0, 20.0], [5.0 + 6 / 3600, 5.0]
    assert asked(own, *here)[0] == pytest.approx(asked(hyperleda, *here)[0], nan_ok=True)
    first, second = asked(own, *here)
    assert (first["mag_r"], first["redshift"], first["redshift_err"]) == (17.0, 0.02, 0.0005)
    assert second["found"] == 1
    assert np.isnan(second["redshift_err"])


WRONG = [
    ({"ra": [1.0], "dec": [1.0]}, [], "it has no size of galaxies; call it semi_major_arcsec"),
    ({"ra": [1.0], "dec": [1.0], "log_d25": [9.0]}, [], "no galaxy has a size of 0.05 to 7200"),
    ({"ra": [1.0], "dec": [1.0], "log_d25": [1.0]}, ["chance"], "'chance' is what a host's stage"),
]


@pytest.mark.parametrize(("data", "wanted", "line"), WRONG)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, data: dict[str, list[float]], wanted: list[str], line: str
) -> None:
    path = tmp_path / "list.parquet"
    parquet.write_table(pa.table(data), path)
    with pytest.raises(FilterError, match=line):
        open_hosts("mine", path, columns=wanted)


@pytest.mark.data
def test_of_real_supernovae_three_in_ten_have_a_host_and_its_redshift_is_theirs() -> None:
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder or not Path(folder, GLADE).is_file():
        pytest.skip(f"GUESTSTAR_DATA has no {GLADE}")
    found = measured(Path(folder))
    assert found.matched >= 0.30
    assert found.right >= 0.96
