"""A baseline of the date of peak: boosted trees on the features of the same rows."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from classifiers.observations.layout import FEATURES, ROW
from classifiers.phase_layout import TARGETS
from training.arrays import Floats, Singles
from training.lightcurve.rivals.trees import boosted
from training.phase.material import Material
from training.phase.model import DAYS_UNIT

ROUNDS = 300
PARAMETERS: dict[str, object] = {
    "objective": "l1",
    "num_class": 1,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "num_threads": 1,
    "verbosity": -1,
    "seed": 0,
}


def guessed(taught: Material, rows: Singles) -> Floats:
    """Days to peak (k,) of rows, by trees of what was taught."""
    truth = taught.truth[:, TARGETS.index("days_to_peak")]
    known = np.isfinite(truth)
    label = cast(Any, np.arcsinh(truth[known] / DAYS_UNIT))
    trees = boosted(_features(taught.rows[known]), label, PARAMETERS, ROUNDS)
    return DAYS_UNIT * np.sinh(trees.probabilities(_features(rows)).astype(np.float64))


def _features(rows: Singles) -> Singles:
    """Without single points; with what is said beside."""
    return np.concatenate([rows[:, :FEATURES], rows[:, ROW:]], axis=1)
