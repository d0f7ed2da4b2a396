"""Every object is scored by networks that learnt from nothing of its own, and once only."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.lightcurve.crossings import Heard, check_resumed, listened
from tests.training.lightcurve.invented import SMALL, objects, rows_of, six_band
from tests.training.lightcurve.invented import keep as keep_material
from training.lightcurve import crossing
from training.lightcurve.answers import SERVED
from training.lightcurve.calibration import calibrated, chances_of
from training.lightcurve.crossing import Job, opened, served_form
from training.lightcurve.fitting import Recipe, logits, scored
from training.lightcurve.judging.outcome import DAYS, SELDOM, WHOLE, Redshift
from training.lightcurve.labels import GALACTIC, SIX_BAND, ZTF
from training.lightcurve.material import ORIGINALS_SHARE, Material
from training.lightcurve.model import LightCurveNet
from training.lightcurve.objects.seen import Seen, left_out
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.six_band_crossing import (
    CASES,
    KEPT,
    LEFT_OUT,
    NETS,
    NOVELTY_FOLD,
    Gathered,
    answers_of,
    crossed,
    gathered,
    jobs,
    novelties,
    told_redshift,
)

RECIPE = Recipe(steps=3, batch=8, shape=SMALL)
SEEDS = (0, 4)
JOBS = jobs(SEEDS)
AS_THEY_ARE = np.stack([np.eye(2, 1), np.zeros((2, 1))]) * np.ones(len(SIX_BAND))
"""What `by_detections` gives for logits that are right."""


def smaller(net: LightCurveNet) -> LightCurveNet:
    """In place of the served form, which takes seconds to write: plainly another network."""
    found = deepcopy(net)
    with torch.no_grad():
        found.head.bias += torch.linspace(-1, 1, len(SIX_BAND))
    return found


@pytest.fixture(scope="module")
def some() -> Material:
    return six_band()


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as found:
        found.setattr(crossing, "served_form", smaller)
        yield found


@pytest.fixture(scope="module")
def work(some: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crossing")
    keep_material(some, folder)
    return folder


@pytest.fixture(scope="module")
def heard(work: Path, patch: pytest.MonkeyPatch) -> dict[Job, Heard]:
    """By job, all of which are done when this is."""
    found = listened(patch)
    crossed(work, JOBS, RECIPE, workers=1)
    return dict(zip(JOBS, found, strict=True))


@pytest.fixture(scope="module")
def found(work: Path, some: Material, heard: dict[Job, Heard]) -> Gathered:
    assert heard
    return gathered(work, some, SEEDS)


def net_of(work: Path, job: Job) -> LightCurveNet:
    return opened(work / NETS / f"{job.name}.pt", SMALL)


def test_every_fold_of_every_seed_is_fitted_and_one_that_is_served() -> None:
    assert {(one.fold, one.seed) for one in JOBS if one.fold != SERVED and not one.left_out} == {
        (fold, seed) for fold in range(FOLDS) for seed in SEEDS
    }
    assert [one for one in JOBS if one.fold == SERVED] == [Job(SERVED, SEEDS[0])]
    assert [one.left_out for one in JOBS if one.left_out] == [*LEFT_OUT]
    assert len({one.name for one in JOBS}) == len(JOBS)


def test_no_network_learns_from_what_it_is_judged_on(
    some: Material, heard: dict[Job, Heard]
) -> None:
    for job, one in heard.items():
        own = some.held_out if job.fold == SERVED else some.fold == job.fold
        learnt = set(one.lessons.objects.name.tolist())
        assert learnt.isdisjoint(some.objects.name[own].tolist())
        wanted = ~own & (
            some.objects.label != (SIX_BAND.index(job.left_out) if job.left_out else -1)
        )
        assert learnt == set(some.objects.name[wanted].tolist())


def test_originals_and_copies_are_learnt_from_in_their_shares(heard: dict[Job, Heard]) -> None:
    lessons = heard[JOBS[0]].lessons
    half = len(lessons.objects) // 2
    assert (lessons.objects.name[:half] == lessons.objects.name[half:]).all()
    assert lessons.chance[:half].sum() == pytest.approx(ORIGINALS_SHARE)


def test_a_class_that_is_left_out_is_in_no_lesson_and_no_soft_label(
    heard: dict[Job, Heard],
) -> None:
    for job, one in heard.items():
        if job.left_out:
            place = SIX_BAND.index(job.left_out)
            assert (one.lessons.objects.label != place).all()
            for said in one.lessons.soft or ():
                assert (said[:, place] == 0).all()
                np.testing.assert_allclose(said.sum(axis=1), 1, atol=0.01)


def test_each_network_has_the_teacher_of_its_own_fold_and_its_own_seed(
    heard: dict[Job, Heard],
) -> None:
    for job, one in heard.items():
        assert one.recipe == Recipe(seed=job.seed, steps=3, batch=8, shape=SMALL)
        assert one.lessons.soft is not None
        told, untold = (
            said[np.arange(len(said)), one.lessons.objects.label] for said in one.lessons.soft
        )
        assert np.isfinite(told).all() and np.isfinite(untold).all()
        if not job.left_out:
            sure = 0.9 if job.fold == SERVED else 0.3 + job.fold / 10
            np.testing.assert_allclose(told, sure, atol=1e-3)
            np.testing.assert_allclose(untold, sure / 2, atol=1e-3)


def test_every_object_has_calibrated_probabilities_of_every_seed(
    some: Material, found: Gathered
) -> None:
    shown = {(told, days) for told in (Redshift.WITH, Redshift.WITHOUT) for days in DAYS}
    assert set(found.served.answers) == shown | {(Redshift.MASKED, WHOLE)}
    assert set(found.float_form.answers) == {(told, WHOLE) for told in Redshift}
    seen = {days: Seen.of(some.objects, days) for days in DAYS}
    for outcome in (found.served, found.float_form):
        np.testing.assert_array_equal(outcome.label, some.objects.label)
        np.testing.assert_array_equal(outcome.fold, some.fold)
        for key, answer in outcome.answers.items():
            assert answer.shape == (len(SEEDS), len(some.objects), len(SIX_BAND))
            assert answer.dtype == np.float32
            assert (np.isfinite(answer).all(axis=-1) == seen[key[1]].answered).all()
            known = answer[:, seen[key[1]].answered]
            np.testing.assert_allclose(known.sum(axis=-1), 1, atol=1e-5)
            assert (known[0] != known[1]).any(axis=-1).all()


def test_each_object_is_scored_by_the_network_of_its_own_fold(
    work: Path, some: Material, found: Gathered
) -> None:
    for fold in range(FOLDS):
        own = (some.fold == fold) & Seen.of(some.objects).answered
        mine = some.objects.take(np.flatnonzero(own))
        told = rows_of(replace(mine, curves=left_out(mine.curves)))
        net = net_of(work, Job(fold, SEEDS[1]))
        for form, outcome in ((net, found.float_form), (smaller(net), found.served)):
            sure = calibrated(logits(form, told), found.across[fold], Seen.of(mine).detections)
            wanted = chances_of(sure)
            answer = outcome.of(Redshift.WITH)
            assert answer is not None
            np.testing.assert_allclose(answer[1, own], wanted, atol=1e-6)


@pytest.mark.parametrize("lost", [["npz"], ["npz", "pt"]])
def test_what_an_interrupted_run_has_fitted_is_not_fitted_again(
    work: Path, heard: dict[Job, Heard], lost: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = JOBS[2]
    again = check_resumed(
        work / NETS, gone, lost, lambda: crossed(work, JOBS, RECIPE, workers=1), monkeypatch
    )
    assert [one.recipe for one in again] == ([heard[gone].recipe] if "pt" in lost else [])


def test_networks_that_never_saw_a_class_are_asked_about_all_of_it(
    work: Path, some: Material, heard: dict[Job, Heard]
) -> None:
    assert heard
    found = novelties(work, some, SEEDS[0], sure=AS_THEY_ARE)
    assert [(one.name, one.redshift) for one in found] == [
        (name, told) for name in LEFT_OUT for told in (Redshift.WITH, Redshift.WITHOUT)
    ]
    for one in found:
        place = SIX_BAND.index(one.name)
        others = (some.fold == NOVELTY_FOLD) & (some.objects.label != place)
        assert one.unseen.sum() == (some.objects.label == place).sum()
        assert (~one.unseen).sum() == others.sum()
        assert one.probabilities.shape == (1, len(one.unseen), len(SIX_BAND))
        known = np.isfinite(one.probabilities).all(axis=-1)
        assert known.mean() > 0.9
        np.testing.assert_allclose(one.probabilities[known].sum(axis=-1), 1, atol=1e-5)


def test_what_is_kept_of_one_seed_is_what_would_be_answered(
    work: Path, some: Material, heard: dict[Job, Heard]
) -> None:
    assert heard
    found = answers_of(work, some, SEEDS[0])
    for told, days in KEPT:
        seen = Seen.of(some.objects, days)
        rows = (found.asked == f"{told}|{days:g}") & (found.fold != SERVED)
        assert sorted(found.name[rows]) == sorted(some.objects.name[seen.answered])
    served = found.take(np.flatnonzero(found.fold == SERVED))
    assert served.held_out.all() and set(served.asked.tolist()) == {"with|inf", "without|inf"}


def test_cases_are_of_the_objects_that_they_are_about(some: Material, found: Gathered) -> None:
    assert set(found.cases) == set(CASES)
    for case, outcome in found.cases.items():
        answer = outcome.of(Redshift.WITHOUT)
        assert answer is not None
        # None of these light curves is of a deep field.
        assert np.isfinite(answer).any() == (case != SELDOM)


def test_a_masked_redshift_is_hidden_in_every_class_and_zero_is_unknown() -> None:
    label = np.repeat(np.arange(len(SIX_BAND)), 200)
    some = objects(label)
    some.redshift[:] = [0.3, 0.02, 40.9]
    galactic = np.isin(label, [SIX_BAND.index(name) for name in GALACTIC])
    some.redshift[galactic] = [0.0, 0.0, np.nan]
    masked = told_redshift(some, Redshift.MASKED)
    assert np.isnan(masked[galactic, 0]).all()
    shares = np.bincount(label, np.isfinite(masked[:, 0])) / 200
    np.testing.assert_allclose(shares[np.unique(label[~galactic])], 0.5, atol=0.12)
    np.testing.assert_array_equal(masked, told_redshift(some, Redshift.MASKED))
    assert np.isnan(told_redshift(some, Redshift.WITHOUT)).all()


@pytest.mark.parametrize("labels", [SIX_BAND, ZTF])
def test_the_served_form_is_nearly_the_network(labels: tuple[str, ...]) -> None:
    net = LightCurveNet(len(labels))
    told = rows_of(objects(np.arange(28) % 14))
    net.scaling.settle(torch.from_numpy(told))
    np.testing.assert_allclose(scored(served_form(net.eval()), told), scored(net, told), atol=0.05)
