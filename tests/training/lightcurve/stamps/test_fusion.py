"""The fusion: nothing where stamps say nothing, much where they say all, never of its own fold."""

from __future__ import annotations

import numpy as np
import pytest

from training.arrays import Floats, Ints
from training.lightcurve.calibration import chances_of
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.stamps.fusion import KEPT, directions, fused, learnt

OBJECTS, GROUPS, FOLDS, NUMBERS = 240, 3, 5, 20


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def label(random: np.random.Generator) -> Ints:
    return random.integers(GROUPS, size=OBJECTS)


def base_of(label: Ints, random: np.random.Generator) -> Floats:
    logits: Floats = random.normal(size=(OBJECTS, GROUPS))
    logits[np.arange(OBJECTS), label] += 1.5
    return np.log(chances_of(logits))


def loss_of(logits: Floats, label: Ints) -> float:
    return flat_log_loss(chances_of(logits), label, GROUPS)


def test_stamps_that_tell_the_label_are_learnt(label: Ints, random: np.random.Generator) -> None:
    base, fold = base_of(label, random), np.arange(OBJECTS) % FOLDS
    telling = random.normal(size=(OBJECTS, NUMBERS))
    telling[:, :GROUPS] += 4 * np.eye(GROUPS)[label]
    moved, found = fused(base, None, label, fold), fused(base, [telling] * FOLDS, label, fold)
    assert flat_log_loss(found, label, GROUPS) < 0.5 * flat_log_loss(moved, label, GROUPS)


def test_stamps_that_tell_nothing_cost_little(label: Ints, random: np.random.Generator) -> None:
    base, fold = base_of(label, random), np.arange(OBJECTS) % FOLDS
    idle = random.normal(size=(OBJECTS, NUMBERS))
    found = fused(base, [idle] * FOLDS, label, fold)
    assert flat_log_loss(found, label, GROUPS) < loss_of(base, label) + 0.03


def test_a_fold_has_no_say_in_what_is_said_of_it(label: Ints, random: np.random.Generator) -> None:
    base, fold = base_of(label, random), np.arange(OBJECTS) % FOLDS
    layers = [random.normal(size=(OBJECTS, NUMBERS)) for _ in range(FOLDS)]
    found = fused(base, layers, label, fold)
    others = np.where(fold == 2, (label + 1) % GROUPS, label)
    again = fused(base, layers, others, fold)
    np.testing.assert_allclose(found[fold == 2], again[fold == 2])
    assert not np.allclose(found[fold != 2], again[fold != 2])


def test_directions_are_of_what_is_learnt_from_alone(random: np.random.Generator) -> None:
    known, asked = random.normal(size=(60, NUMBERS)), random.normal(size=(9, NUMBERS))
    own, low = directions(known, asked)
    assert own.shape == (60, KEPT) and low.shape == (9, KEPT)
    np.testing.assert_allclose(own.std(axis=0), 1)
    np.testing.assert_allclose(directions(known, asked[:4])[1], low[:4])


def test_the_lowest_point_is_found(label: Ints, random: np.random.Generator) -> None:
    base, numbers = base_of(label, random), random.normal(size=(OBJECTS, 2))
    best = learnt(base, numbers, label, 0.01)

    def loss(matrix: Floats) -> float:
        return loss_of(base + numbers @ matrix, label) + 0.01 * float((matrix**2).sum())

    for _ in range(20):
        assert loss(best) < loss(best + random.normal(0, 0.02, best.shape)) + 1e-9
