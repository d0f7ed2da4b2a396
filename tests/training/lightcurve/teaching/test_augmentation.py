"""A copy is the same event elsewhere: dimmer when farther, slower when redder, and as noisy."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from schemas.batch import LightCurves
from tests.training.lightcurve.teaching.invented_objects import ERR_NJY, event, star
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.teaching import augmentation
from training.lightcurve.teaching.augmentation import (
    STRETCH,
    Change,
    copies,
    detection_chance,
    modulus,
    redshift_at,
)


def same(one: LightCurves, other: LightCurves) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name != "detected")
        for name in (column.name for column in fields(one))
    )


def each_curve(objects: Objects) -> list[LightCurves]:
    return [objects.curves.of(row) for row in range(len(objects))]


def test_distances_are_those_of_plasticc() -> None:
    # Two rows of its training metadata, given to three decimals.
    assert modulus(0.226) == pytest.approx(40.256, abs=0.01)
    assert modulus(1.627) == pytest.approx(45.406, abs=0.01)
    assert redshift_at(modulus(0.7)) == pytest.approx(0.7, rel=1e-6)


def test_a_copy_depends_on_seed_object_and_number_only() -> None:
    some = copies(event(), 5, [1, 2, 3], seed=0)
    assert same(copies(event(), 5, [2], seed=0).curves, some.curves.of(1))
    assert not same(copies(event(), 6, [2], seed=0).curves, some.curves.of(1))
    assert not same(copies(event(), 5, [2], seed=1).curves, some.curves.of(1))


@pytest.mark.parametrize("one", [event(), star()], ids=["event", "star"])
def test_a_copy_keeps_its_parents_name_and_label_and_is_a_light_curve(one: Objects) -> None:
    some = copies(one, 0, range(1, 9), seed=0)
    assert (some.name == one.name[0]).all() and (some.label == one.label[0]).all()
    for points in each_curve(some):
        assert (np.diff(points.mjd) >= 0).all() and points.detected.sum() >= 2
        assert 60 < len(points.mjd) <= len(one.curves.mjd)
        assert np.isfinite(points.flux_njy).all() and (points.flux_err_njy > 0).all()


def test_redshift_error_and_distance_of_a_copy_belong_together() -> None:
    some = copies(event(redshift=0.6), 0, range(1, 20), seed=0).redshift
    assert (np.abs(some[:, 0] - 0.6) > 1e-3).sum() > 10
    stretch = (1 + some[:, 0]) / 1.6
    assert stretch.min() >= STRETCH[0] - 1e-9 and stretch.max() <= STRETCH[1] + 1e-9
    assert some[:, 1] == pytest.approx(0.02)
    assert some[:, 2] == pytest.approx([modulus(one) for one in some[:, 0]])


def test_a_star_gets_no_redshift_and_keeps_its_epochs() -> None:
    some = copies(star(), 0, range(1, 5), seed=0)
    assert (some.redshift[:, :2] == 0).all() and np.isnan(some.redshift[:, 2]).all()
    assert np.isin(some.curves.mjd, star().curves.mjd).all()


def changed(monkeypatch: pytest.MonkeyPatch, one: Objects, to: float) -> tuple[float, float]:
    """Peak flux and width in days of copies that are all at the redshift `to`."""
    stretch = (1 + to) / (1 + one.redshift[0, 0])
    factor = stretch * 10 ** (0.4 * (one.redshift[0, 2] - modulus(to)))
    change = Change(stretch, factor, np.array([to, 0.02, modulus(to)]))
    monkeypatch.setattr(augmentation, "_nearer_or_farther", lambda *_: change)
    curves = copies(one, 0, range(1, 9), seed=0).curves
    weight = np.maximum(curves.flux_njy - 3 * ERR_NJY, 0.0)
    centre = np.average(curves.mjd, weights=weight)
    width = np.sqrt(np.average((curves.mjd - centre) ** 2, weights=weight))
    return float(np.quantile(curves.flux_njy, 0.99)), float(width)


def test_a_farther_copy_is_fainter_and_slower_by_what_cosmology_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = event(peak_njy=20000.0)
    peak, width = changed(monkeypatch, one, 0.3)
    farther_peak, farther_width = changed(monkeypatch, one, 0.42)
    dimming = 1.42 / 1.3 * 10 ** (0.4 * (modulus(0.3) - modulus(0.42)))
    assert farther_peak / peak == pytest.approx(dimming, rel=0.05)
    assert farther_width / width == pytest.approx(1.42 / 1.3, rel=0.05)


def test_long_before_the_event_a_copy_is_fresh_noise_without_detections() -> None:
    early = copies(event(), 0, range(1, 30), seed=0).curves
    quiet = early.mjd < 60020.0
    ratio = early.flux_njy[quiet] / early.flux_err_njy[quiet]
    assert quiet.sum() > 200 and not early.detected[quiet].any()
    assert ratio.std() == pytest.approx(1.0, abs=0.1)
    assert len(np.unique(early.flux_njy)) == len(early.flux_njy)


def test_a_deep_fields_object_is_sometimes_seen_as_the_wide_survey_sees() -> None:
    deep = copies(event(points=330), 0, range(1, 13), seed=0)
    counts = np.diff(deep.curves.offsets)
    wide = counts < 0.65 * 330
    assert 0 < wide.sum() < 12
    for points, is_wide in zip(each_curve(deep), wide, strict=True):
        assert (np.median(points.flux_err_njy[points.band == 5]) > 5 * ERR_NJY) == is_wide


def test_detection_follows_the_ratio_of_flux_and_error_either_way() -> None:
    ratio = np.array([0.0, 1.0, 3.0, 5.17, 8.0, 60.0])
    chance = detection_chance(ratio * ERR_NJY, np.full(6, ERR_NJY))
    assert (np.diff(chance) >= 0).all() and chance[0] == 0.0
    assert chance[3] == pytest.approx(0.494, abs=1e-3) and chance[-1] == pytest.approx(1.0)
    assert detection_chance(-ratio, np.ones(6)) == pytest.approx(chance)


def test_no_copy_is_measured_better_than_anything_that_plasticc_has() -> None:
    some = copies(star(amplitude_njy=1e6), 0, range(1, 5), seed=0).curves
    ratio = np.abs(some.flux_njy) / some.flux_err_njy
    assert 210 < ratio.max() < 220


def test_what_can_hardly_be_detected_again_keeps_its_own_detections() -> None:
    faint = event(peak_njy=1.0)
    flagged = np.zeros(120, np.bool_)
    flagged[[50, 51]] = True
    faint = replace(faint, curves=replace(faint.curves, detected=flagged))
    some = copies(faint, 0, [1], seed=0)
    assert (some.curves.detected == flagged).all()
    assert some.curves.flux_err_njy == pytest.approx(np.hypot(1.0, 0.5) * ERR_NJY)
    assert some.redshift.tolist() == faint.redshift.tolist()


@pytest.mark.data
def test_copies_of_real_objects_look_like_their_parents(data_folder: Path) -> None:
    objects = read_training(data_folder)
    label = SIX_BAND.index("SNIa")
    outside = np.diff(objects.curves.offsets) < augmentation.DEEP_POINTS
    rows = np.flatnonzero(outside & (objects.label == label))[:100]
    parents = objects.take(rows)
    made = [copies(objects.take(rows[[k]]), int(rows[k]), [1], 0) for k in range(len(rows))]
    detections = [int(one.curves.detected.sum()) for one in made]
    own = [int(one.detected.sum()) for one in each_curve(parents)]
    assert np.median(detections) == pytest.approx(np.median(own), rel=0.25)
    undetected = np.concatenate([one.curves.flux_njy / one.curves.flux_err_njy for one in made])[
        ~np.concatenate([one.curves.detected for one in made])
    ]
    assert 1.0 < undetected.std() < 1.7
