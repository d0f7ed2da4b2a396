"""What the live path sees of light curves, with outliers put in and with points taken out."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.observations.gathering import CONTRADICTION_SIGMA
from schemas.batch import LightCurves
from tests.training.lightcurve.invented import objects
from training.lightcurve.objects.seen import Seen, is_deep, left_out, less_often, spoilt


@pytest.fixture(scope="module")
def curves() -> LightCurves:
    """Fifty of a hundred points, every second one detected; the first is empty."""
    points = 5_000
    flux = np.where(np.arange(points) % 2, 100.0, 3.0)
    return LightCurves(
        np.concatenate(([0], np.arange(0, points + 1, 100))),
        np.arange(points, dtype=np.float64),
        np.zeros(points, np.int8),
        flux,
        np.ones(points),
        np.full(points, np.nan),
        flux > 5,
    )


def test_outliers_are_few_gross_and_never_detections(curves: LightCurves) -> None:
    dirty = spoilt(curves)
    hit = dirty.flux_njy != curves.flux_njy
    assert not (hit & curves.detected).any()
    assert 0.005 < hit.sum() / (~curves.detected).sum() < 0.02
    assert ((np.abs(dirty.flux_njy[hit]) >= 100) & (np.abs(dirty.flux_njy[hit]) <= 800)).all()
    assert {*np.sign(dirty.flux_njy[hit])} == {-1.0, 1.0}


def test_what_is_left_out_is_what_was_put_in(curves: LightCurves) -> None:
    clean = left_out(spoilt(curves))
    bright = np.abs(clean.flux_njy) > CONTRADICTION_SIGMA * clean.flux_err_njy
    assert clean.detected[bright].all()
    assert len(left_out(curves).mjd) == len(curves.mjd)


def deep(points: int) -> LightCurves:
    """One light curve in six bands in turn."""
    ones = np.ones(points)
    band = (np.arange(points) % 6).astype(np.int8)
    return LightCurves(
        np.array([0, points]),
        np.arange(points, dtype=np.float64),
        band,
        ones,
        ones,
        np.full(points, np.nan),
        ones > 0,
    )


@pytest.mark.parametrize(("points", "left"), [(345, (110, 165)), (150, (150, 150))])
def test_a_deep_field_is_seen_as_often_as_outside(points: int, left: tuple[int, int]) -> None:
    curves = deep(points)
    assert is_deep(curves).tolist() == [points > 200]
    assert left[0] <= len(less_often(curves).mjd) <= left[1]


def test_what_was_detected_once_or_in_one_night_is_not_answered() -> None:
    some = objects(np.arange(4))
    some.curves.detected[:] = False
    begins = some.curves.offsets[:-1]
    some.curves.detected[begins[1]] = True
    some.curves.detected[begins[2] : begins[2] + 2] = True
    some.curves.mjd[begins[2] + 1] = some.curves.mjd[begins[2]] + 0.1
    some.curves.detected[begins[3] : begins[3] + 12] = True
    seen = Seen.of(some)
    assert seen.detections.tolist() == [0, 1, 2, 12]
    assert seen.answered.tolist() == [False, False, False, True]
    assert Seen.of(some, days=0.0).detections.tolist() == [0, 1, 1, 1]
