"""A window is what a packet would have held: nothing later, nothing older, a detection last."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import LightCurves
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.windows import (
    DETECTIONS_MIN,
    NEAR_PEAK_DAYS,
    WINDOW_DAYS,
    drawn,
    every_detection,
    newest_after,
    nth_detection,
    windows,
)

Curve = list[tuple[float, bool]]


def objects_of(*curves: Curve, fluxes: list[float] | None = None) -> Objects:
    """Objects of points (mjd, detected)."""
    offsets = np.cumsum([0, *(len(one) for one in curves)])
    points = [point for one in curves for point in sorted(one)]
    mjd = np.array([point[0] for point in points])
    detected = np.array([point[1] for point in points], np.bool_)
    flux = np.where(detected, 1.0 if fluxes is None else fluxes, np.nan)
    limit = np.where(detected, np.nan, 20.5)
    band = np.ones(len(points), np.int8)
    return Objects(
        np.array([f"ZTF{row}" for row in range(len(curves))]),
        np.arange(len(curves)),
        LightCurves(offsets, mjd, band, flux, flux / 10, limit, detected),
        np.full((len(curves), 3), np.nan),
    )


@st.composite
def some_objects(draw: st.DrawFn) -> Objects:
    day = st.floats(58000, 58100, allow_subnormal=False).map(lambda one: round(one, 3))
    curve = st.lists(st.tuples(day, st.booleans()), max_size=12)
    return objects_of(*draw(st.lists(curve, min_size=1, max_size=4)))


@given(some_objects())
def test_a_window_ends_at_its_detection_and_holds_no_older_point_than_a_packet(
    objects: Objects,
) -> None:
    curves, ends = objects.curves, every_detection(objects)
    cut, parent, history = windows(objects, ends)
    for row in range(len(cut)):
        own = cut.curves.of(row)
        assert own.detected[-1]
        assert own.detected.sum() >= DETECTIONS_MIN
        assert (np.diff(own.mjd) >= 0).all()
        assert own.mjd[0] >= own.mjd[-1] - WINDOW_DAYS
        whole = curves.of(int(parent[row]))
        before = (whole.mjd >= own.mjd[-1] - WINDOW_DAYS) & (whole.mjd < own.mjd[-1])
        assert (own.mjd < own.mjd[-1]).sum() == before.sum()
        seen = whole.mjd[whole.detected & (whole.mjd <= own.mjd[-1])]
        assert history[row, 0] == own.mjd[-1] - seen[0]
        assert own.detected.sum() <= history[row, 1] <= len(seen)


@given(some_objects())
def test_windows_are_those_ends_with_enough_detections(objects: Objects) -> None:
    curves = objects.curves
    ends = every_detection(objects)
    parent = np.searchsorted(curves.offsets, ends, side="right") - 1
    enough = [
        (curves.detected[begin : end + 1] & (curves.mjd[begin : end + 1] >= oldest)).sum()
        >= DETECTIONS_MIN
        for begin, end, oldest in zip(
            curves.offsets[parent], ends, curves.mjd[ends] - WINDOW_DAYS, strict=True
        )
    ]
    assert windows(objects, ends).parent.tolist() == parent[enough].tolist()


def test_a_window_keeps_limits_and_drops_what_is_later_or_older() -> None:
    points = [(0.0, True), (20.0, False), (25.0, True), (31.0, True), (32.0, False), (33.0, True)]
    cut, parent, history = windows(objects_of(points), np.array([3]))
    assert history.tolist() == [[31.0, 3.0]]
    assert cut.curves.mjd.tolist() == [20.0, 25.0, 31.0]
    assert parent.tolist() == [0]
    assert np.isnan(cut.redshift).all()


def test_an_end_that_is_no_detection_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends at a detection"):
        windows(objects_of([(0.0, True), (1.0, False)]), np.array([1]))


def test_the_third_detection_is_counted_by_object_and_not_by_window() -> None:
    early = [(0.0, True), (1.0, True), (50.0, True), (51.0, True)]
    late = [(0.0, True), (49.0, False), (50.0, True), (51.0, True)]
    objects = objects_of([(0.0, True)], early, [], late)
    ends = nth_detection(objects, 3)
    assert objects.curves.mjd[ends].tolist() == [50.0, 51.0]
    assert windows(objects, ends).parent.tolist() == [3]


def test_the_newest_packet_after_some_days_is_the_last_detection_not_later() -> None:
    objects = objects_of(
        [(-5.0, False), (0.0, True), (20.0, True), (20.1, True)], [], [(7.0, True), (90.0, True)]
    )
    ends = newest_after(objects, 20.0)
    assert objects.curves.mjd[ends].tolist() == [20.0, 7.0]
    assert windows(objects, ends).parent.tolist() == [0]


def test_detections_years_from_the_brightest_are_not_learnt_from() -> None:
    far = NEAR_PEAK_DAYS + 1
    objects = objects_of(
        [(0.0, True), (far, True), (far + 1, True), (far + 2, False)], fluxes=[1.0, 2.0, -9.0, 0.0]
    )
    assert every_detection(objects).tolist() == [1, 2]


def test_drawn_ends_are_the_objects_own_and_no_more_than_asked() -> None:
    objects = objects_of([(float(day), True) for day in range(9)], [(0.0, True)])
    ends = every_detection(objects)
    some = drawn(objects, ends, 3, np.random.default_rng(5))
    assert len(some) == 4
    assert set(some.tolist()) <= set(ends.tolist())
    assert 9 in some
    assert (np.diff(some) > 0).all()
