"""Every supernova and every other object is scored by networks that saw nothing of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.training.lightcurve.invented import SMALL, objects, of_ztf, rows_of
from training.lightcurve import crossing
from training.lightcurve.calibration import chances_of
from training.lightcurve.crossing import Job, jobs, kept_answers, opened
from training.lightcurve.fitting import Recipe, fitted, logits
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.labels import NOT_SHOWN, SUPERNOVAE, ZTF
from training.lightcurve.model import LightCurveNet
from training.lightcurve.objects.splits import FOLDS, SERVED
from training.lightcurve.objects.windows import WINDOW_DAYS
from training.lightcurve.objects.ztf import FILE, Material
from training.lightcurve.teaching.lessons import Lessons
from training.lightcurve.ztf_crossing import (
    NETS,
    SIMULATED_SHARE,
    WINDOWS_MAX,
    Gathered,
    crossed,
    gathered,
    other_rows,
    supernova_windows,
    unsigned,
)

RECIPE = Recipe(steps=3, batch=8, shape=SMALL)
SEEDS = (0, 4)
JOBS = jobs(SEEDS)
NONE = ZTF.index(NOT_SHOWN)


@pytest.fixture(scope="module")
def some() -> Material:
    return of_ztf()


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as found:
        # Writing and reading the small file takes seconds a network.
        found.setattr(crossing, "served_form", lambda net: net)
        yield found


@pytest.fixture(scope="module")
def work(some: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ztf_crossing")
    some.save(folder / FILE)
    return folder


@pytest.fixture(scope="module")
def heard(work: Path, patch: pytest.MonkeyPatch) -> dict[Job, tuple[Lessons, Recipe]]:
    """By job, what its network was fitted with; all jobs are done when this is."""
    found: list[tuple[Lessons, Recipe]] = []

    def noted(lessons: Lessons, recipe: Recipe) -> LightCurveNet:
        found.append((lessons, recipe))
        return fitted(lessons, recipe)

    patch.setattr(crossing, "fitted", noted)
    crossed(work, JOBS, RECIPE, workers=1)
    return dict(zip(JOBS, found, strict=True))


@pytest.fixture(scope="module")
def found(work: Path, some: Material, heard: dict[Job, tuple[Lessons, Recipe]]) -> Gathered:
    assert heard
    return gathered(work, some, SEEDS)


def test_no_network_learns_from_what_it_is_judged_on(
    some: Material, heard: dict[Job, tuple[Lessons, Recipe]]
) -> None:
    for job, (lessons, recipe) in heard.items():
        own = some.held_out if job.fold == SERVED else some.fold == job.fold
        learnt = set(lessons.objects.name.tolist())
        assert learnt.isdisjoint(some.objects.name[own].tolist())
        missed = set(some.objects.name[~own].tolist()) - learnt
        # Seen once only, it has no window.
        assert missed <= {some.objects.name[0]}
        assert recipe.seed == job.seed
    assert heard.keys() >= {Job(fold, seed) for fold in range(FOLDS) for seed in SEEDS}


def test_lessons_are_windows_that_end_with_a_detection_and_hide_every_redshift(
    heard: dict[Job, tuple[Lessons, Recipe]],
) -> None:
    lessons, _ = heard[JOBS[0]]
    curves = lessons.objects.curves
    first, last = curves.mjd[curves.offsets[:-1]], curves.mjd[curves.offsets[1:] - 1]
    assert (last - first <= WINDOW_DAYS).all()
    windows = lessons.objects.label != NONE
    assert curves.detected[curves.offsets[1:] - 1][windows].all()
    assert lessons.hidden_share == 1 and lessons.soft is None
    _, count = np.unique(lessons.objects.name[windows], return_counts=True)
    assert 1 < count.max() <= WINDOWS_MAX


def test_objects_of_a_class_come_alike_and_simulated_ones_have_their_share(
    some: Material, heard: dict[Job, tuple[Lessons, Recipe]]
) -> None:
    lessons, _ = heard[JOBS[0]]
    name, label = lessons.objects.name, lessons.objects.label
    for one in range(len(SUPERNOVAE)):
        _, place = np.unique(name[label == one], return_inverse=True)
        chance = np.bincount(place, lessons.chance[label == one])
        np.testing.assert_allclose(chance, chance[0])
    simulated = np.isin(name, some.objects.name[~some.real])
    share = lessons.chance[simulated].sum() / lessons.chance[label == NONE].sum()
    assert share == pytest.approx(SIMULATED_SHARE)


def test_of_an_object_the_windows_of_its_first_days_count_most(
    heard: dict[Job, tuple[Lessons, Recipe]],
) -> None:
    lessons, _ = heard[JOBS[0]]
    curves = lessons.objects.curves
    ends = curves.mjd[curves.offsets[1:] - 1]
    for name in np.unique(lessons.objects.name[lessons.objects.label != NONE]):
        own = np.flatnonzero(lessons.objects.name == name)
        assert (np.diff(lessons.chance[own[np.argsort(ends[own])]]) < 0).all()


def test_signs_are_hidden_of_some_others_and_of_no_supernova(
    some: Material, heard: dict[Job, tuple[Lessons, Recipe]]
) -> None:
    wave = objects(np.zeros(4, np.int64))
    wave.curves.flux_njy[::2] *= -1
    which = np.array([True, False, False, True])
    flux = unsigned(wave, which).curves.flux_njy.reshape(4, -1)
    before = wave.curves.flux_njy.reshape(4, -1)
    np.testing.assert_array_equal(flux[which], np.abs(before[which]))
    np.testing.assert_array_equal(flux[~which], before[~which])
    known = set(some.objects.curves.flux_njy.tolist())
    lessons, _ = heard[JOBS[0]]
    supernovae = np.flatnonzero(lessons.objects.label != NONE)
    assert known.issuperset(lessons.objects.take(supernovae).curves.flux_njy.tolist())


def test_every_supernova_with_a_window_has_probabilities_and_no_other_has(
    some: Material, found: Gathered
) -> None:
    outcome, count = found.outcome, int(some.supernova.sum())
    assert outcome.types.shape == (len(WINDOWS), len(SEEDS), count, len(SUPERNOVAE))
    assert outcome.present[:, 1:].all() and not outcome.present[:, 0].any()
    for place in range(len(WINDOWS)):
        there = outcome.types[place][:, outcome.present[place]]
        np.testing.assert_allclose(there.sum(axis=-1), 1, atol=1e-5)
    assert np.isnan(outcome.types[:, :, 0]).all() and np.isnan(outcome.not_shown[:, :, 0]).all()
    assert ((outcome.not_shown[:, :, 1:] > 0) & (outcome.not_shown[:, :, 1:] < 1)).all()
    np.testing.assert_array_equal(outcome.label, some.objects.label[some.supernova])
    assert found.slope > 0


def test_real_others_alone_are_judged(some: Material, found: Gathered) -> None:
    assert found.outcome.other_not_shown.shape == (len(SEEDS), int(other_rows(some).sum()))
    assert np.isfinite(found.outcome.other_not_shown).all()
    assert set(found.outcome.other_kind.tolist()) == {"asteroid"}


def test_each_object_is_scored_by_the_network_of_its_own_fold(
    work: Path, some: Material, found: Gathered
) -> None:
    whole, cuts = some.fold[some.supernova], supernova_windows(some)
    others = np.flatnonzero(other_rows(some))
    for fold in range(FOLDS):
        net, slope = net_of(work, Job(fold, SEEDS[1])), np.nan
        for place, name in enumerate(WINDOWS):
            own = np.flatnonzero(whole[cuts[name].parent] == fold)
            said = logits(net, rows_of(cuts[name].objects.take(own)))[:, : len(SUPERNOVAE)]
            ours = found.outcome.types[place, 1, cuts[name].parent[own]]
            if place == 0:
                slope = slope_between(said, ours)
            np.testing.assert_allclose(ours, chances_of(slope * said), atol=1e-4)
        own = np.flatnonzero(some.fold[others] == fold)
        said = logits(net, rows_of(some.objects.take(others[own])))
        wanted = chances_of(slope * said)[:, NONE]
        np.testing.assert_allclose(found.outcome.other_not_shown[1, own], wanted, atol=1e-4)


def slope_between(logits: np.ndarray, chances: np.ndarray) -> float:
    """By which logits (n, classes) became chances; a fold's is not told by `gathered`."""
    away = logits - logits.mean(axis=1, keepdims=True)
    surprise = np.log(chances) - np.log(chances).mean(axis=1, keepdims=True)
    return float((away * surprise).sum() / (away**2).sum())


def net_of(work: Path, job: Job) -> LightCurveNet:
    return opened(work / NETS / f"{job.name}.pt", SMALL)


@pytest.mark.parametrize("lost", [["npz"], ["npz", "pt"]])
def test_what_an_interrupted_run_has_fitted_is_not_fitted_again(
    work: Path,
    heard: dict[Job, tuple[Lessons, Recipe]],
    lost: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, again = JOBS[2], list[Recipe]()
    before = dict(kept_answers(work / NETS, gone))
    for ending in lost:
        (work / NETS / f"{gone.name}.{ending}").unlink()

    def noted(lessons: Lessons, recipe: Recipe) -> LightCurveNet:
        again.append(recipe)
        return fitted(lessons, recipe)

    monkeypatch.setattr(crossing, "fitted", noted)
    crossed(work, JOBS, RECIPE, workers=1)
    assert again == ([heard[gone][1]] if "pt" in lost else [])
    after = kept_answers(work / NETS, gone)
    assert set(after) == set(before)
    for key, answer in before.items():
        np.testing.assert_array_equal(after[key], answer)
