"""A network learns what can be told apart, the same from the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from classifiers.observations.layout import ROW
from tests.training.lightcurve.invented import SMALL, objects, rows_of
from training.fit import ASKED_AT_ONCE
from training.lightcurve.calibration import chances_of
from training.lightcurve.fitting import (
    Recipe,
    again,
    fitted,
    logits,
    scored,
    tuned,
)
from training.lightcurve.model import LightCurveNet
from training.lightcurve.teaching.lessons import Lessons

CLASSES = 3
COUNTS = (90, 30, 30)
LABEL = np.repeat(np.arange(CLASSES), COUNTS)
RECIPE = Recipe(steps=60, batch=64, learning_rate=1e-2, shape=SMALL)
BRIEF = replace(RECIPE, steps=2, batch=8)


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return Lessons(objects(LABEL), CLASSES)


def weights(net: LightCurveNet) -> torch.Tensor:
    return torch.cat([one.flatten() for one in net.parameters()])


def test_what_is_easily_told_apart_is_learnt_in_sixty_steps(lessons: Lessons) -> None:
    net = fitted(lessons, RECIPE)
    assert not net.training and next(net.parameters()).device.type == "cpu"
    fresh = objects(LABEL, seed=1)
    found = scored(net, rows_of(fresh))
    assert (found.argmax(axis=1) == fresh.label).mean() > 0.9


def test_a_teacher_is_learnt_from_where_it_is_trusted(lessons: Lessons) -> None:
    """It says another class of everything than the label does."""
    wrong = np.full((len(LABEL), CLASSES), 0.01, np.float16)
    wrong[np.arange(len(LABEL)), (LABEL + 1) % CLASSES] = 0.98
    told = replace(
        lessons, soft=(wrong, wrong), trust=1.0, wear=replace(lessons.wear, short_share=0)
    )
    found = scored(fitted(told, RECIPE), rows_of(lessons.objects))
    assert (found.argmax(axis=1) == (LABEL + 1) % CLASSES).mean() > 0.9


def test_probabilities_are_of_classes_equally_common_whatever_was_drawn(lessons: Lessons) -> None:
    """Where nothing tells classes apart, all are as likely, though one is thrice as common."""
    alike = replace(lessons.objects, curves=objects(np.zeros_like(LABEL)).curves)
    blind = replace(lessons, objects=alike, balance=1.0, hidden_share=1.0)
    found = scored(fitted(blind, RECIPE), rows_of(alike)).mean(axis=0)
    np.testing.assert_allclose(found, 1 / CLASSES, atol=0.12)


def test_the_same_seed_gives_the_same_weights(lessons: Lessons) -> None:
    first, again = fitted(lessons, BRIEF), fitted(lessons, BRIEF)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(fitted(lessons, replace(BRIEF, seed=1))))


def test_a_second_cycle_goes_on_from_the_first_with_other_batches(lessons: Lessons) -> None:
    twice, first = replace(BRIEF, more=3, more_dropout=0.0), fitted(lessons, BRIEF)
    found = fitted(lessons, twice)
    assert torch.equal(weights(found), weights(again(first, lessons, twice)))
    assert not torch.equal(weights(found), weights(tuned(first, lessons, replace(BRIEF, steps=3))))
    assert found.shape == replace(SMALL, dropout=0.0)


def test_fitting_leaves_other_chance_alone(lessons: Lessons) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    fitted(lessons, BRIEF)
    assert torch.equal(torch.rand(4), wanted)


def test_scales_are_those_of_the_lessons(lessons: Lessons) -> None:
    net, own = fitted(lessons, BRIEF), LightCurveNet(CLASSES, SMALL)
    own.scaling.settle(torch.from_numpy(lessons.settling()))
    assert torch.equal(net.scaling.mean, own.scaling.mean)
    assert torch.equal(net.scaling.spread, own.scaling.spread)


def test_tuning_goes_on_from_where_a_network_is_and_leaves_that_as_it_is(lessons: Lessons) -> None:
    net = fitted(lessons, BRIEF)
    before = weights(net).clone()
    slowly = replace(BRIEF, learning_rate=1e-5)
    after = tuned(net, lessons, slowly)
    assert torch.equal(weights(net), before) and not net.training
    assert 0 < (weights(after) - before).abs().max() < 1e-3 and not after.training
    torch.rand(1)
    assert torch.equal(weights(tuned(net, lessons, slowly)), weights(after))


def test_scores_are_sure_logits_and_do_not_hang_on_how_many_are_asked(lessons: Lessons) -> None:
    net = fitted(lessons, BRIEF)
    net.slope.fill_(0.7)
    told = np.tile(rows_of(lessons.objects), (2, 1))
    assert len(told) > ASKED_AT_ONCE
    found = scored(net, told)
    np.testing.assert_allclose(found, chances_of(0.7 * logits(net, told)), atol=1e-6)
    np.testing.assert_allclose(scored(net, told[-3:]), found[-3:], atol=1e-6)
    assert logits(net, np.empty((0, ROW), np.float32)).shape == (0, CLASSES)
