"""Folds share no night of a field and no object."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.training.splits import field_nights, folds, inseparable
from tests.classifiers.training.invented import examples


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 1000), st.integers(1, 60), st.integers(1, 6))
def test_no_field_night_and_no_object_is_on_both_sides(
    count: int, seed: int, objects: int, folds_count: int
) -> None:
    some = examples(count, seed, objects)
    fold = folds(some, folds_count)
    assert fold.min() >= 0 and fold.max() < folds_count
    for key in (field_nights(some), some.object_id):
        for one in np.unique(key):
            assert len(np.unique(fold[key == one])) == 1


def test_field_nights_that_share_no_object_stay_apart() -> None:
    some = examples(40, objects=10_000)
    assert len(np.unique(some.object_id)) == 40
    np.testing.assert_array_equal(inseparable(some), field_nights(some))


def test_objects_chain_field_nights_together() -> None:
    assert len(np.unique(inseparable(examples(60, objects=1)))) == 1


def test_low_scores_are_spread_over_the_folds() -> None:
    some = examples(240, objects=100_000)
    lows = np.bincount(folds(some, 4), some.low)
    assert lows.max() - lows.min() < 20
