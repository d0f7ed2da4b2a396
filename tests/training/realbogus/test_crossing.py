"""Every alert is scored, once a seed, by a network that saw nothing of its night or object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training.realbogus.invented import examples, material, rows_of
from training.realbogus import crossing
from training.realbogus.alerts.splits import field_nights
from training.realbogus.calibration import Calibration
from training.realbogus.crossing import (
    CALIBRATION_SHARE,
    DRB_STEPS_SHARE,
    by_scalars,
    crossed,
    taught,
)
from training.realbogus.fitting import Images, Lesson, Recipe, fitted, logits
from training.realbogus.judging.outcome import Outcome
from training.realbogus.labels import LABELS
from training.realbogus.material import FOLDS, Material
from training.realbogus.model import RealBogusNet

RECIPE = Recipe(steps=10, batch=16, channels=(4, 6, 8))
SEEDS = (0, 4)
KINDS = 2
Rows = NDArray[np.int64]


class Heard(NamedTuple):
    """What became of one network."""

    recipe: Recipe
    taught: Rows
    shown: list[Rows]
    """What it was asked about, call by call."""


@pytest.fixture(scope="module")
def some() -> Material:
    return material()


@pytest.fixture(scope="module")
def path(some: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("crossing") / "material.npz"
    some.save(file)
    return file


@pytest.fixture(scope="module")
def heard(path: Path) -> tuple[Outcome, list[Heard]]:
    """The outcome, and what each network was taught and shown."""
    nets: list[tuple[RealBogusNet, Heard]] = []

    def noted_fit(lessons: Sequence[Lesson], recipe: Recipe) -> RealBogusNet:
        net = fitted(lessons, recipe)
        rows = np.concatenate([rows_of(lesson.images) for lesson in lessons])
        nets.append((net, Heard(recipe, rows, [])))
        return net

    def noted_logits(net: RealBogusNet, images: Images) -> NDArray[np.float32]:
        next(one for known, one in nets if known is net).shown.append(rows_of(images))
        return logits(net, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossing, "fitted", noted_fit)
        patch.setattr(crossing, "logits", noted_logits)
        return crossed(path, SEEDS, RECIPE, workers=1), [one for _, one in nets]


def test_every_alert_and_every_exam_stamp_has_a_score_of_each_seed(
    some: Material, heard: tuple[Outcome, list[Heard]]
) -> None:
    scored, exam = heard[0].scored, heard[0].exam
    assert scored.ours.shape == (len(SEEDS), len(some.examples), len(LABELS))
    assert scored.taught_by_drb.shape == scored.ours.shape[:2]
    assert exam.ours.shape == (len(SEEDS), len(some.exam), len(LABELS))
    for given in (scored.ours, exam.ours):
        np.testing.assert_allclose(given.sum(axis=-1), 1)
        assert (given[0] != given[1]).any(axis=-1).all()
    assert np.isfinite(scored.taught_by_drb).all()


def test_no_network_scores_a_night_or_an_object_that_it_was_taught(
    some: Material, heard: tuple[Outcome, list[Heard]]
) -> None:
    held = np.zeros(len(some.examples), np.int64)
    for one in heard[1]:
        *_, alerts, asked = one.shown
        held[alerts] += 1
        for column in (some.examples.night, some.examples.object_id):
            assert not np.isin(column[alerts], column[one.taught]).any()
            assert not np.isin(column[asked], column[one.taught]).any()
    assert len(heard[1]) == KINDS * FOLDS * len(SEEDS)
    assert (held == KINDS * len(SEEDS)).all()


def test_a_network_is_calibrated_on_alerts_set_apart_and_on_what_was_drawn_on_them(
    some: Material, heard: tuple[Outcome, list[Heard]]
) -> None:
    ours = [one for one in heard[1] if one.recipe.steps == RECIPE.steps]
    group = field_nights(some.examples)
    assert len(ours) == FOLDS * len(SEEDS)
    for one in ours:
        apart, drawn, alerts, _ = one.shown
        assert not np.isin(group[drawn], group[one.taught]).any()
        assert len(apart) >= CALIBRATION_SHARE * (len(apart) + len(np.unique(one.taught)))
        assert not np.isin(some.examples.night[apart], some.examples.night[alerts]).any()
        assert not np.isin(group[apart], group[one.taught]).any()
        objects = some.examples.object_id
        assert not np.isin(objects[apart], objects[one.taught]).any()


def test_the_network_taught_by_drb_alone_hears_of_scored_alerts_only(
    some: Material, heard: tuple[Outcome, list[Heard]]
) -> None:
    alone = [one for one in heard[1] if one.recipe.steps == DRB_STEPS_SHARE * RECIPE.steps]
    assert len(alone) == FOLDS * len(SEEDS)
    for one in alone:
        assert len(np.unique(one.taught)) == len(one.taught)
        assert len(one.shown) == KINDS
    assert {one.recipe.seed for one in alone} == set(SEEDS)


def test_the_outcome_carries_what_alerts_are_judged_by(
    some: Material, heard: tuple[Outcome, list[Heard]]
) -> None:
    scored, exam = heard[0].scored, heard[0].exam
    for name in ("alert_id", "night", "rb", "snr", "negative", "simbad", "asteroid", "sky"):
        np.testing.assert_array_equal(getattr(scored, name), getattr(some.examples, name))
    np.testing.assert_array_equal(scored.drb, some.examples.teacher)
    np.testing.assert_array_equal(scored.field_night, field_nights(some.examples))
    np.testing.assert_array_equal(exam.field_night, scored.field_night[some.exam.row])
    np.testing.assert_array_equal(exam.label, some.exam.label)


@pytest.mark.timeout(120)
def test_two_workers_find_what_one_does(path: Path, heard: tuple[Outcome, list[Heard]]) -> None:
    again = crossed(path, SEEDS, RECIPE, workers=2)
    for part in ("scored", "exam"):
        one, other = getattr(heard[0], part), getattr(again, part)
        for column in fields(one):
            np.testing.assert_array_equal(getattr(one, column.name), getattr(other, column.name))


def test_a_fold_without_an_alert_asks_for_no_network(tmp_path: Path) -> None:
    two = material(20)
    two = replace(two, fold=np.where(two.examples.night % 2, 0, 3))
    two.save(tmp_path / "two.npz")
    found = crossed(tmp_path / "two.npz", (1,), replace(RECIPE, steps=1), workers=1)
    assert np.isfinite(found.scored.ours).all()


def test_without_evidence_or_drb_a_network_is_calibrated_on_what_was_drawn() -> None:
    some = material(20)
    unscored = replace(some, examples=replace(some.examples, teacher=np.full(20, np.nan)))
    net, calibration = taught(unscored, np.ones(20, np.bool_), replace(RECIPE, steps=2))
    assert not net.training and calibration.slope > 0
    assert calibration != Calibration(1.0, 0.0)


def test_trees_score_alerts_with_numbers_out_of_fold() -> None:
    some = examples(240, objects=10**6)
    some.scalars[:, 0] += 4 * some.high
    some.scalars[::7] = np.nan
    found = by_scalars(some, np.arange(240) % 2)
    assert np.isnan(found[::7]).all()
    rest = np.arange(240) % 7 > 0
    assert found[rest & some.high].mean() > 0.9 and found[rest & some.low].mean() < 0.1
    blind = replace(some, teacher=np.where(np.arange(240) % 2, some.teacher, 0.99))
    assert np.isnan(by_scalars(blind, np.arange(240) % 2)[1::2]).all()
