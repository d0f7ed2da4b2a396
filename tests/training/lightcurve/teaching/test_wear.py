"""Light curves are spoilt and thinned as often as was asked, and nothing else of them changes."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.batch import LightCurves
from tests.training.lightcurve.invented import objects
from training.lightcurve.material import DEEP_SHARE, thinned
from training.lightcurve.objects.objects import Objects
from training.lightcurve.teaching.lessons import Lessons
from training.lightcurve.teaching.wear import (
    OUTLIER_PEAKS,
    Wear,
    seldom,
    shallow,
    with_outliers,
    worn,
)

UNWORN = Wear(kept_shares=(1.0,), noisier_share=0.0, short_share=0.0)
EACH, DEEP = 40, 300


@pytest.fixture(scope="module")
def some() -> Objects:
    """Of two classes; every second object of the first is of a deep field, of the other one."""
    few = objects(np.repeat([0, 1], EACH), points=DEEP)
    kept = np.ones(2 * EACH, np.bool_)
    kept[1:EACH:2], kept[EACH + 1 :] = False, False
    points = np.where(np.repeat(kept, DEEP), True, np.tile(np.arange(DEEP) % 3 == 0, 2 * EACH))
    offsets = np.append(0, np.cumsum(points))[few.curves.offsets]
    columns = [getattr(few.curves, one)[points] for one in COLUMNS]
    return Objects(few.name, few.label, LightCurves(offsets, *columns), few.redshift)


COLUMNS = ("mjd", "band", "flux_njy", "flux_err_njy", "limit_mag", "detected")


def lengths(curves: LightCurves) -> np.ndarray:
    return np.diff(curves.offsets)


def test_only_a_share_of_light_curves_is_spoilt_and_only_what_was_not_detected(
    some: Objects,
) -> None:
    wear = Wear((1.0,), 0.0, short_share=0.0, spoilt_share=0.5, outlier_shares=(1.0,))
    found, _ = worn(some.curves, np.random.default_rng(1), wear)
    changed = found.flux_njy != some.curves.flux_njy
    assert not (changed & some.curves.detected).any()
    by = np.add.reduceat(changed, some.curves.offsets[:-1]) > 0
    assert 0.3 < by.mean() < 0.6
    clean, _ = worn(some.curves, np.random.default_rng(1), UNWORN)
    np.testing.assert_array_equal(clean.flux_njy, some.curves.flux_njy)


def test_outliers_are_multiples_of_the_largest_flux_of_their_own_light_curve(
    some: Objects,
) -> None:
    found = with_outliers(some.curves, np.full(2 * EACH, 0.3), np.random.default_rng(2))
    for row in range(2 * EACH):
        own = slice(*some.curves.offsets[row : row + 2])
        hit = found.flux_njy[own] != some.curves.flux_njy[own]
        times = np.abs(found.flux_njy[own][hit]) / np.abs(some.curves.flux_njy[own]).max()
        assert ((times >= OUTLIER_PEAKS[0]) & (times <= OUTLIER_PEAKS[1])).all()


def test_a_light_curve_that_is_seen_less_often_loses_points_and_the_others_none(
    some: Objects,
) -> None:
    which = np.arange(2 * EACH) < 10
    found = lengths(seldom(some.curves, which, np.random.default_rng(3)))
    before = lengths(some.curves)
    assert (found[~which] == before[~which]).all()
    assert (found[which] < 0.65 * before[which]).all()


def test_a_shallow_light_curve_has_the_errors_outside_and_may_lose_detections(
    some: Objects,
) -> None:
    which = np.arange(2 * EACH) < 10
    found = shallow(some.curves, which, np.random.default_rng(4), detected_sigmas=4.0)
    points = np.repeat(which, lengths(some.curves))
    assert (found.flux_err_njy[points] >= some.curves.flux_err_njy[points]).all()
    assert np.median(found.flux_err_njy[points]) > 2 * np.median(some.curves.flux_err_njy)
    assert found.detected[points].sum() < some.curves.detected[points].sum()
    np.testing.assert_array_equal(found.flux_njy[~points], some.curves.flux_njy[~points])


def test_every_class_is_seen_as_in_a_deep_field_as_often(some: Objects) -> None:
    importance = np.ones(2 * EACH)
    chance = thinned(some, importance)
    deep = lengths(some.curves) > 200
    assert (chance[~deep] == 0).all()
    for one, share in ((0, DEEP_SHARE), (1, 1 / EACH)):
        own = some.label == one
        assert (deep * (1 - chance))[own].mean() == pytest.approx(share)


def test_the_teacher_says_nothing_of_what_may_be_thinned(some: Objects) -> None:
    soft = np.full((2 * EACH, 2), 0.5, np.float16)
    lessons = Lessons(
        some, 2, (soft, soft), wear=UNWORN, thinned=np.where(some.label == 0, 0.5, 0.0)
    )
    batch = lessons.drawn(np.random.default_rng(5), 200, np.cumsum(lessons.chance))
    assert ((batch.trust > 0) == (batch.label == 1)).all()
