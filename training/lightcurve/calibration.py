"""How sure a network may be: one slope for its logits, found on objects that it did not learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from training.arrays import Floats, Ints

SLOPES = (0.3, 3.0)
"""Between which the slope is looked for."""


def slope(logits: NDArray[np.float32], label: Ints) -> float:
    """By which logits (n, classes) of an even prior fit best, by the mean flat log-loss.

    After Guo et al. 2017, arXiv:1706.04599; their temperature is one over it.
    """
    share = 1.0 / np.bincount(label, minlength=logits.shape[1])[label]

    def loss(logarithm: float) -> float:
        chances = chances_of(logits * np.exp(logarithm))
        return float(-(share * np.log(chances[np.arange(len(label)), label] + 1e-15)).sum())

    low, high = np.log(SLOPES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def slopes_across(logits: NDArray[np.float32], label: Ints, fold: Ints) -> Floats:
    """For each fold, (folds,), the slope that fits the others: out-of-fold logits (n, classes)."""
    rest = [fold != one for one in range(int(fold.max()) + 1)]
    return np.array([slope(logits[some], label[some]) for some in rest])


def chances_of(logits: NDArray[np.floating]) -> Floats:
    """Probabilities (..., classes), of logits."""
    away = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Floats = away / away.sum(axis=-1, keepdims=True)
    return found
