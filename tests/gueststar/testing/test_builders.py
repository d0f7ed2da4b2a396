"""Alerts by hand: what is given stands there, what follows is worked out, the rest is unknown."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.served import served
from gueststar.testing import (
    alerts,
    artefact,
    asteroid,
    crowd,
    light_curve,
    real_alert,
    supernova,
    variable_star,
)
from gueststar.testing.builders import LABELS, MJD
from schemas.columns import COLUMNS
from schemas.errors import FilterError

EXAMPLES = (real_alert, supernova, asteroid, variable_star, artefact)


def test_labels_are_those_of_the_served_classifiers() -> None:
    assert {one.name: one.columns for each in served() for one in each.gives} == LABELS


def test_one_value_goes_for_all_alerts() -> None:
    batch = alerts(magnitude=[18.2, 20.1], age_days=3, band="g", object_id="same")
    assert batch.magnitude.tolist() == [18.2, 20.1]
    assert batch.age_days.tolist() == [3.0, 3.0]
    assert (batch.band.tolist(), batch.object_id.tolist()) == ([1, 1], ["same", "same"])


def test_what_is_not_given_is_not_measured() -> None:
    batch = alerts(magnitude=18)
    assert math.isnan(batch.star_distance_arcsec[0])
    assert np.isnan(batch.score("realbogus", "real")).all()


@settings(max_examples=60)
@given(st.floats(12, 26), st.floats(0.001, 0.5))
def test_flux_follows_magnitude_and_the_other_way_round(magnitude: float, error: float) -> None:
    there = alerts(magnitude=magnitude, magnitude_err=error)
    back = alerts(flux_njy=there.flux_njy.tolist(), flux_err_njy=there.flux_err_njy.tolist())
    assert back.magnitude[0] == pytest.approx(magnitude)
    assert back.magnitude_err[0] == pytest.approx(error)


def test_what_is_given_is_not_worked_out() -> None:
    batch = alerts(magnitude=18, flux_njy=-5.0, mjd=60001.0, exposed_unix_s=7.0)
    assert (batch.flux_njy[0], batch.exposed_unix_s[0]) == (-5.0, 7.0)


def test_the_utc_follows_the_mjd() -> None:
    assert alerts(mjd=40588.0).exposed_unix_s[0] == 86400.0


def test_labels_that_are_not_given_share_what_is_left_of_one() -> None:
    batch = alerts(realbogus={"real": [0.9, 0.2], "cosmic_ray": 0.04})
    assert batch.score("realbogus", "bad_pixel").tolist() == pytest.approx([0.02, 0.2533333])
    np.testing.assert_allclose(batch.scores["realbogus"].sum(axis=1), [1.0, 1.0], rtol=1e-6)


def test_other_classifiers_are_given_by_name() -> None:
    batch = alerts(scores={"mine": {"yes": [0.25, 0.75]}})
    assert batch.score("mine", "yes").tolist() == [0.25, 0.75]
    assert "realbogus" in batch.score_labels


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"magnitud": 18}, "no column 'magnitud'; did you mean 'magnitude'"),
        ({"realbogos": {"real": 1}}, "did you mean 'realbogus'"),
        ({"realbogus": {"rael": 1}}, "no label 'rael'; did you mean 'real'"),
        ({"realbogus": 0.9}, "takes probabilities by label"),
        ({"magnitude": [1, 2], "age_days": [1, 2, 3]}, "has 2 values; the batch has 3 rows"),
    ],
)
def test_a_mistake_is_named_with_the_nearest(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(FilterError, match=said):
        alerts(**wrong)


def test_a_light_curve_is_in_days_and_magnitudes_and_by_rising_time() -> None:
    points = light_curve([(0, "g", 18.9, 0.05), (-3, "r", 20.0)], limits=[(-6, "g", 20.5)])
    batch = alerts(magnitude=18.9, light_curve=points)
    curve = batch.light_curve
    assert curve.mjd.tolist() == [MJD - 6, MJD - 3, MJD]
    assert curve.detected.tolist() == [False, True, True]
    assert curve.limit_mag[0] == 20.5
    assert curve.flux_njy[2] == pytest.approx(batch.flux_njy[0])
    assert curve.flux_err_njy[2] / curve.flux_njy[2] == pytest.approx(0.05 * math.log(10) / 2.5)


def test_each_alert_may_have_its_own_light_curve() -> None:
    batch = alerts(light_curve=[light_curve([(0, "g", 19)]), []])
    assert np.diff(batch.light_curve.offsets).tolist() == [1, 0]
    with pytest.raises(FilterError, match="1 light curves; the batch has 2 rows"):
        alerts(age_days=[1, 2], light_curve=[[]])


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_agrees_with_itself(example: object) -> None:
    batch = example()  # type: ignore[operator]
    curve = batch.light_curve
    assert len(batch) == 1
    assert curve.mjd[-1] == batch.mjd[0]
    assert curve.flux_njy[-1] == pytest.approx(batch.flux_njy[0])
    assert curve.band[-1] == batch.band[0]
    for scores in batch.scores.values():
        assert np.isnan(scores).all() or scores.sum() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("example", EXAMPLES)
def test_any_value_of_an_example_may_be_given_anew(example: object) -> None:
    batch = example(magnitude=21, realbogus={"real": 0.5})  # type: ignore[operator]
    assert batch.flux_njy[0] == pytest.approx(10 ** (10.4 / 2.5))
    assert batch.score("realbogus", "real")[0] == 0.5
    fading = example(flux_njy=-1000.0, flux_err_njy=10.0)  # type: ignore[operator]
    assert fading.magnitude[0] == pytest.approx(23.9)
    assert fading.magnitude_err[0] == pytest.approx(0.010857, rel=1e-3)


def test_a_crowd_is_the_same_for_one_seed_and_misses_some_of_everything() -> None:
    one, same, other = crowd(seed=1), crowd(seed=1), crowd(seed=2)
    np.testing.assert_array_equal(one.ra_deg, same.ra_deg)
    assert not np.array_equal(one.ra_deg, other.ra_deg)
    may_miss = [name for name in COLUMNS if name.startswith(("star", "asteroid", "age", "host"))]
    assert all(np.isnan(one.column(name)).any() for name in may_miss)
    for row in range(len(one)):
        assert (np.diff(one.light_curve.of(row).mjd) >= 0).all()
