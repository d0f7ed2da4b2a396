"""Every supernova and every other object is scored by networks that saw nothing of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.lightcurve.crossings import Heard, check_resumed, listened
from tests.training.lightcurve.invented import SMALL, objects, of_ztf, rows_of
from training.lightcurve import crossing
from training.lightcurve.answers import SERVED
from training.lightcurve.crossing import Job, jobs, opened
from training.lightcurve.fitting import Recipe, logits
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.labels import STAR, SUPERNOVAE, ZTF
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.objects.windows import WINDOW_DAYS
from training.lightcurve.objects.ztf import FILE, Material
from training.lightcurve.ztf_answers import Answers
from training.lightcurve.ztf_asked import OTHERS, asked_windows
from training.lightcurve.ztf_crossing import (
    NETS,
    REAL_MIN,
    WINDOWS_MAX,
    crossed,
    gathered,
    of_what_it_learnt,
    unsigned,
)

SHAPE = replace(SMALL, history=2, by_detections=True)
RECIPE = Recipe(steps=3, batch=8, shape=SHAPE)
SEEDS = (0, 4)
JOBS = jobs(SEEDS)
NONE = ZTF.index(STAR)


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
def heard(work: Path, patch: pytest.MonkeyPatch) -> dict[Job, Heard]:
    """By job, what its network was fitted with; all jobs are done when this is."""
    found = listened(patch)
    crossed(work, JOBS, RECIPE, workers=1)
    return dict(zip(JOBS, found, strict=True))


@pytest.fixture(scope="module")
def found(work: Path, some: Material, heard: dict[Job, Heard]) -> Answers:
    assert heard
    return gathered(work, some, SEEDS[0])


def test_no_network_learns_from_what_it_is_judged_on(
    some: Material, heard: dict[Job, Heard]
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
    heard: dict[Job, Heard],
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
    some: Material, heard: dict[Job, Heard]
) -> None:
    lessons, _ = heard[JOBS[0]]
    name, label = lessons.objects.name, lessons.objects.label
    for one in range(len(SUPERNOVAE)):
        _, place = np.unique(name[label == one], return_inverse=True)
        chance = np.bincount(place, lessons.chance[label == one])
        np.testing.assert_allclose(chance, chance[0])
    simulated = np.isin(name, some.objects.name[~some.real])
    share = lessons.chance[simulated].sum() / lessons.chance[label == NONE].sum()
    # So few real stars are there that simulated ones stand for the rest.
    real = len(np.unique(name[(label == NONE) & ~simulated]))
    assert share == pytest.approx(1 - real / REAL_MIN)


def test_of_an_object_the_windows_of_its_first_days_count_most(
    heard: dict[Job, Heard],
) -> None:
    lessons, _ = heard[JOBS[0]]
    curves = lessons.objects.curves
    ends = curves.mjd[curves.offsets[1:] - 1]
    for name in np.unique(lessons.objects.name[lessons.objects.label != NONE]):
        own = np.flatnonzero(lessons.objects.name == name)
        assert (np.diff(lessons.chance[own[np.argsort(ends[own])]]) < 0).all()


def test_signs_are_hidden_of_some_others_and_of_no_supernova(
    some: Material, heard: dict[Job, Heard]
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


def test_a_network_is_told_what_was_before_each_window(
    some: Material, heard: dict[Job, Heard]
) -> None:
    lessons, _ = heard[JOBS[0]]
    assert lessons.history is not None and lessons.history.shape == (len(lessons.objects), 2)
    curves = lessons.objects.curves
    seen = np.add.reduceat(curves.detected, curves.offsets[:-1], dtype=np.int64)
    assert (lessons.history[:, 1] >= seen).all()
    stars = lessons.objects.label == NONE
    assert (lessons.history[stars] == some.history[-1]).all()


def test_every_window_is_answered_once_out_of_fold_and_the_hold_out_by_the_served_one(
    some: Material, found: Answers
) -> None:
    whole, names = some.objects.name, found.name
    crossed = found.fold != SERVED
    for window in WINDOWS:
        own = crossed & (found.asked == window)
        # The first supernova was seen once only, and has no window.
        assert sorted(names[own]) == sorted(whole[some.supernova][1:])
    fold = dict(zip(whole.tolist(), some.fold.tolist(), strict=True))
    assert found.fold[crossed].tolist() == [fold[name] for name in names[crossed].tolist()]
    apart = set(whole[some.held_out].tolist())
    assert set(names[~crossed].tolist()) == apart - {whole[0]} - set(whole[~some.real].tolist())
    assert set(names[found.held_out].tolist()) <= apart


def test_real_others_alone_are_judged(some: Material, found: Answers) -> None:
    rest = found.take(np.flatnonzero((found.asked == OTHERS) & (found.fold != SERVED)))
    kinds = {f"disruption, {window}" for window in WINDOWS} | {"star by SIMBAD"}
    assert set(rest.kind.tolist()) == kinds
    assert (rest.days_known[rest.kind == "star by SIMBAD"] == 900).all()


def test_each_object_is_scored_by_the_network_of_its_own_fold(
    work: Path, some: Material, found: Answers
) -> None:
    for fold in (*range(FOLDS), SERVED):
        net = opened(work / NETS / f"{Job(fold, SEEDS[0]).name}.pt", SHAPE)
        for name, asked in asked_windows(some).items():
            own = some.held_out if fold == SERVED else some.fold == fold
            mine = asked.take(np.flatnonzero(own[asked.origin]))
            said = logits(net, rows_of(mine.objects, mine.history))
            ours = found.logits[(found.asked == name) & (found.fold == fold)]
            np.testing.assert_allclose(ours, said, atol=0.5 / Answers.rounded_to + 1e-3, rtol=1e-3)


def test_what_the_served_network_learnt_is_asked_apart_from_what_was_held_out(
    work: Path, some: Material, heard: dict[Job, Heard]
) -> None:
    assert heard
    net = opened(work / NETS / f"{Job(SERVED, SEEDS[0]).name}.pt", SHAPE)
    learnt = of_what_it_learnt(net, some)
    assert set(learnt.asked.tolist()) == set(WINDOWS)
    assert (learnt.fold == SERVED).all() and not learnt.held_out.any()
    assert set(learnt.name.tolist()) <= set(some.objects.name[~some.held_out].tolist())
    again = learnt.take(learnt.asked == WINDOWS[1])
    asked = asked_windows(some)[WINDOWS[1]]
    mine = asked.take(np.flatnonzero(~some.held_out[asked.origin]))
    said = logits(net, rows_of(mine.objects, mine.history))
    np.testing.assert_allclose(again.logits, said, atol=0.5 / Answers.rounded_to + 1e-3, rtol=1e-3)


@pytest.mark.parametrize("lost", [["npz"], ["npz", "pt"]])
def test_what_an_interrupted_run_has_fitted_is_not_fitted_again(
    work: Path,
    heard: dict[Job, Heard],
    lost: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = JOBS[2]
    again = check_resumed(
        work / NETS, gone, lost, lambda: crossed(work, JOBS, RECIPE, workers=1), monkeypatch
    )
    assert [one.recipe for one in again] == ([heard[gone].recipe] if "pt" in lost else [])
