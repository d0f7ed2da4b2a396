"""A map between frames on its coarse grid, against astropy asked for each pixel."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.wcs import WCS
from numpy.random import default_rng

from telescope.align import on_grid
from telescope.fits_files import Header, read_images
from telescope.sky_grid import mapping, sky_of

SIDE = 3072
PIXEL_DEG = 1.0 / 3600.0
TAN: Header = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 62.0,
    "CRPIX1": 1500.0, "CRPIX2": 1600.0, "CUNIT1": "deg", "CUNIT2": "deg",
    "CD1_1": -PIXEL_DEG, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": PIXEL_DEG,
}  # fmt: skip
TURNED: Header = {
    **TAN, "CRVAL1": 150.02, "CRPIX1": 1540.0, "CD1_1": -0.97 * PIXEL_DEG,
    "CD1_2": -0.2 * PIXEL_DEG, "CD2_1": -0.2 * PIXEL_DEG, "CD2_2": 0.97 * PIXEL_DEG,
}  # fmt: skip
# Up to 20 to 40 pixels in the corners, which is more than survey cameras have.
SIP: Header = {
    **TAN, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 3, "B_ORDER": 3,
    "A_2_0": 4e-6, "A_1_1": -3e-6, "A_3_0": 3e-9, "A_1_2": 3e-9,
    "B_0_2": -5e-6, "B_1_1": 2e-6, "B_0_3": 3e-9, "B_2_1": 3e-9,
}  # fmt: skip
TPV: Header = {
    **TAN, "CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV",
    "PV1_1": 1.002, "PV1_4": 0.006, "PV1_7": 0.02, "PV1_9": 0.02,
    "PV2_1": 0.998, "PV2_4": -0.008, "PV2_7": 0.02, "PV2_9": 0.02,
}  # fmt: skip


def off_by(onto: Header, of: Header) -> float:
    """Pixels, the most of places at random and of the corners."""
    shape = (SIDE, SIDE)
    ours, theirs = sky_of(onto, shape), sky_of(of, shape)
    assert ours is not None
    assert theirs is not None
    places = default_rng(1).uniform(0, SIDE - 1, (4000, 2))
    places[:4] = [(0, 0), (0, SIDE - 1), (SIDE - 1, 0), (SIDE - 1, SIDE - 1)]
    grids = mapping(ours, theirs, shape)
    quick = np.stack([on_grid(grid, places) for grid in grids], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        radec = WCS(onto).all_pix2world(places, 0)
        plain = WCS(of).all_world2pix(radec, 0, tolerance=1e-8)
    return float(np.abs(quick - plain).max())


@pytest.mark.parametrize("distorted", [SIP, TPV], ids=["SIP", "TPV"])
def test_a_distorted_frame_is_mapped_to_a_hundredth_of_a_pixel_both_ways(distorted: Header) -> None:
    moved = off_by(TAN, TURNED), off_by(distorted, TURNED), off_by(TURNED, distorted)
    assert max(moved) < 0.01


@pytest.mark.parametrize("distorted", [SIP, TPV], ids=["SIP", "TPV"])
def test_these_distortions_are_no_trifle(distorted: Header) -> None:
    corner = np.array([[0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        away = WCS(TAN).all_world2pix(WCS(distorted).all_pix2world(corner, 0), 0) - corner
    assert np.hypot(*away[0]) > 5


def test_a_real_frame_of_tpv_is_mapped_to_a_thousandth_of_a_pixel(data_folder: Path) -> None:
    path = next((data_folder / "images" / "frames").glob("ztf*sciimg.fits.fz"), None)
    if path is None:
        pytest.skip("GUESTSTAR_DATA holds no frames")
    header = read_images(path, None, None, None, SIDE * SIDE * 2).header
    words = ("CTYPE", "CRVAL", "CRPIX", "CUNIT", "CD1_", "CD2_", "PV")
    real = {name: header[name] for name in header if name.startswith(words)}
    assert "PV1_7" in real
    turned = {**TURNED, "CRVAL1": real["CRVAL1"], "CRVAL2": real["CRVAL2"]}
    assert max(off_by(real, turned), off_by(turned, real)) < 0.001
