"""A stamp as a PNG has the plane's pixels, turned and scaled as was asked."""

from __future__ import annotations

import io
from itertools import product

import numpy as np
import pytest
from matplotlib.image import imread

from gueststar.alert import Alert, rows
from gueststar.portal.stamps import NO_PIXEL_RGB, SCALES, WAYS, Look, _levels, _png, oriented, png
from gueststar.upright import upright
from schemas.decode import Decoder

BELOW_THIRD = 3 * 5 + 3
"""Of 4 rows of 5 pixels, from above: the lowest row's fourth."""


@pytest.fixture
def alert(packets: list[bytes]) -> Alert:
    return next(rows(Decoder().decode(packets[:1]), [{}], [()]))


def test_a_stamp_is_a_picture_of_its_plane(alert: Alert) -> None:
    for scale, way, plane in product(SCALES, WAYS, range(3)):
        data = png(alert, plane, Look(scale, way))
        assert data is not None
        shape = oriented(alert, way)[0][plane].shape
        assert imread(io.BytesIO(data), format="png").shape[:2] == shape


def test_the_brightest_pixel_is_where_it_was_the_first_row_below() -> None:
    plane = np.zeros((4, 5), np.float32)
    plane[0, 3] = 1000
    drawn = imread(io.BytesIO(_png(_levels(plane, 0, Look("linear")))), format="png")
    assert int(drawn[..., 0].argmax()) == BELOW_THIRD
    inverted = imread(io.BytesIO(_png(_levels(plane, 0, Look("linear", inverted=True)))))
    assert int(inverted[..., 0].argmin()) == BELOW_THIRD


def test_a_pixel_without_a_value_is_no_grey() -> None:
    plane = np.ones((2, 2), np.float32)
    plane[1, 0] = np.nan
    for scale in SCALES:
        drawn = imread(io.BytesIO(_png(_levels(plane, 0, Look(scale)))), format="png")
        assert np.rint(drawn[0, 0, :3] * 255).astype(int).tolist() == list(NO_PIXEL_RGB)
    assert _png(_levels(np.full((2, 2), np.nan, np.float32), 0, Look("log")))


def test_north_is_up_where_it_is_known(alert: Alert) -> None:
    planes, compass = oriented(alert, "north-up")
    expected, known = upright(alert)
    assert compass == known
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(planes, expected, strict=True))
    assert oriented(alert, "as-sent")[1] is None
