"""Trees learn classes at even odds, and the same trees from the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.errors import ModelError
from training.arrays import Ints
from training.lightcurve.rivals.trees import Features, Recipe, Trees, balanced, fitted

CLASSES = 3
RECIPE = Recipe(rounds=20, leaves=4, min_child=5, min_weight=0.1, l2=1.0, seed=3)


def rows(seed: int = 0) -> tuple[Features, Ints]:
    """Features (300, 6) whose first tells three uneven classes apart; some are missing."""
    rng = np.random.default_rng(seed)
    label = rng.choice(CLASSES, 300, p=[0.8, 0.15, 0.05])
    features = rng.normal(size=(300, 6)).astype(np.float32)
    features[:, 0] += 4 * label
    features[rng.random(features.shape) < 0.05] = np.nan
    return features, label


def trees() -> Trees:
    features, label = rows()
    return fitted(features, label, balanced(label, CLASSES), RECIPE, CLASSES)


def test_unseen_rows_get_their_own_class() -> None:
    features, label = rows(1)
    found = trees().probabilities(features)
    assert found.dtype == np.float32 and found.shape == (300, CLASSES)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert np.mean(found.argmax(axis=1) == label) > 0.85


def test_every_class_has_the_same_weight_and_the_mean_is_one() -> None:
    _, label = rows()
    weight = balanced(label, CLASSES)
    np.testing.assert_allclose(np.bincount(label, weight), len(label) / CLASSES)
    assert weight.mean() == pytest.approx(1)


def test_a_class_without_rows_takes_no_weight() -> None:
    weight = balanced(np.array([0, 0, 2, 2, 2]), CLASSES)
    np.testing.assert_allclose(np.bincount(np.array([0, 0, 2, 2, 2]), weight), [2.5, 0, 2.5])


def test_the_prior_is_even_where_features_say_nothing() -> None:
    _, label = rows()
    noise = np.random.default_rng(5).normal(size=(300, 2)).astype(np.float32)
    blunt = Recipe(rounds=2, leaves=2, learning_rate=0.01)
    found = fitted(noise, label, balanced(label, CLASSES), blunt, CLASSES).probabilities(noise)
    np.testing.assert_allclose(found.mean(axis=0), 1 / CLASSES, atol=0.02)


def test_the_same_rows_give_the_same_trees() -> None:
    features, _ = rows(2)
    np.testing.assert_array_equal(trees().probabilities(features), trees().probabilities(features))


def test_nothing_to_tell_apart_is_named() -> None:
    features, label = rows()
    with pytest.raises(ModelError, match="fewer than two classes"):
        fitted(features[:4], np.zeros(4, np.int64), np.ones(4), RECIPE, CLASSES)
    with pytest.raises(ModelError, match="0 rows"):
        fitted(features[:0], label[:0], np.ones(0), RECIPE, CLASSES)


def test_no_rows_asked_give_no_rows() -> None:
    assert trees().probabilities(rows()[0][:0]).shape == (0, CLASSES)
