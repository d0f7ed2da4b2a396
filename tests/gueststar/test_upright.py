"""Stamps with north up and east left, whichever way they were sent, held to astropy's WCS."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.handmade import handmade
from gueststar.alert import Alert, rows
from gueststar.upright import upright, why_none
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.schemas import golden

SIDE = 31
STEP_DEG = 1e-4


def marked(header: fits.Header, star: tuple[float, float]) -> bytes:
    """A dark image with a star at a place of the sky, in degrees from its middle (east, north)."""
    world = WCS(header).wcs_world2pix([[150 + star[0], star[1]]], 0)[0]
    image = np.zeros((SIDE, SIDE), np.float32)
    column, row = np.rint(world).astype(int)
    image[row, column] = 100
    out = BytesIO()
    fits.PrimaryHDU(image, header).writeto(out)
    return out.getvalue()


def sky(angle_deg: float, *, mirrored: bool, style: str = "PC") -> fits.Header:
    """A header of a plane at the equator, turned by an angle and seen from either side."""
    east = STEP_DEG if mirrored else -STEP_DEG
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.diag([east, STEP_DEG]) @ turn
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    header["CRPIX1"] = header["CRPIX2"] = (SIDE + 1) / 2
    header["CRVAL1"], header["CRVAL2"] = 150.0, 0.0
    for (row, column), value in np.ndenumerate(matrix):
        header[f"{style}{row + 1}_{column + 1}"] = float(value)
    return header


def alert_of(stamp: bytes | None) -> Alert:
    """A Rubin alert with that science stamp alone."""
    changes: dict[str, Any] = dict.fromkeys(golden.ZTF_CUTOUTS)
    changes["cutoutScience"] = stamp
    batch = Decoder(schemas=golden.GoldenSchemas()).decode([golden.rubin_packet(1, **changes)])
    return next(rows(batch, [{}], [()]))


def brightest(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the star is, columns to the right and rows up from the middle."""
    row, column = np.unravel_index(np.argmax(plane), plane.shape)
    return np.array([column, row]) - (SIDE - 1) / 2


@settings(max_examples=40)
@given(st.floats(-180, 180), st.booleans(), st.sampled_from(["PC", "CD"]))
def test_a_star_in_the_north_is_up_and_one_in_the_east_left(
    angle_deg: float, mirrored: bool, style: str
) -> None:
    header = sky(angle_deg, mirrored=mirrored, style=style)
    for star, number in (((0.0, 12 * STEP_DEG), 0), ((12 * STEP_DEG, 0.0), 1)):
        (plane, *_), compass = upright(alert_of(marked(header, star)))
        assert compass is not None
        direction = np.array(compass[number])
        np.testing.assert_allclose(brightest(plane), 12 * direction, atol=1.0)
        wanted = np.array([(0.0, 1.0), (-1.0, 0.0)][number])
        assert direction @ wanted >= np.cos(np.radians(45)) - 1e-6


def test_ztf_s_stamps_are_turned_upside_down() -> None:
    batch = Decoder().decode([golden.ztf_packet(1)])
    alert = next(rows(batch, [{}], [()]))
    planes, compass = upright(alert)
    for plane, sent in zip(planes, alert.stamps, strict=True):
        np.testing.assert_array_equal(plane, sent[::-1])
    assert str(compass) == "N ↑ E ←"


@pytest.mark.parametrize("cards", [{}, {"CTYPE1": "DEC--TAN", "CD1_1": 1.0}, {"PC1_1": 0.0}])
def test_stamps_that_do_not_say_how_they_lie_are_as_sent(cards: dict[str, Any]) -> None:
    out = BytesIO()
    fits.PrimaryHDU(np.eye(5, dtype=np.float32), fits.Header(cards)).writeto(out)
    alert = alert_of(out.getvalue())
    planes, compass = upright(alert)
    assert compass is None
    np.testing.assert_array_equal(planes[0], alert.stamps[0])


def test_stamps_that_cannot_be_read_are_not_called_lite() -> None:
    assert why_none(alert_of(b"<html>")) == "stamps that cannot be read"
    assert why_none(alert_of(None)) == "no stamps: a lite record"
    by_hand: AlertBatch = handmade(rows=1)
    assert why_none(next(rows(by_hand, [{}], [()]))) == "no stamps: a lite record"
