"""The making of the map of dust: what is read, rounded and written is what the lookup finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from schemas.dust import SIDE
from sky.dust_map import read, rounded, write

UNSEEN = -1.6375e30
PIXELS = 12 * SIDE**2


def healpix_file(folder: Path, values: np.ndarray, ordering: str = "RING") -> Path:
    """A file as HEALPix's tools write it."""
    table = fits.BinTableHDU.from_columns([fits.Column("EBV", "E", array=values)])
    table.header.update({"NSIDE": SIDE, "ORDERING": ordering})
    path = folder / "map.fits"
    table.writeto(path)
    return path


def test_what_is_written_is_what_was_read_to_six_digits_and_unseen_is_unknown(
    tmp_path: Path,
) -> None:
    values = np.geomspace(0.003, 60, PIXELS)
    values[7] = UNSEEN
    write(tmp_path / "dust.npz", read(healpix_file(tmp_path, values)))
    with np.load(tmp_path / "dust.npz") as file:
        found = file["ebv_mag"].astype(np.float64)
    assert np.isnan(found[7])
    np.testing.assert_allclose(np.delete(found, 7), np.delete(values, 7), rtol=2**-6)


def test_a_rounded_value_is_not_rounded_again() -> None:
    values = np.geomspace(0.003, 60, 1000)
    once = rounded(values)
    np.testing.assert_array_equal(rounded(once.astype(np.float64)), once)


def test_a_map_in_another_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ordering RING"):
        read(healpix_file(tmp_path, np.ones(PIXELS), "NESTED"))
