"""No student hears of its own examination: who taught the trees that labelled each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.arrays import Floats, Ints, keep
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.splits import FOLDS, six_band_folds, six_band_held_out
from training.lightcurve.rivals import teacher
from training.lightcurve.rivals.bank_rows import BANK, GP, PLAIN, Described, Rows
from training.lightcurve.rivals.bank_rows import GP_FEATURES as GP_FEATURES_FILE
from training.lightcurve.rivals.bank_rows import PLAIN_FEATURES as PLAIN_FEATURES_FILE
from training.lightcurve.rivals.gp_features import NAMES, PLAIN_NAMES
from training.lightcurve.rivals.teacher import (
    OUTCOME,
    SOFT_LABELS,
    SoftLabels,
    Teaching,
    TreesOutcome,
    stages,
    taught,
)
from training.lightcurve.rivals.trees import Features, Recipe

OBJECTS, COPIES = 140, 4
CLASSES = len(SIX_BAND)
TEACHING = Teaching(Recipe(rounds=2, leaves=2), copies=2)
GP_FEATURES, GP_OF_REDSHIFT, PLAIN_FEATURES = 4, 2, 3


def described(count: int, of_redshift: int) -> Described:
    """Features whose first column is the row's own number; the last ones are the redshift's."""
    values = np.random.default_rng(count).normal(size=(OBJECTS * COPIES, count))
    values[:, 0] = np.arange(len(values))
    return Described(values.astype(np.float32), np.arange(count) >= count - of_redshift)


def rows() -> Rows:
    """Objects of all classes with their copies, copy by copy."""
    parent = np.tile(np.arange(OBJECTS), COPIES)
    return Rows(
        parent=parent,
        copy=np.repeat(np.arange(COPIES), OBJECTS),
        label=parent % CLASSES,
        fold=(parent // CLASSES) % FOLDS,
        held_out=parent % 11 == 3,
        gp=described(GP_FEATURES, GP_OF_REDSHIFT),
        plain=described(PLAIN_FEATURES, 1),
    )


@dataclass(frozen=True)
class Fit:
    """What one fit was taught and asked."""

    learnt: Ints
    weight: Floats
    columns: int
    asked: list[Ints]


class FakeTrees:
    """Say which fit they are: the number of the fit in the first probability."""

    def __init__(self, number: int, fit: Fit) -> None:
        self._number, self._fit = number, fit

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        self._fit.asked.append(features[:, 0].astype(np.int64))
        assert features.shape[1] == self._fit.columns
        found = np.zeros((len(features), CLASSES), np.float32)
        found[:, 0] = self._number
        return found


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """What has been fitted so far."""
    so_far: list[Fit] = []

    def noted(
        features: Features, label: Ints, weight: Floats, recipe: Recipe, classes: int
    ) -> FakeTrees:
        learnt = features[:, 0].astype(np.int64)
        np.testing.assert_array_equal(label, rows().label[learnt])
        so_far.append(Fit(learnt, weight, features.shape[1], []))
        return FakeTrees(len(so_far) - 1, so_far[-1])

    monkeypatch.setattr(teacher, "fitted", noted)
    monkeypatch.setattr(teacher, "once", lambda *_: rows())
    return so_far


def number_of_fit(said: NDArray[np.generic]) -> Ints:
    """Which fit labelled each of (k, 14); all of them must have been labelled."""
    first = said[:, 0].astype(np.float64)
    assert np.isfinite(first).all()
    return first.astype(np.int64)


@pytest.mark.parametrize("z", ["with_z", "without_z"])
def test_no_soft_label_comes_from_trees_that_saw_the_rows_fold_or_the_students(
    fits: list[Fit], tmp_path: Path, z: str
) -> None:
    soft, _ = taught(tmp_path, TEACHING, workers=1)
    some = rows()
    for judged in range(FOLDS):
        given = getattr(soft, z)[judged]
        assert np.isnan(given[some.fold == judged]).all()
        known = np.flatnonzero(some.fold != judged)
        for row, fit in zip(known, number_of_fit(given[known]), strict=True):
            seen = some.fold[fits[fit].learnt]
            assert not np.isin(seen, [judged, some.fold[row]]).any()
            assert set(seen) == set(range(FOLDS)) - {judged, some.fold[row]}


@pytest.mark.parametrize("z", ["with_z", "without_z"])
def test_what_is_said_for_the_served_student_comes_from_trees_that_saw_nothing_held_out(
    fits: list[Fit], tmp_path: Path, z: str
) -> None:
    soft, _ = taught(tmp_path, TEACHING, workers=1)
    some = rows()
    given = getattr(soft, f"served_{z}")
    assert np.isnan(given[some.held_out]).all()
    known = np.flatnonzero(~some.held_out)
    for row, fit in zip(known, number_of_fit(given[known]), strict=True):
        learnt = fits[fit].learnt
        assert not some.held_out[learnt].any()
        assert set(some.fold[learnt]) == set(range(FOLDS)) - {some.fold[row]}


def test_the_baseline_predicts_originals_that_its_trees_did_not_see(
    fits: list[Fit], tmp_path: Path
) -> None:
    _, outcome = taught(tmp_path, TEACHING, workers=1)
    some = rows()
    for name in ("gp_with_z", "gp_without_z", "plain_with_z", "plain_without_z"):
        for one, fit in enumerate(number_of_fit(getattr(outcome, name))):
            assert set(some.fold[fits[fit].learnt]) == set(range(FOLDS)) - {some.fold[one]}
            (asked,) = fits[fit].asked
            assert (some.copy[asked] == 0).all()


def test_trees_learn_from_as_many_copies_as_asked_and_of_every_class_alike(
    fits: list[Fit], tmp_path: Path
) -> None:
    taught(tmp_path, TEACHING, workers=1)
    some = rows()
    assert len(fits) == sum(map(len, stages())) == 2 * (10 + 5 + 5 + 5)
    for fit in fits:
        assert set(some.copy[fit.learnt]) == set(range(TEACHING.copies + 1))
        total = np.bincount(some.label[fit.learnt], fit.weight)
        np.testing.assert_allclose(total, total[0])


def test_the_redshifts_features_are_kept_from_trees_without_it(
    fits: list[Fit], tmp_path: Path
) -> None:
    taught(tmp_path, TEACHING, workers=1)
    jobs = [job for stage in stages() for job in stage]
    for job, fit in zip(jobs, fits, strict=True):
        hidden = 0 if job.with_z else (GP_OF_REDSHIFT if job.kind == GP else 1)
        assert fit.columns == (GP_FEATURES if job.kind == GP else PLAIN_FEATURES) - hidden


def test_the_first_stage_is_all_that_the_student_of_the_first_fold_needs(
    fits: list[Fit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stages()[0]
    monkeypatch.setattr(teacher, "stages", lambda *_: [first])
    soft, outcome = taught(tmp_path, TEACHING, workers=1)
    some = rows()
    for given in (soft.with_z, soft.without_z):
        assert np.isfinite(given[0][some.fold != 0]).all()
    own = some.fold[:OBJECTS] == 0
    assert np.isfinite(outcome.gp_with_z[own]).all()
    assert np.isnan(outcome.gp_with_z[~own]).all()


def test_an_interrupted_run_goes_on_where_it_was(
    fits: list[Fit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(teacher, "stages", lambda *_: stages()[:1])
        taught(tmp_path, TEACHING, workers=1)
    before = len(fits)
    assert before == len(stages()[0])
    taught(tmp_path, TEACHING, workers=1)
    assert len(fits) == sum(map(len, stages()))
    taught(tmp_path, TEACHING, workers=1)
    assert len(fits) == sum(map(len, stages()))
    taught(tmp_path, replace(TEACHING, copies=1), workers=1)
    assert len(fits) == 2 * sum(map(len, stages()))


def test_trees_that_are_told_no_redshift_are_fitted_alone(fits: list[Fit], tmp_path: Path) -> None:
    soft, _ = taught(tmp_path, replace(TEACHING, with_z=False), workers=1)
    assert len(fits) == sum(map(len, stages())) / 2
    assert np.isnan(soft.with_z).all() and np.isnan(soft.served_with_z).all()
    assert np.isfinite(soft.without_z[0][rows().fold != 0]).all()


def test_what_is_written_is_what_is_read(fits: list[Fit], tmp_path: Path) -> None:
    soft, outcome = taught(tmp_path, TEACHING, workers=1)
    again = SoftLabels.load(tmp_path / SOFT_LABELS), TreesOutcome.load(tmp_path / OUTCOME)
    for one, other in zip((soft, outcome), again, strict=True):
        for name, column in vars(one).items():
            np.testing.assert_array_equal(column, getattr(other, name))


def test_real_trees_say_probabilities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "once", lambda *_: rows())
    monkeypatch.setattr(teacher, "stages", lambda *_: [stages()[0][:2]])
    soft, _ = taught(tmp_path, TEACHING, workers=1)
    said = soft.with_z[0][rows().fold == 1].astype(np.float64)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=0.01)


def test_a_banks_rows_have_the_split_of_their_originals(tmp_path: Path) -> None:
    some = bank_in(tmp_path)
    assert some.objects == OBJECTS and len(some.copy) == OBJECTS * COPIES
    originals = some.copy == 0
    names = np.arange(OBJECTS).astype(str)
    np.testing.assert_array_equal(some.fold[originals], six_band_folds(names))
    np.testing.assert_array_equal(some.fold, some.fold[originals][some.parent])
    np.testing.assert_array_equal(some.held_out, six_band_held_out(names)[some.parent])
    for kind in (GP, PLAIN):
        widths = [some.features(kind, with_z).shape[1] for with_z in (True, False)]
        assert widths[0] - widths[1] == np.count_nonzero(getattr(some, kind).of_redshift) > 3


def bank_in(folder: Path) -> Rows:
    """A bank's files, written and read."""
    some = rows()
    columns = {"parent": some.parent, "copy": some.copy, "objects.label": some.label}
    keep(folder / BANK, {**columns, "objects.name": some.parent.astype(str)})
    for name, names in ((GP_FEATURES_FILE, NAMES), (PLAIN_FEATURES_FILE, PLAIN_NAMES)):
        np.save(folder / name, np.zeros((len(some.parent), len(names)), np.float32))
    return Rows.load(folder)


def test_a_file_that_is_missing_or_of_another_bank_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"bank\.npz: is missing"):
        Rows.load(tmp_path)
    bank_in(tmp_path)
    np.save(tmp_path / GP_FEATURES_FILE, np.zeros((3, 2), np.float32))
    with pytest.raises(ModelError, match=r"gp_features\.npy: holds \(3, 2\)"):
        Rows.load(tmp_path)
    (tmp_path / GP_FEATURES_FILE).unlink()
    with pytest.raises(ModelError, match=r"gp_features\.npy: is missing"):
        Rows.load(tmp_path)
