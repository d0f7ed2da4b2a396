"""The sky of a configuration, and what a filter sees of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.handmade import handmade
from schemas.errors import FilterError
from sky.catalogues import NO_SKY, CatalogueIdentity
from sky.configuration import open_sky


@pytest.fixture
def agn(tmp_path: Path) -> Path:
    path = tmp_path / "agn.csv"
    path.write_text("name,ra,dec,radius\nmine,10,20,2\n")
    return path


@pytest.fixture
def north(tmp_path: Path) -> Path:
    path = tmp_path / "north.txt"
    path.write_text("0/0-3")
    return path


def test_a_filter_asks_regions_and_watchlists_and_their_files_are_noted(
    agn: Path, north: Path
) -> None:
    sky = open_sky({"north": north}, {"agn": agn})
    alerts = Alerts(handmade(rows=3, ra_deg=[10.0, 10.0, 10.0], dec_deg=[20.0, 60.0, -60.0]), sky)
    assert alerts.watchlist("agn").tolist() == [True, False, False]
    assert alerts.in_region("north")[1:].tolist() == [True, False]
    assert alerts.catalogues == {
        name: CatalogueIdentity(name, hashlib.sha256(path.read_bytes()).hexdigest())
        for name, path in (("agn", agn), ("north", north))
    }


def test_the_distance_is_in_arcsec(agn: Path) -> None:
    watchlist = open_sky({}, {"agn": agn}).watchlist("agn")
    dec = 20 + np.array([0.0, 1.0, 1.999, 2.001]) / 3600
    found = watchlist.distance_arcsec(np.full(4, 10.0), dec)
    np.testing.assert_allclose(found, [0.0, 1.0, 1.999, np.inf], atol=1e-9)


def test_a_file_that_cannot_be_used_is_named_with_its_setting(agn: Path, tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"^\[filters.watchlists\] mine: .*absent.csv: No such"):
        open_sky({}, {"agn": agn, "mine": tmp_path / "absent.csv"})
    with pytest.raises(FilterError, match=r"^\[filters.regions\] mine: .*absent.fits: No such"):
        open_sky({"mine": tmp_path / "absent.fits"}, {})


def test_a_folder_is_no_watchlist(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"\[filters.watchlists\] mine: .*: Is a directory"):
        open_sky({}, {"mine": tmp_path})


def test_a_name_is_of_a_region_or_of_a_watchlist(agn: Path, north: Path) -> None:
    with pytest.raises(FilterError, match=r"'one' is in \[filters.regions\] and in \[filters.wat"):
        open_sky({"one": north}, {"one": agn})


def test_without_names_nothing_is_opened_nor_imported() -> None:
    assert open_sky({}, {}) is NO_SKY
    code = (
        "import sys; from sky.configuration import open_sky; open_sky({}, {}); "
        "sys.exit(bool({'astropy', 'mocpy', 'cdshealpix', 'pyarrow'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
