"""Gradient-boosted trees on features: a rival of the transformer, and its teacher.

The one door to LightGBM (Ke et al. 2017, Advances in Neural Information Processing Systems 30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.arrays import Floats, Ints

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """Everything besides the rows that the trees depend on.

    The defaults were chosen for a bank with eight copies of each object, on inner splits of the
    training folds of fold 0, without the hold-out.
    """

    rounds: int = 260
    """One tree for each class in each round."""
    learning_rate: float = 0.07
    leaves: int = 7
    min_child: int = 40
    """The fewest rows of a leaf."""
    min_weight: float = 40.0
    """The least sum of curvatures in a leaf, where the weights of all rows average one.

    A few rows of a rare class weigh much; without a bound, trees learn them by heart.
    """
    feature_fraction: float = 0.08
    """Of the features, drawn anew for each tree."""
    bagging: float = 0.5
    """Of the rows, drawn anew for each round."""
    l2: float = 10.0
    max_bin: int = 63
    seed: int = 0

    def parameters(self, classes: int) -> dict[str, object]:
        """By LightGBM's names, so that the same rows give the same trees on any run."""
        return {
            "objective": "multiclass",
            "num_class": classes,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_child,
            "min_sum_hessian_in_leaf": self.min_weight,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "max_bin": self.max_bin,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }


@dataclass(frozen=True)
class Trees:
    """Fitted trees."""

    booster: lightgbm.Booster
    classes: int

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """(k, classes) of features (k, F), under the prior that the weights of the fit gave."""
        if not len(features):
            return np.empty((0, self.classes), np.float32)
        given = self.booster.predict(features, num_threads=1)
        return np.asarray(given, np.float32)


def balanced(label: Ints, classes: int) -> Floats:
    """Weights (m,) that give each class that is there the same total, and average one."""
    counts = np.bincount(label, minlength=classes)
    there = np.count_nonzero(counts)
    weight: Floats = len(label) / (there * counts[label])
    return weight


def fitted(features: Features, label: Ints, weight: Floats, recipe: Recipe, classes: int) -> Trees:
    """Trees that tell `classes` classes apart by features (m, F); NaN is "not known".

    Raises ModelError where there is no row, or nothing to tell apart.
    """
    if len(np.unique(label)) < 2:
        raise ModelError(f"trees over {len(label)} rows: fewer than two classes; give more rows")
    return boosted(features, label, recipe.parameters(classes), recipe.rounds, weight)


def boosted(
    features: Features,
    label: Ints,
    parameters: Mapping[str, object],
    rounds: int,
    weight: Floats | None = None,
) -> Trees:
    """Trees of so many rounds, by LightGBM's own parameters, `num_class` among them."""
    shared = {"max_bin", "verbosity"} & parameters.keys()
    binning = {name: parameters[name] for name in sorted(shared)}
    rows = lightgbm.Dataset(features, label, weight=weight, params=binning)
    booster = lightgbm.train(dict(parameters), rows, num_boost_round=rounds)
    return Trees(booster, int(str(parameters["num_class"])))
