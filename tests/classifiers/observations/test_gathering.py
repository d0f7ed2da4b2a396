"""What a network reads of an alert is each exposure once, of its own system, and nothing later."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.observations.gathering import (
    CONTRADICTION_SIGMA,
    HISTORY_DAYS_MAX,
    LIMIT_MAG_MAX,
    WINDOW_DAYS,
    detected_days,
    gathered,
    history,
    history_of,
)
from schemas.batch import LightCurves
from schemas.columns import BANDS, SYSTEMS
from schemas.light_curves import TWIN_DAYS, TWINS_AWAY_MAX
from tests.classifiers.observations.curves import Point, batch_of, curves_of

NOW = 60000.0
NAN = math.nan
LSST = SYSTEMS.index("lsst")
TAUGHT = ("ztf", "lsst")
"""The systems that there are networks for."""


def points_of(curves: LightCurves) -> list[list[Point]]:
    """Back to lists, by row."""
    columns = (curves.mjd, curves.band, curves.flux_njy, curves.flux_err_njy, curves.limit_mag)
    table = zip(*(one.tolist() for one in (*columns, curves.detected)), strict=True)
    points = [Point(*values) for values in table]
    return [points[a:b] for a, b in zip(curves.offsets[:-1], curves.offsets[1:], strict=True)]


def plain(
    system: str, code: int, now: float, curve: Sequence[Point], forced: Sequence[Point]
) -> list[Point]:
    """One row's light curve, point by point."""
    if code != SYSTEMS.index(system):
        return []
    if system == "ztf":
        return [
            one
            for one in curve
            if now - WINDOW_DAYS <= one.mjd <= now
            and BANDS[one.band] in "gr"
            and (one.detected or 0 <= one.limit_mag <= LIMIT_MAG_MAX)
        ]
    found = [(one, 1 + one.detected) for one in curve] + [(one, 1) for one in forced]
    found = [
        (one, 0 if math.isnan(one.flux_njy) else worth)
        for one, worth in found
        if not (math.isnan(one.flux_njy) and math.isnan(one.limit_mag))
        and -HISTORY_DAYS_MAX <= one.mjd - now <= TWIN_DAYS
    ]
    found.sort(key=lambda one: one[0].mjd)
    once = [one for place, (one, _) in enumerate(found) if not any(_beaten_by(found, place))]
    return [one for one in once if not any(one is each and _too_bright(one) for each in forced)]


def _too_bright(point: Point) -> bool:
    return abs(point.flux_njy) > CONTRADICTION_SIGMA * point.flux_err_njy


def _beaten_by(found: Sequence[tuple[Point, int]], place: int) -> Iterator[bool]:
    """Whether each neighbour is a twin that stands instead."""
    one, worth = found[place]
    for there, (other, its_worth) in enumerate(found):
        away = abs(there - place)
        if 0 < away <= TWINS_AWAY_MAX and other.band == one.band:
            near = abs(other.mjd - one.mjd) <= TWIN_DAYS
            yield near and (its_worth > worth or (its_worth == worth and there < place))


def same(one: list[list[Point]], other: list[list[Point]]) -> bool:
    """Whether light curves are equal, NaN being equal to NaN."""
    return repr(one) == repr(other)


TIMES = st.one_of(
    st.sampled_from(
        [NOW, NOW - 1, NOW - 1 - TWIN_DAYS / 2, NOW + TWIN_DAYS / 2, NOW - WINDOW_DAYS]
    ),
    st.floats(NOW - 60, NOW + 2),
    st.floats(NOW - 1e-9, NOW),
    st.sampled_from([-math.inf, math.inf, -1e300, 1e300, 0.0]),
)
POINTS = st.builds(
    Point,
    TIMES,
    st.integers(-1, 5),
    st.sampled_from([NAN, 5.0, -3.0, 0.0, 11.0, -11.0]),
    st.sampled_from([NAN, 1.0]),
    st.sampled_from([NAN, 20.5, 30.0, -1.0]),
    st.booleans(),
)
CURVES = st.lists(POINTS, max_size=14).map(lambda points: sorted(points, key=lambda one: one.mjd))
ROWS = st.lists(st.tuples(st.integers(-1, len(SYSTEMS) - 1), CURVES, CURVES), max_size=5)


@settings(max_examples=60)
@given(ROWS, st.sampled_from(TAUGHT))
def test_a_batch_is_gathered_as_its_rows_one_by_one(
    rows: list[tuple[int, list[Point], list[Point]]], system: str
) -> None:
    codes, curves, forced = zip(*rows, strict=True) if rows else ((), (), ())
    batch = batch_of(codes, [NOW + row for row in range(len(rows))], curves, forced)
    expected = [plain(system, row[0], NOW + place, *row[1:]) for place, row in enumerate(rows)]
    assert same(points_of(gathered(batch, system)), expected)


def test_ztf_s_detections_and_limits_of_thirty_days_are_kept_as_they_are() -> None:
    limit = Point(NOW - 3, flux_njy=NAN, flux_err_njy=NAN, limit_mag=20.1, detected=False)
    curve = [Point(NOW - 30.5), Point(NOW - 30), limit, Point(NOW), Point(NOW + 1e-3)]
    batch = batch_of("ztf", [NOW], [curve], [[Point(NOW - 2)]])
    assert same(points_of(gathered(batch, "ztf")), [curve[1:4]])


def test_ztf_s_third_band_and_impossible_limits_are_left_out() -> None:
    deep, limit = (Point(NOW - 8, 1, NAN, NAN, mag, detected=False) for mag in (26.0, 19.5))
    curve = [
        Point(NOW - 9, band=BANDS.index("i")),
        deep,
        limit,
        Point(NOW, flux_njy=80.0),
    ]
    batch = batch_of("ztf", [NOW], [curve])
    assert same(points_of(gathered(batch, "ztf")), [curve[2:]])


