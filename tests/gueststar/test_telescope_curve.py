"""What two cameras saw of an object as one light curve, whatever zero points they say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broker.errors import SettingsError
from telescope.fits_files import write_image
from telescope.settings import read_settings
from telescope.simulate import Air, as_reference, before, expose, header_of, sky_field
from telescope.simulated_night import SETTINGS
from telescope.site import Site
from telescope.sky_grid import sky_of
from telescope.working import work
from tests.gueststar.running import said

SIDE = 512
WRONG_BY_MAG = 0.31
PLACE = np.array([260.0]), np.array([240.0])
FLUX = 2500.0
"""Of what is new there: magnitude 17.51 by the zero point of 26."""
AIRS = {
    "one": Air(seed=1, fwhm=2.6),
    "two": Air(seed=2, fwhm=3.3, sky=300, throughput=0.8, shift=(4.0, -3.0), turn_deg=0.3),
}


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same field at two sites, one of which says a wrong zero point."""
    field, new = sky_field(3, SIDE, stars=220, galaxies=20), (*PLACE, np.array([FLUX]), np.zeros(1))
    found = []
    for name, air in AIRS.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "frames").mkdir()
        deep = replace(as_reference(air), fwhm=air.fwhm - 0.3)
        write_image(folder / "reference.fits", expose(field, deep, SIDE, before(new))[0])
        for number in range(2):
            seen = replace(air, seed=10 * air.seed + number, mjd=air.mjd + number + air.seed / 8)
            image, _ = expose(field, seen, SIDE, new)
            write_image(folder / "frames" / f"frame{number}.fits", image)
        wrong = WRONG_BY_MAG if name == "two" else 0.0
        config = folder / "telescope.toml"
        facts = f"facts = {{ zero_point = {air.zero_point + wrong} }}\n"
        config.write_text(SETTINGS.replace('"simulated"', f'"{name}"') + facts)
        work(Site(read_settings(config)), None, once=True, on_line=lambda _: None)
        found.append(config)
    return found


def test_each_cameras_zero_point_is_fitted_and_its_points_are_on_the_firsts(
    sites: list[Path],
) -> None:
    sky = sky_of(header_of(Air(), SIDE), (SIDE, SIDE))
    assert sky is not None
    at = [str(one[0]) for one in sky.radec(*PLACE)]
    text = said("telescope", "curve", *map(str, sites), "--at", *at)
    fitted = re.search(r"# two r: ([+-][\d.]+) ± ([\d.]+)", text)
    assert fitted is not None
    assert float(fitted[1]) == pytest.approx(WRONG_BY_MAG, abs=0.02)
    assert 0 < float(fitted[2]) < 0.01
    rows = [line.split(",") for line in text.splitlines() if line[0].isdigit()]
    assert [row[4] for row in rows] == ["one", "two"] * 2
    off = np.array([float(row[2]) for row in rows]) - (26.0 - 2.5 * np.log10(FLUX))
    errors = np.array([float(row[3]) for row in rows])
    assert np.abs(off / errors).max() < 4
    assert errors.max() < 0.06


def test_two_cameras_of_one_name_are_refused(sites: list[Path]) -> None:
    with pytest.raises(SettingsError, match="have one name"):
        said("telescope", "curve", str(sites[0]), str(sites[0]), "--at", "150", "20")
