"""A light curve's row is what the layout says, whatever the light curve and its neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.layout import BANDS
from classifiers.observations.rows import FLUX_NJY_MAX, PRECISION_MAX, rows
from schemas.batch import LightCurves
from schemas.columns import BANDS as SURVEYS_BANDS
from tests.classifiers.observations.curves import Point, curves_of
from tests.classifiers.observations.drawn_curves import (
    CROWDED,
    CURVES,
    HOSTILE,
    INF,
    KNOWN,
    NAN,
    UNKNOWN,
    by_time,
    limits,
    measured,
    redshifts,
    times,
)
from tests.classifiers.observations.slow_rows import slow_row

LAW = settings(max_examples=40)
UNUSABLE = st.sampled_from(
    [
        Point(60000.0, flux_err_njy=NAN),
        Point(60000.0, flux_err_njy=0.0),
        Point(60000.0, flux_err_njy=-5.0),
        Point(60000.0, flux_err_njy=INF),
        Point(60000.0, flux_njy=INF),
        Point(60000.0, flux_njy=-INF),
        Point(60000.0, flux_njy=2 * FLUX_NJY_MAX),
        Point(60000.0, flux_err_njy=0.5 / PRECISION_MAX),
        Point(60000.0, band=-1),
        Point(60000.0, band=len(BANDS)),
        Point(60000.0, flux_njy=NAN, detected=False),
        Point(60000.0, flux_njy=NAN, limit_mag=-INF, detected=False),
        Point(60000.0, flux_njy=NAN, limit_mag=INF),
    ]
)


def row_of(points: Sequence[Point], redshift: Sequence[float] = UNKNOWN) -> NDArray[np.float32]:
    found: NDArray[np.float32] = rows(curves_of([points]), np.array([redshift]))[0]
    return found


def names() -> list[str]:
    """Of every cell."""
    shape = layout.BINS * len(BANDS)
    return [
        *layout.CONTEXT,
        *(layout.BAND_FEATURES * len(BANDS)),
        *(["flux"] * shape),
        *(["precision"] * shape),
        *(layout.VARIABILITY * layout.LAGS),
        *(layout.TOKEN_COLUMNS * layout.TOKENS),
    ]


def tokens_of(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Observations that are there, (k, TOKEN_COLUMNS)."""
    found = row[layout.TOKENS_BEGIN :].reshape(layout.TOKENS, -1)
    return found[found[:, layout.TOKEN_COLUMNS.index("precision")] > 0]


FLUXES = ("flux", "peak_flux", "lowest_flux", "mean", "scatter", "noise", "highest", "lowest")
FLUX = np.isin(names(), [*FLUXES, "change", "change_noise"])
PRECISION = np.array(["precision" in name for name in names()])


def test_every_cell_has_a_name_and_a_place() -> None:
    assert len(names()) == layout.ROW and not (FLUX & PRECISION).any()
    begins = (layout.BAND_BEGIN, layout.SHAPE_BEGIN, layout.LAG_BEGIN, layout.TOKENS_BEGIN)
    assert [names()[begin] for begin in begins] == ["points", "flux", "pairs", "days"]


@LAW
@given(CURVES | CROWDED, redshifts())
def test_a_row_is_what_is_found_point_by_point(
    points: list[Point], redshift: tuple[float, ...]
) -> None:
    brightest = max(
        (abs(one.flux_njy) for one in points if one.flux_njy == one.flux_njy), default=0
    )
    found, wanted = row_of(points, redshift), slow_row(points, redshift)
    assert found.dtype == np.float32 and found.shape == wanted.shape
    # A mean of large fluxes may all but cancel.
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 + 1e-9 * brightest, verbose=True)


@LAW
@given(CURVES, st.lists(st.tuples(times(), UNUSABLE), max_size=8))
def test_points_that_cannot_be_used_change_nothing(
    points: list[Point], unusable: list[tuple[float, Point]]
) -> None:
    others = [one._replace(mjd=mjd) for mjd, one in unusable]
    both = sorted([*points, *others], key=lambda point: point.mjd)
    np.testing.assert_array_equal(row_of(both), row_of(points))


@pytest.mark.parametrize("redshift", [UNKNOWN, KNOWN, (0.3, 0.02, NAN)])
def test_an_empty_light_curve_gives_its_redshift_alone(redshift: tuple[float, ...]) -> None:
    row = row_of([], redshift)
    known = not math.isnan(redshift[0])
    np.testing.assert_array_equal(row[:4], np.array([known, *np.nan_to_num(redshift)], np.float32))
    assert not row[4:].any()


@pytest.mark.parametrize("mjd", [NAN, math.inf, -math.inf])
def test_a_point_without_a_time_changes_nothing(mjd: float) -> None:
    points = [Point(60_000.0, 1, 50.0, 5.0, NAN, True), Point(60_001.0, 2, 80.0, 5.0, NAN, True)]
    np.testing.assert_array_equal(row_of([*points, points[0]._replace(mjd=mjd)]), row_of(points))