def test_a_packet_of_thirty_days_is_not_copied() -> None:
    batch = batch_of("ztf", [NOW], [[Point(NOW - 29), Point(NOW)]])
    assert gathered(batch, "ztf") is batch.light_curve


def test_an_exposure_that_was_also_forced_counts_once_as_the_detection() -> None:
    seen = Point(NOW - 5, band=2, flux_njy=900.0)
    forced = [
        Point(NOW - 9, band=2, flux_njy=-20.0, detected=False),
        Point(NOW - 5, band=2, flux_njy=880.0),
        Point(NOW - 4.9995, band=2, flux_njy=87.0, detected=False),
        Point(NOW - 4, band=3, flux_njy=10.0, detected=False),
    ]
    batch = batch_of("lsst", [NOW], [[seen, Point(NOW, band=3)]], [forced])
    found = points_of(gathered(batch, "lsst"))
    assert same(found, [[forced[0], seen, *forced[2:], Point(NOW, band=3)]])


def test_a_forced_flux_stands_for_a_detection_without_one() -> None:
    lost, forced = Point(NOW, flux_njy=NAN, limit_mag=22.0), Point(NOW, flux_njy=7.0)
    batch = batch_of("lsst", [NOW], [[lost]], [[forced]])
    assert same(points_of(gathered(batch, "lsst")), [[forced]])


def test_rubin_s_epochs_without_flux_or_limit_and_what_is_later_are_left_out() -> None:
    nothing = Point(NOW - 8, flux_njy=NAN, flux_err_njy=NAN, detected=False)
    forced = [Point(NOW - 2, flux_njy=9.0), Point(NOW + 1)]
    batch = batch_of("lsst", [NOW], [[nothing, Point(NOW)]], [forced])
    assert same(points_of(gathered(batch, "lsst")), [[forced[0], Point(NOW)]])


@pytest.mark.parametrize("sign", [1, -1])
def test_forced_photometry_that_nobody_could_overlook_and_the_survey_did_is_left_out(
    sign: int,
) -> None:
    seen, twice = Point(NOW - 5), Point(NOW - 5, flux_njy=sign * 2000.0)
    faint, bright = (Point(NOW - day, flux_njy=sign * day * 100.0) for day in (4, 6))
    batch = batch_of("lsst", [NOW], [[seen, Point(NOW)]], [[bright, twice, faint]])
    assert same(points_of(gathered(batch, "lsst")), [[seen, faint, Point(NOW)]])


def test_days_are_from_the_first_detection_to_the_last() -> None:
    limit = Point(NOW - 9, detected=False)
    curves = curves_of([[], [limit], [limit, Point(NOW)], [Point(NOW - 2), limit, Point(NOW)], []])
    assert detected_days(curves).tolist() == [0, 0, 0, 2, 0]


def test_history_is_what_a_packet_says_and_at_least_what_it_holds() -> None:
    points = [Point(NOW - 9, detected=False), Point(NOW - 6), Point(NOW - 2), Point(NOW)]
    batch = batch_of("ztf", [NOW] * 3, [points] * 3)
    said = replace(batch, age_days=np.array([400.0, NAN, 1.0]), detections=np.array([71, 0, 2]))
    found = history(said, gathered(said, "ztf"))
    assert found.tolist() == [[400.0, 71.0], [6.0, 3.0], [6.0, 3.0]]


def test_history_of_no_light_curve_is_what_is_said() -> None:
    nothing = curves_of([[], [Point(NOW)]])
    found = history_of(nothing, np.array([NAN, 5.0]), np.array([0, 9]))
    assert found.tolist() == [[0.0, 0.0], [5.0, 9.0]]


@pytest.mark.parametrize("system", TAUGHT)
def test_rows_of_another_or_an_unknown_system_have_no_points(system: str) -> None:
    codes = range(-1, len(SYSTEMS))
    curve = [Point(NOW - 1), Point(NOW)]
    many = len(codes)
    batch = batch_of(codes, [NOW] * many, [curve] * many, [[]] * many)
    expected = [2 * (code == SYSTEMS.index(system)) for code in codes]
    assert np.diff(gathered(batch, system).offsets).tolist() == expected


@pytest.mark.parametrize("system", TAUGHT)
def test_no_alerts_have_no_light_curves(system: str) -> None:
    assert len(gathered(batch_of(system, [], [], []), system)) == 0


def test_a_million_points_at_one_time_are_gathered_at_once() -> None:
    many = 1_000_000
    curve = LightCurves(
        np.array([0, many]),
        np.full(many, NOW),
        np.zeros(many, np.int8),
        *(np.ones(many), np.ones(many), np.full(many, NAN)),
        np.zeros(many, np.bool_),
    )
    batch = batch_of("lsst", [NOW], [[Point(NOW, band=0)]], curve)
    assert same(points_of(gathered(batch, "lsst")), [[Point(NOW, band=0)]])


def test_light_curves_far_apart_in_time_stay_in_order() -> None:
    """Rows so many that row and time in one number cannot tell two points apart."""
    rows, close = 400, [Point(NOW, flux_njy=9.0), Point(NOW + 3e-9, band=2)]
    batch = batch_of("lsst", [NOW + 1] * rows, [close[1:]] * rows, [close[:1]] * rows)
    curves = gathered(batch, "lsst")
    assert same(points_of(curves), [close] * rows)
    assert curves.offsets[-1] == len(curves_of([close] * rows).mjd)
