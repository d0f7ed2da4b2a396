"""How sure a network may be, found on objects that it did not learn.

One slope for all logits; or, for a network whose answers come at any age of an object, a slope and
an offset for each label that change with the detections.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints

SLOPES = (0.3, 3.0)
"""Between which the slope is looked for."""


def slope(logits: NDArray[np.float32], label: Ints) -> float:
    """By which logits (n, classes) of an even prior fit best, by the mean flat log-loss.

    After Guo et al. 2017, arXiv:1706.04599; their temperature is one over it.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - what is served has no scipy

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


RIDGE = 1e-4
"""Of the squares of what is fitted, beside the mean loss."""
NEWTON_MAX, HALVINGS_MAX = 50, 30
SETTLED = 1e-12
"""Of the loss, by which a step of Newton's method has to lower it."""
PARTS = 4
"""Of a label's calibration: its slope and its offset, each as it is and by detections."""


def by_detections(logits: NDArray[np.floating], label: Ints, detections: Ints) -> Floats:
    """(2, 2, classes): slope, then offset, of each label's logit; each without detections, then
    its change by the logarithm of one and the detections.

    It is the vector scaling of Guo et al. 2017, fitted as `slope` is, each label alike, with a
    ridge towards leaving logits as they are. The loss is convex, so Newton's method finds its one
    lowest point.
    """
    classes = logits.shape[1]
    count = np.bincount(label, minlength=classes)
    share = 1.0 / (count[label] * (count > 0).sum())
    told = _told(logits, detections)
    best = np.zeros((PARTS, classes))
    lowest = _loss(best, logits, told, label, share)
    for _ in range(NEWTON_MAX):
        step = _newton(best, logits, told, label, share)
        for _ in range(HALVINGS_MAX):
            loss = _loss(best - step, logits, told, label, share)
            if loss <= lowest:
                break
            step = step / 2
        if not loss < lowest - SETTLED:
            break
        best, lowest = best - step, loss
    found = best.reshape(2, 2, classes)
    found[0, 0] += 1
    return found


def _told(logits: NDArray[np.floating], detections: Ints) -> Floats:
    """(n, PARTS, classes): what each part of a label's calibration is multiplied by."""
    seen = np.log1p(detections)[:, None] * np.ones(logits.shape[1])
    return np.stack([logits, seen * logits, np.ones_like(seen), seen], axis=1)


def _chances(given: Floats, logits: NDArray[np.floating], told: Floats) -> Floats:
    return chances_of(logits + (told * given).sum(axis=1))


def _loss(
    given: Floats, logits: NDArray[np.floating], told: Floats, label: Ints, share: Floats
) -> float:
    named = _chances(given, logits, told)[np.arange(len(label)), label]
    return float(-(share * np.log(named + 1e-15)).sum() + RIDGE * (given**2).sum())


def _newton(
    given: Floats, logits: NDArray[np.floating], told: Floats, label: Ints, share: Floats
) -> Floats:
    """(PARTS, classes): the gradient over the curvature."""
    chances, classes = _chances(given, logits, told), logits.shape[1]
    away = share[:, None] * (chances - (label[:, None] == np.arange(classes)))
    gradient = (told * away[:, None]).sum(axis=0) + 2 * RIDGE * given
    likely = (told * chances[:, None]).reshape(len(told), -1)
    curvature = -(share[:, None] * likely).T @ likely + 2 * RIDGE * np.eye(PARTS * classes)
    for place in range(classes):
        own = np.arange(PARTS) * classes + place
        worth = (share * chances[:, place])[:, None] * told[:, :, place]
        curvature[np.ix_(own, own)] += worth.T @ told[:, :, place]
    return np.linalg.solve(curvature, gradient.ravel()).reshape(PARTS, classes)


def by_detections_across(
    logits: NDArray[np.floating], label: Ints, detections: Ints, fold: Ints
) -> Floats:
    """(folds, 2, 2, classes): for each fold what fits the others, of out-of-fold logits."""
    rest = [fold != one for one in range(int(fold.max()) + 1)]
    return np.array([by_detections(logits[some], label[some], detections[some]) for some in rest])


def calibrated(logits: NDArray[np.floating], given: Floats, detections: Ints) -> Floats:
    """Logits (n, classes) as `by_detections`, (2, 2, classes) or one each (n, …), has them."""
    seen = np.log1p(detections)[:, None]
    slope, offset = (given[..., part, 0, :] + seen * given[..., part, 1, :] for part in (0, 1))
    found: Floats = logits * slope + offset
    return found
