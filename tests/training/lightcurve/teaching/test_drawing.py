"""Wear takes points away and adds noise, keeps the order of time, and repeats with its seed."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.batch import LightCurves
from schemas.light_curves import first_detection_mjd
from tests.classifiers.observations.curves import Point, curves_of
from tests.classifiers.observations.drawn_curves import CURVES
from tests.training.lightcurve.invented import objects
from training.lightcurve.teaching.wear import Wear, worn

LAW = settings(max_examples=40)
NONE = Wear(kept_shares=(1.0,), noisier_share=0.0, short_share=0.0)
SHORT = Wear(kept_shares=(1.0,), noisier_share=0.0, short_share=1.0, short_days=(10.0, 10.0))
NOISY = Wear(kept_shares=(1.0,), noisier_share=1.0, short_share=0.0)
ROUNDING_DAYS = 1e-6
SEVERAL = st.lists(CURVES, min_size=1, max_size=4)


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def many(count: int = 400) -> LightCurves:
    return objects(np.arange(count) % 6).curves


def same(one: LightCurves, other: LightCurves) -> bool:
    pairs = [(getattr(one, column.name), getattr(other, column.name)) for column in fields(one)]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def owners(curves: LightCurves) -> np.ndarray:
    return np.repeat(np.arange(len(curves)), np.diff(curves.offsets))


@LAW
@given(SEVERAL, st.integers(0, 2**32))
def test_worn_light_curves_are_as_many_by_rising_time_and_no_longer(
    points: list[list[Point]], seed: int
) -> None:
    curves = curves_of(points)
    found, short = worn(curves, drawn(seed), Wear())
    assert len(found) == len(curves) == len(short)
    assert (np.diff(found.offsets) <= np.diff(curves.offsets)).all()
    for column in fields(found)[1:]:
        assert len(getattr(found, column.name)) == found.offsets[-1]
    for row in range(len(curves)):
        before, after = curves.of(row), found.of(row)
        assert (np.diff(after.mjd) >= 0).all()
        pairs = set(zip(before.mjd.tolist(), before.band.tolist(), strict=True))
        assert pairs.issuperset(zip(after.mjd.tolist(), after.band.tolist(), strict=True))


@LAW
@given(SEVERAL, st.integers(0, 2**32))
def test_the_same_seed_wears_alike(points: list[list[Point]], seed: int) -> None:
    curves = curves_of(points)
    first, again = worn(curves, drawn(seed), Wear()), worn(curves, drawn(seed), Wear())
    assert same(first[0], again[0]) and (first[1] == again[1]).all()


def test_another_seed_wears_otherwise() -> None:
    assert not same(worn(many(), drawn(0), Wear())[0], worn(many(), drawn(1), Wear())[0])


@LAW
@given(SEVERAL)
def test_without_wear_nothing_changes(points: list[list[Point]]) -> None:
    curves = curves_of(points)
    found, short = worn(curves, drawn(0), NONE)
    assert same(found, curves) and not short.any()


@LAW
@given(SEVERAL)
def test_what_is_cut_lies_after_the_end_and_nothing_else_does(points: list[list[Point]]) -> None:
    curves = curves_of(points)
    found, short = worn(curves, drawn(0), SHORT)
    ends = first_detection_mjd(curves) + SHORT.short_days[0]
    assert short.all()
    assert not (found.mjd > ends[owners(found)] + ROUNDING_DAYS).any()
    late = curves.mjd > ends[owners(curves)] + ROUNDING_DAYS
    edge = np.abs(curves.mjd - ends[owners(curves)]) <= ROUNDING_DAYS
    assert (~late & ~edge).sum() <= len(found.mjd) <= (~late).sum()


def test_ends_are_drawn_between_their_bounds_for_the_share_that_was_asked_for() -> None:
    curves = many(2000)
    found, short = worn(curves, drawn(0), Wear(kept_shares=(1.0,), noisier_share=0.0))
    assert short.mean() == pytest.approx(Wear.short_share, abs=0.03)
    fewer = np.diff(found.offsets) < np.diff(curves.offsets)
    assert fewer.any() and not (fewer & ~short).any()
    within = curves.mjd <= (first_detection_mjd(curves) + Wear.short_days[0])[owners(curves)]
    least = np.bincount(owners(curves)[within], minlength=len(curves))
    assert (np.diff(found.offsets) >= least).all()


def test_the_share_of_points_that_was_drawn_stays() -> None:
    found, _ = worn(many(), drawn(0), Wear(kept_shares=(0.6,), short_share=0.0))
    assert len(found.mjd) / len(many().mjd) == pytest.approx(0.6, abs=0.02)


def test_errors_grow_and_fluxes_move_as_far_as_they_say() -> None:
    curves = many(2000)
    found, _ = worn(curves, drawn(0), NOISY)
    growth = found.flux_err_njy / curves.flux_err_njy
    assert (growth >= 1).all()
    assert np.log(growth[curves.offsets[:-1]]).mean() == pytest.approx(NOISY.noise_mean, rel=0.1)
    added = np.sqrt(found.flux_err_njy**2 - curves.flux_err_njy**2)
    moved = (found.flux_njy - curves.flux_njy)[added > 0] / added[added > 0]
    assert moved.mean() == pytest.approx(0, abs=0.03) and moved.std() == pytest.approx(1, abs=0.03)


def test_one_light_curves_errors_grow_alike() -> None:
    curves = many()
    growth = worn(curves, drawn(0), NOISY)[0].flux_err_njy / curves.flux_err_njy
    np.testing.assert_allclose(growth, growth[curves.offsets[:-1]][owners(curves)])


def test_detections_that_noise_has_drowned_are_none_and_no_point_becomes_one() -> None:
    curves = many()
    found, _ = worn(curves, drawn(0), NOISY)
    bright = np.abs(found.flux_njy) >= NOISY.detected_sigmas * found.flux_err_njy
    assert (found.detected == (curves.detected & bright)).all()
    assert (curves.detected & ~bright).any()


def test_an_unworn_faint_detection_stays_one() -> None:
    faint = curves_of([[Point(60000.0, flux_njy=10.0, flux_err_njy=50.0)]])
    assert worn(faint, drawn(0), NONE)[0].detected.all()


def test_limits_stay_limits() -> None:
    limit = Point(60000.0, 1, np.nan, np.nan, 20.5, detected=False)
    curves = curves_of([[limit, Point(60001.0)]])
    found, _ = worn(curves, drawn(0), NOISY)
    assert np.isnan(found.flux_njy).tolist() == [True, False]
    assert found.limit_mag[0] == 20.5 and not found.detected[0]
