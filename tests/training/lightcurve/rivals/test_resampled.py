"""An even grid keeps a light curve's direction, its bands' order and its unit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from schemas.batch import LightCurves
from schemas.errors import ModelError
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.rivals.resampled import (
    MARGIN_DAYS,
    STEPS,
    resampled,
)

BEGUN_MJD = 60_000.0
VISITS = 20


def one(
    flux: NDArray[np.float64],
    band: NDArray[np.int8],
    mjd: NDArray[np.float64],
    detected: NDArray[np.bool_] | None = None,
    name: str = "an object",
) -> Objects:
    """One object of the points given."""
    n = len(mjd)
    seen = np.ones(n, np.bool_) if detected is None else detected
    curves = LightCurves(
        np.array([0, n]), mjd, band, flux, np.full(n, 10.0), np.full(n, np.nan), seen
    )
    return Objects(np.array([name]), np.zeros(1, np.int64), curves, np.full((1, 3), np.nan))


def rising(name: str = "a riser") -> Objects:
    """Every band brightens by 1,000 nJy in 60 days, and each redder band starts 500 higher."""
    day = np.repeat(np.linspace(0, 60, VISITS), len(BANDS))
    band = np.tile(np.arange(len(BANDS), dtype=np.int8), VISITS)
    return one(1000 + 1000 * day / 60 + 500.0 * band, band, BEGUN_MJD + day, name=name)


def test_time_rises_along_the_first_axis_and_bands_stand_in_their_order() -> None:
    [grid] = resampled(rising(), workers=1)
    assert grid.shape == (STEPS, len(BANDS)) and grid.dtype == np.float32
    assert (np.diff(grid[::10], axis=0) > 0).all()
    np.testing.assert_allclose(grid[0], 1000 + 500.0 * np.arange(6), atol=60)
    np.testing.assert_allclose(grid[-1], 2000 + 500.0 * np.arange(6), atol=60)


def test_a_flash_in_one_band_shows_where_and_when_it_was() -> None:
    day = np.repeat(np.arange(0.0, 50.0, 2.0), len(BANDS))
    band = np.tile(np.arange(len(BANDS), dtype=np.int8), 25)
    flux = np.where(band >= BANDS.index("z"), 5000.0, 100.0) * np.exp(-0.5 * ((day - 12) / 5) ** 2)
    [grid] = resampled(one(flux, band, BEGUN_MJD + day), workers=1)
    step, brightest = np.unravel_index(grid.argmax(), grid.shape)
    assert brightest in (BANDS.index("z"), BANDS.index("y"))
    assert abs(step / (STEPS - 1) * 48 - 12) < 2


def test_what_is_far_from_the_detections_is_left_out() -> None:
    day = np.arange(0.0, 400.0, 4.0)
    near = np.abs(day - 200) < 10
    flux = np.where(np.abs(day - 200) < MARGIN_DAYS + 9, 1000.0, -1e6)
    band = np.full(len(day), 2, np.int8)
    [grid] = resampled(one(flux, band, BEGUN_MJD + day, near), workers=1)
    assert grid[:, 2].min() > 500


def test_without_a_detection_every_measured_point_counts() -> None:
    day = np.arange(0.0, 300.0, 5.0)
    flux, band = 1000 + day, np.full(len(day), 1, np.int8)
    flux[::7] = np.nan
    [grid] = resampled(one(flux, band, BEGUN_MJD + day, np.zeros(len(day), np.bool_)), workers=1)
    np.testing.assert_allclose(grid[[5, -5], 1], [1015, 1280], atol=40)


def test_objects_keep_their_order_and_two_workers_agree_with_one() -> None:
    day = np.arange(0.0, 60.0, 3.0)
    flat = one(np.full(20, 7000.0), np.zeros(20, np.int8), BEGUN_MJD + day)
    table = joined([flat, rising()] * 9)
    grids = resampled(table, workers=1)
    assert len(grids) == 18
    np.testing.assert_array_equal(grids[::2], np.broadcast_to(grids[0], (9, STEPS, 6)))
    np.testing.assert_array_equal(resampled(table, workers=2), grids)


def test_an_object_without_measured_flux_is_named() -> None:
    band, mjd = np.zeros(3, np.int8), BEGUN_MJD + np.arange(3.0)
    with pytest.raises(ModelError, match="object ghost: no measured flux"):
        resampled(one(np.full(3, np.nan), band, mjd, name="ghost"), workers=1)


def test_no_objects_give_no_grids() -> None:
    assert resampled(rising().take(np.empty(0, np.int64)), workers=1).shape == (0, STEPS, 6)
