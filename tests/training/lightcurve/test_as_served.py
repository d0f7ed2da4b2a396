"""Outliers that are put into light curves, and what is left out of them as when served."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.observations.gathering import CONTRADICTION_SIGMA
from schemas.batch import LightCurves
from training.lightcurve.as_served import left_out, with_outliers


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
    dirty = with_outliers(curves)
    hit = dirty.flux_njy != curves.flux_njy
    assert not (hit & curves.detected).any()
    assert 0.005 < hit.sum() / (~curves.detected).sum() < 0.02
    assert ((np.abs(dirty.flux_njy[hit]) >= 100) & (np.abs(dirty.flux_njy[hit]) <= 800)).all()
    assert {*np.sign(dirty.flux_njy[hit])} == {-1.0, 1.0}


def test_what_is_left_out_is_what_was_put_in(curves: LightCurves) -> None:
    clean = left_out(with_outliers(curves))
    bright = np.abs(clean.flux_njy) > CONTRADICTION_SIGMA * clean.flux_err_njy
    assert clean.detected[bright].all()
    assert len(left_out(curves).mjd) == len(curves.mjd)
