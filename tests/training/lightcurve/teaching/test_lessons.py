"""What is drawn to be learnt from has the shares that were asked for, and the right teacher."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifiers.observations import layout
from classifiers.observations.rows import rows
from tests.training.lightcurve.invented import objects
from training.lightcurve.teaching.lessons import Batch, Lessons
from training.lightcurve.teaching.wear import Wear

CLASSES = 4
COUNTS = np.array([160, 40, 10, 0])
LABEL = np.repeat(np.arange(CLASSES), COUNTS)
UNWORN = Wear(kept_shares=(1.0,), noisier_share=0.0, short_share=0.0)
DRAWN = 4000
TOLD, UNTOLD = 0.75, 0.25


def soft(label_chance: float) -> np.ndarray:
    """(m, CLASSES): so much for class 0, the rest alike; the same of every light curve."""
    found = np.full((len(LABEL), CLASSES), (1 - label_chance) / (CLASSES - 1), np.float16)
    found[:, 0] = label_chance
    return found


@pytest.fixture(scope="module")
def some() -> Lessons:
    """Unworn; the teacher is twice as sure where it is told the redshift."""
    return Lessons(objects(LABEL), CLASSES, soft=(soft(TOLD), soft(UNTOLD)), wear=UNWORN)


def drawn(lessons: Lessons, size: int = 400, seed: int = 0) -> Batch:
    return lessons.drawn(np.random.default_rng(seed), size, np.cumsum(lessons.chance))


def shares(lessons: Lessons) -> np.ndarray:
    """Of the classes in what is drawn, none of it read."""
    return np.bincount(drawn(lessons, DRAWN).label, minlength=CLASSES) / DRAWN


def known(batch: Batch) -> np.ndarray:
    """Whose redshift a row tells."""
    told: np.ndarray = batch.rows[:, layout.CONTEXT.index("redshift_known")] == 1
    return told


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_classes_come_as_a_power_of_their_numbers(some: Lessons, balance: float) -> None:
    lessons = replace(some, balance=balance)
    wanted = np.where(COUNTS > 0, np.maximum(COUNTS, 1.0) ** balance, 0)
    wanted /= wanted.sum()
    np.testing.assert_allclose(lessons.prior, wanted, atol=2e-6)
    np.testing.assert_allclose(shares(lessons), wanted, atol=0.03)


def test_importance_counts_within_a_class_and_makes_its_number(some: Lessons) -> None:
    importance = np.where(np.arange(len(LABEL)) % 2, 0.3, 0.1)
    lessons = replace(some, importance=importance)
    totals = np.sqrt(np.bincount(LABEL, importance, CLASSES))
    np.testing.assert_allclose(shares(lessons), totals / totals.sum(), atol=0.03)
    odd = np.arange(len(LABEL)) % 2 == 1
    for one in range(3):
        own = lessons.chance[one == LABEL]
        assert own[odd[one == LABEL]].sum() / own.sum() == pytest.approx(0.75)


def test_what_has_no_importance_is_never_drawn(some: Lessons) -> None:
    lessons = replace(some, importance=(np.arange(len(LABEL)) == 7).astype(np.float64))
    found = drawn(lessons)
    assert (found.rows[:, 4:] == found.rows[0, 4:]).all()


def test_no_class_has_a_prior_of_nothing(some: Lessons) -> None:
    assert some.prior.min() > 0 and some.chance.sum() == pytest.approx(1)


def test_the_same_seed_draws_the_same_batch(some: Lessons) -> None:
    worn = replace(some, wear=Wear())
    for one, again in zip(drawn(worn), drawn(worn), strict=True):
        np.testing.assert_array_equal(one, again)
    assert (drawn(worn).rows != drawn(worn, seed=1).rows).any()


def test_a_hidden_redshift_has_the_soft_label_of_who_was_not_told(some: Lessons) -> None:
    every = replace(some.objects, redshift=np.tile([0.3, 0.02, 40.9], (len(LABEL), 1)))
    found = drawn(replace(some, objects=every, hidden_share=0.3))
    hidden = ~known(found)
    assert hidden.mean() == pytest.approx(0.3, abs=0.05)
    assert (found.rows[hidden, : 1 + len(layout.REDSHIFT)] == 0).all()
    assert (found.soft[hidden, 0] == UNTOLD).all() and (found.soft[~hidden, 0] == TOLD).all()
    assert (found.trust == np.float32(some.trust)).all()


def test_where_nobody_may_say_the_label_alone_counts(some: Lessons) -> None:
    told, untold = soft(TOLD), soft(UNTOLD)
    told[LABEL == 1], untold[LABEL == 1] = np.nan, np.nan
    found = drawn(replace(some, soft=(told, untold)))
    silent = found.label == 1
    assert silent.any() and (found.trust[silent] == 0).all() and (found.trust[~silent] > 0).all()
    assert (found.soft[silent] == 1 / CLASSES).all()


def test_half_an_answer_is_none(some: Lessons) -> None:
    told = soft(TOLD)
    told[:, 2] = np.nan
    assert not drawn(replace(some, soft=(told, told))).trust.any()


def test_a_light_curve_that_was_cut_short_has_no_teacher(some: Lessons) -> None:
    found = drawn(replace(some, wear=replace(UNWORN, short_share=0.4)))
    cut = found.trust == 0
    assert cut.mean() == pytest.approx(0.4, abs=0.06)
    assert (found.soft[cut] == 1 / CLASSES).all()


def test_without_a_teacher_the_label_alone_counts(some: Lessons) -> None:
    found = drawn(replace(some, soft=None))
    assert not found.trust.any() and np.isfinite(found.soft).all()


def test_a_batch_is_what_a_network_and_its_loss_read(some: Lessons) -> None:
    found = drawn(replace(some, wear=Wear()), 50)
    assert found.rows.shape == (50, layout.ROW) and np.isfinite(found.rows).all()
    kinds = [part.dtype for part in found]
    assert kinds == [np.float32, np.int64, np.float32, np.float32]
    np.testing.assert_allclose(found.soft.sum(axis=1), 1, atol=2e-3)


def test_scales_are_taken_from_unworn_light_curves_with_their_redshift(some: Lessons) -> None:
    worn = replace(some, wear=Wear(), hidden_share=1.0)
    np.testing.assert_array_equal(worn.settling(), rows(some.objects.curves, some.objects.redshift))
