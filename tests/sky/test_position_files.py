"""Lists of positions read alike from every format, and each unusable one is refused by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import FilterError
from sky import formats, positions
from sky.position_files import read_positions
from sky.positions import RADIUS_ARCSEC_DEFAULT, Positions, RadiusRule
from tests.sky.skies import uniform

Columns = dict[str, list[float] | list[str]]
Writer = Callable[[Columns, Path], None]


def write_csv(columns: Columns, path: Path) -> None:
    rows = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    path.write_text("\n".join(rows) + "\n")


def write_packed_csv(columns: Columns, path: Path) -> None:
    write_csv(columns, path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def write_parquet(columns: Columns, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path)


def write_astropy(columns: Columns, path: Path) -> None:
    from astropy.table import Table

    votable = path.suffix in {".vot", ".xml"}
    Table(columns).write(path, format="votable" if votable else "fits", overwrite=True)


WRITERS: dict[str, Writer] = {
    "list.csv": write_csv,
    "list.csv.gz": write_packed_csv,
    "list.parquet": write_parquet,
    "list.fits": write_astropy,
    "list.fits.gz": write_astropy,
    "list.vot": write_astropy,
    "list.xml": write_astropy,
}


def read(path: Path) -> Positions:
    return read_positions(path, RadiusRule())


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_reads_alike(name: str, tmp_path: Path) -> None:
    ra, dec = (column.tolist() for column in uniform(50, seed=1))
    radius = np.linspace(0.5, 3600, 50).tolist()
    names = [f"AGN {row}" for row in range(50)]
    columns: Columns = {"name": names, "ra_deg": ra, "dec_deg": dec, "radius_arcsec": radius}
    WRITERS[name](columns, tmp_path / name)
    for found, expected in zip(read(tmp_path / name), (ra, dec, radius), strict=True):
        assert found.dtype == np.dtype("=f8")
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("ra", "dec"),
    [("RA", "DEC"), ("RAJ2000", "DEJ2000"), ("_RAJ2000", "_DEJ2000"), ("ra", "decl")],
)
def test_the_names_that_catalogues_use_are_known(ra: str, dec: str, tmp_path: Path) -> None:
    if dec == "decl":
        dec = "declination"
    write_csv({dec: [2.0], ra: [1.0]}, tmp_path / "list.csv")
    assert [column.tolist() for column in read(tmp_path / "list.csv")[:2]] == [[1.0], [2.0]]


def test_a_list_without_radii_has_the_default_one(tmp_path: Path) -> None:
    write_csv({"ra": [1.0, 2.0], "dec": [2.0, 3.0]}, tmp_path / "list.csv")
    assert read(tmp_path / "list.csv").radius_arcsec.tolist() == [RADIUS_ARCSEC_DEFAULT] * 2


@pytest.mark.parametrize(
    ("name", "arcsec"),
    [("radius", 0.5), ("radius_arcsec", 0.5), ("radius_arcmin", 30.0), ("radius_deg", 1800.0)],
)
def test_a_radius_is_in_the_unit_of_its_name_else_in_arcsec(
    name: str, arcsec: float, tmp_path: Path
) -> None:
    write_csv({"ra": [1.0], "dec": [2.0], name: [0.5]}, tmp_path / "list.csv")
    np.testing.assert_allclose(read(tmp_path / "list.csv").radius_arcsec, [arcsec])


@pytest.mark.parametrize("name", ["list.fits", "list.vot"])
def test_the_units_that_a_format_states_are_kept(name: str, tmp_path: Path) -> None:
    from astropy import units
    from astropy.table import QTable

    table = QTable(
        {"ra": [1.0] * units.rad, "dec": [30.0] * units.deg, "radius": [2.0] * units.arcmin}
    )
    table.write(tmp_path / name, format="fits" if name.endswith("fits") else "votable")
    found = read(tmp_path / name)
    np.testing.assert_allclose(np.concatenate(found), [np.degrees(1.0), 30.0, 120.0])


@pytest.mark.parametrize("name", ["list.fits", "list.vot"])
def test_a_unit_that_is_no_angle_is_named(name: str, tmp_path: Path) -> None:
    from astropy import units
    from astropy.table import QTable

    table = QTable({"ra": [1.0] * units.s, "dec": [30.0] * units.deg})
    table.write(tmp_path / name, format="fits" if name.endswith("fits") else "votable")
    with pytest.raises(FilterError, match=r"column 'ra' is in 's', which is no unit of angle"):
        read(tmp_path / name)


BAD: dict[str, tuple[str, str]] = {
    "ra too great": ("ra,dec\n1,2\n361,2\n", "row 2: right ascension is 361, not 0 to 360 degrees"),
    "ra below": ("ra,dec\n-1,2\n", "row 1: right ascension is -1, .*ICRS in decimal degrees"),
    "dec too great": ("ra,dec\n1,2\n1,2\n1,-90.5\n", "row 3: declination is -90.5, not -90 to 90"),
    "ra missing": ("ra,dec\n1,2\n,2\n", "row 2: right ascension is missing"),
    "dec NaN": ("ra,dec\n1,nan\n", "row 1: declination is missing"),
    "radius zero": ("ra,dec,radius\n1,2,0\n", "row 1: radius is 0, not 0.001 to 3600 arcsec"),
    "radius great": ("ra,dec,radius\n1,2,3601\n", "row 1: radius is 3601.*radius_arcmin"),
    "radius missing": ("ra,dec,radius\n1,2,\n", "row 1: radius is missing"),
    "radius misnamed": ("ra,dec,radius_as\n1,2,3\n", "column 'radius_as' is no radius"),
    "no rows": ("ra,dec\n", "it has no rows"),
    "no file": ("", "it cannot be read: "),
    "no dec": ("ra,b\n1,2\n", "no column of declination; call it 'dec_deg'; there are: b, ra"),
    "sexagesimal": ("ra,dec\n12:30:00,2\n", "it cannot be read: .*12:30:00"),
    "ragged": ("ra,dec\n1,2\n1,2,3\n", "it cannot be read: .*Expected 2 columns, got 3"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_list_is_refused_with_its_row_and_a_remedy(what: str, tmp_path: Path) -> None:
    text, message = BAD[what]
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(FilterError, match=message) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["list.parquet", "list.fits", "list.vot"])
def test_a_file_that_is_not_of_its_ending_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("ra,dec\n1,2\n")
    with pytest.raises(FilterError, match=rf"{name}: it cannot be read: "):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["list.parquet", "list.fits", "list.vot"])
def test_a_position_in_letters_is_refused(name: str, tmp_path: Path) -> None:
    WRITERS[name]({"ra": ["12:30:00"], "dec": ["-5:00:00"]}, tmp_path / name)
    with pytest.raises(FilterError, match=rf"{name}: .*decimal degrees"):
        read(tmp_path / name)


def test_a_fits_file_without_a_table_is_refused(tmp_path: Path) -> None:
    from astropy.io import fits

    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "image.fits")
    with pytest.raises(FilterError, match="it holds no binary table"):
        read(tmp_path / "image.fits")


@pytest.mark.parametrize("name", ["list.txt", "list", "list.parquet.gz", "list.gz"])
def test_an_unknown_ending_is_refused_with_those_that_are_known(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("ra,dec\n1,2\n")
    with pytest.raises(FilterError, match=r"told by its ending, one of \.csv, \.fit"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["list.csv", "list.parquet", "list.fits", "list.vot"])
def test_a_list_that_is_too_long_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WRITERS[name]({"ra": [1.0] * 4, "dec": [2.0] * 4}, tmp_path / name)
    monkeypatch.setattr(positions, "WATCHLIST_ROWS_MAX", 3)
    with pytest.raises(FilterError, match="more than 3 rows; split it, or draw it as a MOC"):
        read(tmp_path / name)


def test_a_masked_value_of_a_votable_is_missing(tmp_path: Path) -> None:
    from astropy.table import MaskedColumn, Table

    masked = MaskedColumn([1.0, 2.0], name="ra", mask=[False, True])
    Table([masked, MaskedColumn([1.0, 2.0], name="dec")]).write(
        tmp_path / "list.vot", format="votable"
    )
    with pytest.raises(FilterError, match="row 2: right ascension is missing"):
        read(tmp_path / "list.vot")


def test_each_ending_has_a_reader() -> None:
    assert {*formats.PACKED} <= {*formats.READERS}
