"""Material: kept in one file as it was, and nothing drawn leaves the fold of its alert."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import ArchiveError
from tests.training.realbogus import invented
from training.realbogus.alerts.splits import night_folds, training_rows
from training.realbogus.fitting import seen
from training.realbogus.labels import REAL
from training.realbogus.lessons import lessons
from training.realbogus.material import FOLDS, Material, material
from training.realbogus.model import RealBogusNet

EXAM_STAMPS = 60


@pytest.fixture(scope="module")
def made() -> Material:
    return material(invented.examples(30, objects=1000), seed=0, exam_stamps=EXAM_STAMPS)


def test_what_is_saved_is_read_again_but_for_the_native_stamps(
    made: Material, tmp_path: Path
) -> None:
    made.save(tmp_path / "material.npz")
    again = Material.load(tmp_path / "material.npz")
    for name in ("fold", "images", "variants", "exam_images"):
        np.testing.assert_array_equal(getattr(again, name), getattr(made, name))
    for name in ("examples", "pool", "exam"):
        one, other = getattr(again, name), getattr(made, name)
        for column in {field.name for field in fields(one)} - {"native"}:
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column), column)
            assert getattr(one, column).dtype == getattr(other, column).dtype
    assert len(again.examples.native) == len(made.examples)


def test_a_file_that_is_not_there_names_the_step_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"nothing\.npz: is not there; run the step `draw`"):
        Material.load(tmp_path / "nothing.npz")


def test_folds_are_nights_and_images_are_what_a_network_sees(made: Material) -> None:
    np.testing.assert_array_equal(made.fold, night_folds(made.examples, FOLDS))
    np.testing.assert_array_equal(made.images, seen(RealBogusNet(), made.examples.stamps))
    np.testing.assert_array_equal(made.variants[:, 0], made.images)
    assert len(made.pool.images) == len(made.pool.label) == len(made.pool.row)
    assert len(made.exam_images) == len(made.exam) and not made.exam.stamps.size


def test_each_fold_has_its_share_of_the_exam(made: Material) -> None:
    asked = np.bincount(made.fold[made.exam.row], minlength=FOLDS)
    share = EXAM_STAMPS * np.bincount(made.fold, minlength=FOLDS) / len(made.fold)
    np.testing.assert_array_equal(asked, np.round(share))
    assert (made.exam.label == REAL).any() and (made.exam.label != REAL).any()


def test_nothing_that_is_learnt_was_drawn_on_an_alert_of_the_exam(made: Material) -> None:
    tagged = replace(
        made,
        variants=invented.varied(np.arange(len(made.fold)), np.random.default_rng(0)),
        pool=replace(made.pool, images=invented.marked(made.pool.row, np.random.default_rng(1))),
    )
    for fold in range(FOLDS):
        rows = training_rows(made.examples, made.fold, fold)
        asked = made.exam.row[made.fold[made.exam.row] == fold]
        for lesson in lessons(tagged.examples, tagged.variants, tagged.pool, rows):
            taught = invented.rows_of(lesson.images)
            assert not np.isin(made.examples.night[taught], made.examples.night[asked]).any()


def test_the_seed_draws_and_the_exam_has_draws_of_its_own() -> None:
    some = invented.examples(6, objects=1000, nights=2)
    first, again, other = (material(some, seed, exam_stamps=12) for seed in (0, 0, 1))
    for name in ("images", "row"):
        one, same = getattr(first.pool, name), getattr(again.pool, name)
        np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(first.exam_images, again.exam_images)
    assert not np.array_equal(first.exam_images, other.exam_images)
    np.testing.assert_array_equal(first.images, other.images)
