"""What stands in a packet's light curve is read off it as a person would."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.batch import LightCurves
from schemas.photometry import FLUX_ERR_PER_MAG, njy
from training.lightcurve.rivals.packet_features import NAMES, packet_features

G, R = 1, 2
Point = tuple[float, int, float, bool]
"""Day, band, magnitude or limit, detected."""


def curves(*objects: list[Point]) -> LightCurves:
    """Light curves of points by rising time, with errors of 0.1 mag."""
    points = [point for one in objects for point in one]
    mjd, band, magnitude, seen = (np.array(column) for column in zip(*points, strict=True))
    flux = np.where(seen, njy(magnitude), np.nan)
    return LightCurves(
        np.cumsum([0, *map(len, objects)]),
        59000.0 + mjd,
        band.astype(np.int8),
        flux,
        0.1 * FLUX_ERR_PER_MAG * flux,
        np.where(seen, np.nan, magnitude),
        seen,
    )


def read(*objects: list[Point]) -> dict[str, float]:
    """The first object's features by name."""
    return dict(zip(NAMES, packet_features(curves(*objects))[0].tolist(), strict=True))


RISING: list[Point] = [
    (0.0, G, 20.5, False),
    (2.0, R, 21.0, False),
    (4.0, G, 19.5, True),
    (5.0, R, 19.9, True),
    (8.0, G, 18.5, True),
    (9.0, R, 19.1, True),
]


def test_slopes_are_magnitudes_a_day_and_negative_where_it_brightens() -> None:
    found = read(RISING)
    assert found["g_slope"] == pytest.approx(-0.25, abs=1e-4)
    assert found["r_slope"] == pytest.approx(-0.2, abs=1e-4)
    assert found["g_change"] == pytest.approx(-1.0, abs=1e-4)
    assert found["g_slope_errors"] == pytest.approx(-0.25 * np.sqrt(8) / 0.1, rel=1e-3)
    assert found["g_rise"] == pytest.approx(1.0, abs=1e-4)
    assert found["g_fall"] == pytest.approx(0.0, abs=1e-4)


def test_the_last_limit_says_how_fast_it_came() -> None:
    found = read(RISING)
    assert found["g_limit_gap_days"] == 4.0 and found["r_limit_gap_days"] == 3.0
    assert found["g_limit_gap_mag"] == pytest.approx(1.0, abs=1e-4)
    assert found["g_limit_gap_slope"] == pytest.approx(0.25, abs=1e-4)
    assert found["limit_gap_days"] == 2.0 and found["limits_before"] == 2.0
    assert found["deepest_limit_before"] == pytest.approx(21.0)


def test_colours_come_from_points_that_stand_close() -> None:
    found = read(RISING)
    assert found["colour_first"] == pytest.approx(-0.4, abs=1e-4)
    assert found["colour_last"] == pytest.approx(-0.6, abs=1e-4)
    assert found["colour_of_brightest"] == pytest.approx(-0.6, abs=1e-4)
    assert found["colour_between_peaks"] == -1.0
    apart = read([(0.0, G, 19.0, True), (9.0, R, 18.0, True)])
    assert np.isnan(apart["colour_first"]) and apart["colour_of_first"] == pytest.approx(1.0)


def test_a_band_that_was_not_seen_says_nothing() -> None:
    found = read([(0.0, R, 19.0, True), (1.0, R, 18.0, True)])
    assert found["g_detections"] == 0.0
    of_g = [value for name, value in found.items() if name.startswith(("g_", "colour"))]
    assert np.isnan(of_g[1:]).all()
    assert np.isnan(found["limit_gap_days"])


def test_two_points_at_one_instant_have_no_slope() -> None:
    found = read([(0.0, R, 19.0, True), (0.0, R, 18.0, True)])
    assert np.isnan(found["r_slope"]) and found["r_brightest"] == pytest.approx(18.0)


def test_an_object_is_read_alike_whatever_stands_beside_it() -> None:
    other: list[Point] = [(0.0, G, 18.0, True), (3.0, R, 17.0, True)]
    together, alone = packet_features(curves(other, RISING)), packet_features(curves(RISING))
    np.testing.assert_array_equal(together[1], alone[0])
