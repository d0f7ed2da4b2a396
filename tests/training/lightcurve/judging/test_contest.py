"""Means over folds, claims by paired draws, the check, the first days, and the unseen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.training.lightcurve.judging import invented
from training.lightcurve.judging import metrics
from training.lightcurve.judging.contest import (
    all_early,
    claim,
    claims,
    held_out,
    line,
    over_folds,
    sample_of,
)
from training.lightcurve.judging.novelty import SCORES, novelty
from training.lightcurve.judging.outcome import WHOLE, Outcome, Redshift
from training.lightcurve.judging.sample import FIGURES, FLAT, Sample

ROUNDS = 200


@pytest.fixture(scope="module")
def ours() -> Outcome:
    return invented.outcome()


@pytest.fixture(scope="module")
def sample(ours: Outcome) -> Sample:
    return sample_of(ours, seed=5, rounds=ROUNDS)


def test_a_line_holds_the_mean_of_the_seeds_and_of_the_folds(ours: Outcome, sample: Sample) -> None:
    found = line(ours, Redshift.WITH, sample)
    assert found is not None and found.answered == len(ours.label)
    answers = ours.of(Redshift.WITH)
    assert answers is not None
    each = [metrics.flat_log_loss(one, ours.label, 14) for one in answers]
    assert found.seeds[FLAT] == pytest.approx(each)
    assert found.pooled[FLAT].value == pytest.approx(np.mean(each))
    by_fold = [
        np.mean([metrics.flat_log_loss(one[rows], ours.label[rows], 14) for one in answers])
        for rows in (ours.fold == fold for fold in range(5))
    ]
    expected = over_folds(np.array(by_fold))
    assert found.folds[FLAT] == pytest.approx(expected)
    assert expected.error == pytest.approx(np.std(by_fold, ddof=1) / np.sqrt(5))
    assert np.mean([one.value for one in found.by_class]) == pytest.approx(np.mean(each))


def test_every_figure_but_the_flat_one_is_at_the_prior_of_the_training(
    ours: Outcome, sample: Sample
) -> None:
    found = line(ours, Redshift.WITHOUT, sample)
    answers = ours.of(Redshift.WITHOUT)
    assert found is not None and answers is not None
    told = metrics.with_prior(answers, sample.prior)
    right = np.mean([(one.argmax(axis=1) == ours.label).mean() for one in told])
    assert found.pooled["accuracy"].value == pytest.approx(right)
    assert set(found.pooled) == set(found.folds) == set(FIGURES)
    for one in found.pooled.values():
        assert one.low < one.value + 0.05 and one.error > 0


def test_no_class_vanishes_from_a_draw(sample: Sample) -> None:
    for one in range(14):
        drawn = sample.weights[:, sample.label == one].sum(axis=1)
        assert (drawn == (sample.label == one).sum()).all()


def test_a_better_model_is_ahead_and_an_equal_one_is_not(ours: Outcome, sample: Sample) -> None:
    weaker = invented.outcome("weaker", 3.0, seed=8, seeds=1, early=False)
    equal = invented.outcome("equal", seed=9)
    found = {(one.rival, one.redshift): one.gain for one in claims(ours, [weaker, equal], sample)}
    assert len(found) == 6
    assert found["weaker", Redshift.WITH].clear
    assert not found["equal", Redshift.WITH].value > 4 * found["equal", Redshift.WITH].error
    itself = claim(ours, ours, Redshift.WITH, sample)
    assert itself is not None and itself.value == 0
    assert claim(ours, replace(weaker, answers={}), Redshift.WITH, sample) is None


def test_pairing_makes_the_error_of_a_difference_smaller(sample: Sample) -> None:
    first, second = invented.outcome(seeds=1, seed=10), invented.outcome(seeds=1, seed=10)
    key = (Redshift.WITH, WHOLE)
    shifted = second.answers[key] + np.float32(0.01)
    rival = Outcome("rival", second.label, second.fold, second.held_out, {key: shifted})
    found = claim(first, rival, Redshift.WITH, sample)
    alone = line(first, Redshift.WITH, sample)
    assert found is not None and alone is not None
    assert found.error < alone.pooled[FLAT].error / 2


def test_declined_objects_take_no_part(sample: Sample, ours: Outcome) -> None:
    key = (Redshift.WITH, WHOLE)
    answers = ours.answers[key].copy()
    answers[0, 10:30] = np.nan
    some = Outcome("ours", ours.label, ours.fold, ours.held_out, {key: answers})
    found = line(some, Redshift.WITH, sample)
    assert found is not None and found.answered == len(ours.label) - 20
    rest = np.delete(np.arange(len(ours.label)), np.arange(10, 30))
    expected = [metrics.flat_log_loss(one[rest], ours.label[rest], 14) for one in answers]
    assert found.pooled[FLAT].value == pytest.approx(np.mean(expected))


def test_the_check_holds_the_objects_apart(ours: Outcome, sample: Sample) -> None:
    found = held_out(ours, Redshift.WITH, sample)
    assert found is not None and found.objects == ours.held_out.sum()
    gap = found.held_out.value - found.rest.value
    assert found.difference.value == pytest.approx(gap)
    assert abs(gap) < 4 * found.difference.error


def test_more_days_are_better(ours: Outcome, sample: Sample) -> None:
    found = all_early([ours, invented.outcome("late", early=False)], sample)
    assert [(one.model, one.redshift) for one in found] == [
        ("ours", Redshift.WITH),
        ("ours", Redshift.WITHOUT),
    ]
    values = [one.value for one in found[0].flat]
    assert len(values) == 4 and (np.diff(values) < 0).all()
    assert found[0].days[-1] == WHOLE


def test_doubt_tells_an_unseen_class() -> None:
    some = invented.left_out("KN")
    found = novelty(some, seed=1, rounds=ROUNDS)
    assert found.unseen == some.unseen.sum() and found.unseen + found.seen == len(some.unseen)
    expected = np.mean(
        [roc_auc_score(some.unseen, 1 - one.max(axis=1)) for one in some.probabilities]
    )
    assert found.auc["1 - highest probability"].value == pytest.approx(expected, abs=1e-6)
    assert set(found.auc) == set(SCORES)
    assert all(one.value > 0.8 and one.error > 0 for one in found.auc.values())
    assert len(found.called) == 3 and all(name != "KN" for name, _ in found.called)
