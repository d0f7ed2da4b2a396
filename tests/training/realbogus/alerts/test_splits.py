"""Nothing that is learnt from shares a night or an object with what is scored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.realbogus.invented import examples
from training.realbogus.alerts.examples import Examples
from training.realbogus.alerts.splits import (
    DEVELOPMENT_NIGHT,
    field_nights,
    inner_split,
    night_folds,
    training_rows,
)

LAW = settings(max_examples=25)


def apart(keys: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    return not np.isin(keys[one], keys[other]).any()


@LAW
@given(
    count=st.integers(1, 60),
    seed=st.integers(0, 1000),
    objects=st.integers(1, 60),
    folds=st.integers(1, 6),
)
def test_no_night_and_no_object_is_on_both_sides(
    count: int, seed: int, objects: int, folds: int
) -> None:
    some = examples(count, seed, objects, nights=8)
    fold = night_folds(some, folds)
    assert fold.min() >= 0 and fold.max() < folds
    for which in range(folds):
        rows = training_rows(some, fold, which)
        assert apart(some.night, rows, fold == which)
        assert apart(some.object_id, rows, fold == which)


@LAW
@given(
    count=st.integers(1, 60),
    seed=st.integers(0, 1000),
    objects=st.integers(1, 60),
    share=st.floats(0.0, 1.0),
)
def test_what_is_set_apart_shares_no_field_night_and_no_object_with_what_is_fitted(
    count: int, seed: int, objects: int, share: float
) -> None:
    some = examples(count, seed, objects)
    rows = np.random.default_rng(seed).random(count) < 0.8
    fit, calibration = inner_split(some, rows, share, seed)
    assert not (fit & calibration).any() and not (~rows & (fit | calibration)).any()
    assert apart(field_nights(some), fit, calibration)
    assert apart(some.object_id, fit, calibration)
    assert calibration.sum() >= share * rows.sum()


def test_the_development_night_is_alone_in_fold_0() -> None:
    some = examples(90, nights=6)
    night = np.where(some.night == 60002, DEVELOPMENT_NIGHT, some.night)
    fold = night_folds(replace(some, night=night), 3)
    np.testing.assert_array_equal(fold == 0, night == DEVELOPMENT_NIGHT)


@pytest.mark.parametrize("folds", [2, 5])
def test_nights_are_spread_over_the_other_folds(folds: int) -> None:
    fold = night_folds(examples(4000, objects=100_000, nights=400), folds)
    loads = np.bincount(fold)[1:]
    assert loads.max() < 1.4 * loads.min()


@LAW
@given(kept=st.lists(st.integers(0, 59), min_size=1, unique=True), seed=st.integers(0, 1000))
def test_more_alerts_move_none_to_another_fold(kept: list[int], seed: int) -> None:
    some = examples(60, seed, nights=30)
    rows = np.array(kept)
    np.testing.assert_array_equal(night_folds(some.take(rows), 5), night_folds(some, 5)[rows])


def test_an_object_seen_in_the_scored_fold_is_not_learnt_from_elsewhere() -> None:
    assert not training_rows(examples(60, objects=1), np.arange(60) % 3, 1).any()


def test_the_seed_decides_what_is_set_apart() -> None:
    some = examples(200, objects=100_000)
    every = np.ones(len(some), np.bool_)
    (_, first), (_, again), (_, other) = (inner_split(some, every, 0.2, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def with_low_nights(some: Examples) -> Examples:
    """The same, low scores on one night only."""
    return replace(some, teacher=np.where(some.night == 60000, 0.0, 1.0))


def test_both_sides_see_low_scores() -> None:
    some = with_low_nights(examples(300, objects=100_000))
    for seed in range(10):
        for side in inner_split(some, np.ones(len(some), np.bool_), 0.2, seed):
            assert some.low[side].any()