@pytest.mark.parametrize("absurd", [1e30, -1e6, math.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_redshift_that_is_none_is_unknown(place: int, absurd: float) -> None:
    told = [*KNOWN]
    told[place] = absurd
    np.testing.assert_array_equal(row_of([], told), row_of([]))


@pytest.mark.parametrize("place", [0, 1])
def test_a_redshift_without_its_error_is_none(place: int) -> None:
    half = [*KNOWN]
    half[place] = NAN
    np.testing.assert_array_equal(row_of([], half), row_of([]))


@LAW
@given(CURVES, st.integers(-50_000, 50_000))
def test_only_differences_of_times_count(points: list[Point], days: int) -> None:
    later = [one._replace(mjd=one.mjd + days) for one in points]
    np.testing.assert_array_equal(row_of(later), row_of(points))


@LAW
@given(by_time(measured()), st.integers(-12, 12), redshifts())
def test_units_of_flux_scale_fluxes_up_and_precisions_down(
    points: list[Point], power: int, redshift: tuple[float, ...]
) -> None:
    unit = 2.0**power
    scaled = [
        one._replace(flux_njy=one.flux_njy * unit, flux_err_njy=one.flux_err_njy * unit)
        for one in points
    ]
    factor = np.where(FLUX, unit, np.where(PRECISION, 1 / unit, 1)).astype(np.float32)
    np.testing.assert_array_equal(row_of(scaled, redshift), row_of(points, redshift) * factor)


@LAW
@given(st.lists(st.tuples(by_time(measured() | limits(), most=20), redshifts()), max_size=6))
def test_neighbours_change_nothing(
    curves: list[tuple[list[Point], tuple[float, ...]]],
) -> None:
    redshift = np.array([one for _, one in curves], np.float64).reshape(-1, 3)
    together = rows(curves_of([points for points, _ in curves]), redshift)
    assert together.shape == (len(curves), layout.ROW)
    for row, (points, own) in zip(together, curves, strict=True):
        np.testing.assert_array_equal(row, row_of(points, own))


@LAW
@given(CROWDED)
def test_observations_are_bounded_by_time_and_detections_come_first(points: list[Point]) -> None:
    row = row_of(points)
    kept = tokens_of(row)
    assert len(kept) == min(len(points), layout.TOKENS)
    assert (np.diff(kept[:, 0]) >= 0).all()
    detections = int(kept[:, layout.TOKEN_COLUMNS.index("detected")].sum())
    assert detections == min(sum(one.detected for one in points), layout.TOKENS)


def test_of_many_detections_those_nearest_to_the_peak_are_kept() -> None:
    points = [Point(60000.0 + day, flux_njy=1000.0 - abs(day - 60)) for day in range(100)]
    kept = tokens_of(row_of(points))
    assert kept[:, 0].tolist() == list(range(60 - layout.TOKENS // 2, 60 + layout.TOKENS // 2))


def test_light_curves_out_of_their_order_in_the_table_are_read_alike() -> None:
    curves = curves_of([[Point(60000.0 + day, band=day % 6) for day in range(20)], []])
    swapped = curves.take(np.array([1, 0]))
    redshift = np.full((2, 3), NAN)
    np.testing.assert_array_equal(rows(swapped, redshift), rows(curves, redshift)[::-1])


def test_a_redshift_table_of_any_stride_is_read() -> None:
    wide = np.tile(np.array([*KNOWN, 7.0, 7.0, 7.0]), (2, 1))
    curves = curves_of([[Point(60000.0)]] * 2)
    np.testing.assert_array_equal(rows(curves, wide[:, :3])[1], row_of([Point(60000.0)], KNOWN))


def test_one_redshift_a_light_curve_is_asked_for() -> None:
    with pytest.raises(AssertionError):
        rows(curves_of([[], []]), np.full((1, 3), NAN))


@LAW
@given(HOSTILE)
def test_a_row_is_finite_whatever_is_measured(points: list[Point]) -> None:
    assert np.isfinite(row_of(points, KNOWN)).all()


@pytest.mark.parametrize("exponent", range(-323, 12, 5))
def test_fluxes_of_any_size_are_a_row(exponent: int) -> None:
    fluxes = (0.0, 0.0, 10.0**exponent, -3 * 10.0**exponent)
    curve = [Point(60000.0 + day, flux_njy=flux) for day, flux in enumerate(fluxes)]
    assert np.isfinite(rows(curves_of([curve]), np.full((1, 3), NAN))).all()


def test_a_million_points_within_a_second_are_a_row() -> None:
    count = 1_000_000
    random = np.random.default_rng(0)
    sign = random.choice([-1.0, 1.0], count)
    curves = LightCurves(
        np.array([0, count]),
        60000.0 + np.arange(count) / count / 86400,
        random.integers(0, len(BANDS), count).astype(np.int8),
        sign * 10 ** random.uniform(-12, 12, count),
        10 ** random.uniform(-6, 12, count),
        np.full(count, NAN),
        random.random(count) < 0.5,
    )
    row = rows(curves, np.full((1, 3), NAN))[0]
    assert np.isfinite(row).all()
    assert row[layout.CONTEXT.index("points")] == count
    none = replace(curves, detected=np.zeros(count, np.bool_))
    assert np.isfinite(rows(none, np.full((1, 3), NAN))).all()


def test_points_of_bands_that_a_row_has_no_room_for_are_left_out() -> None:
    assert SURVEYS_BANDS[: len(BANDS)] == BANDS
    known = [Point(60000.0), Point(60001.0)]
    others = [Point(60000.5, band=band) for band in range(len(BANDS), len(SURVEYS_BANDS))]
    assert others
    np.testing.assert_array_equal(row_of(sorted(known + others)), row_of(known))
