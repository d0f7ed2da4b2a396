"""The rival on ZTF's windows: asked about the right windows, by trees that saw none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.batch import LightCurves
from training.arrays import Floats, Ints
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.ztf import SUPERNOVA, Material
from training.lightcurve.rivals import ztf_trees
from training.lightcurve.rivals.trees import Features, Recipe
from training.lightcurve.rivals.ztf_trees import (
    FILE,
    WindowTeaching,
    crossed,
    described,
    even,
    outcome,
    trained,
)

OBJECTS, POINTS, FOLDS = 60, 12, 2
TEACHING = WindowTeaching(windows=3)
RECIPE = Recipe(rounds=8, leaves=3, min_child=3, min_weight=0.1, l2=0.1)


def supernovae() -> Objects:
    """Five types told apart by how bright they are; each twelve points in g and r, four days apart.

    The first point is a limit, and objects of each tenth place are detected twice only.
    """
    random = np.random.default_rng(4)
    label = np.arange(OBJECTS) % len(SUPERNOVAE)
    detected = np.tile(np.arange(POINTS) > 0, (OBJECTS, 1))
    detected[::10] = np.isin(np.arange(POINTS), (1, 2))
    flux = 300.0 * 3.0 ** label[:, None] * random.uniform(0.9, 1.1, (OBJECTS, POINTS))
    curves = LightCurves(
        np.arange(OBJECTS + 1) * POINTS,
        np.tile(59000.0 + 4.0 * np.arange(POINTS), OBJECTS),
        np.tile(1 + np.arange(POINTS) % 2, OBJECTS).astype(np.int8),
        np.where(detected, flux, np.nan).ravel(),
        np.where(detected, 50.0, np.nan).ravel(),
        np.where(detected, np.nan, 20.5).ravel(),
        detected.ravel(),
    )
    names = np.array([f"ZTF{number}" for number in range(OBJECTS)])
    return Objects(names, label, curves, np.full((OBJECTS, 3), np.nan))


def fold() -> Ints:
    return (np.arange(OBJECTS) // len(SUPERNOVAE)) % FOLDS


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("windows") / "windows.npz"
    described(supernovae(), fold(), TEACHING).save(file)
    return file


def test_each_object_gives_some_windows_to_learn_from_and_one_of_each_kind_judged(
    path: Path,
) -> None:
    some = ztf_trees.WindowRows.load(path)
    learnt = np.bincount(some.learnt_parent)
    detections = np.where(np.arange(OBJECTS) % 10, POINTS - 1, 2)
    assert (learnt > 0).all() and (learnt < detections).all()
    assert len(np.unique(some.learnt_parent)) == OBJECTS
    places = some.asked_window * OBJECTS + some.asked_parent
    assert len(np.unique(places)) == len(places)
    third = set(some.asked_parent[some.asked_window == 0])
    assert third == set(range(OBJECTS)) - set(range(0, OBJECTS, 10))
    assert some.learnt.shape[1] == some.asked.shape[1]


def test_trees_tell_types_apart_and_answer_each_window_there_is(path: Path) -> None:
    types = crossed(path, RECIPE, workers=1)
    assert types.shape == (len(WINDOWS), 1, OBJECTS, len(SUPERNOVAE))
    assert np.isnan(types[0, 0, ::10]).all()
    known = np.isfinite(types[1, 0, :, 0])
    assert known.all()
    assert np.mean(types[1, 0].argmax(axis=1) == supernovae().label) > 0.7


def test_no_answer_comes_from_trees_that_saw_the_objects_fold(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ztf_trees.WindowRows.load(path)
    numbers = np.arange(len(some.learnt), dtype=np.float32)[:, None]
    taught: list[Ints] = []

    def noted(
        features: Features, label: Ints, weight: Floats, recipe: Recipe, classes: int
    ) -> FakeTrees:
        taught.append(some.learnt_parent[features[:, 0].astype(np.int64)])
        return FakeTrees(len(taught) - 1)

    monkeypatch.setattr(ztf_trees, "once", lambda *_: replace(some, learnt=numbers))
    monkeypatch.setattr(ztf_trees, "fitted", noted)
    said = crossed(path, RECIPE, workers=1)[1, 0, :, 0]
    for one, fit in enumerate(said.astype(np.int64)):
        assert one not in taught[fit]
        assert set(fold()[taught[fit]]) == set(range(FOLDS)) - {fold()[one]}


class FakeTrees:
    """Say which fit they are."""

    def __init__(self, number: int) -> None:
        self._number = number

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        return np.full((len(features), len(SUPERNOVAE)), self._number, np.float32)


def test_each_type_and_each_object_of_a_type_weighs_the_same() -> None:
    label = np.array([0, 0, 1, 3])
    parent = np.array([0, 0, 0, 1, 2, 3, 3])
    weight = even(label, parent)
    total = np.bincount(parent, weight)
    np.testing.assert_allclose(total / total[0], [1, 1, 2, 2])
    assert weight.mean() == pytest.approx(1)


def test_all_is_done_from_the_material_of_the_network(tmp_path: Path) -> None:
    some = supernovae()
    kind = np.full(OBJECTS, SUPERNOVA, "U9")
    kind[-5:] = "nucleus"
    material = Material(some, kind, np.full((OBJECTS, 2), np.nan), fold(), fold() == 1)
    found = trained(tmp_path, material, replace(TEACHING, recipe=RECIPE), workers=1)
    assert found.object_name.tolist() == some.name[:-5].tolist()
    again = ZtfOutcome.load(tmp_path / FILE)
    np.testing.assert_array_equal(again.types, found.types)
    np.testing.assert_array_equal(again.fold, fold()[:-5])


def test_what_is_judged_says_which_windows_there_are(path: Path, tmp_path: Path) -> None:
    types = crossed(path, RECIPE, workers=1)
    found = outcome(supernovae(), fold(), fold() == 1, types)
    found.save(tmp_path / "outcome.npz")
    again = ZtfOutcome.load(tmp_path / "outcome.npz")
    np.testing.assert_array_equal(again.types, types)
    assert again.present.sum(axis=1).tolist() == [OBJECTS - 6, OBJECTS, OBJECTS]
