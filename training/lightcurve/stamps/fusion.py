"""One small fusion: what the light curve says, moved by a few numbers of the stamps.

Logits are those of the light curve's network plus a matrix times the numbers; without the matrix it
is that network. So what is added can be told from what was there, and few objects do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.arrays import Floats, Ints
from training.lightcurve.calibration import chances_of

RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Of the squared matrix, beside the mean loss; the best within the training is taken. Under the
last nothing is added to what the light curve says."""
KEPT = 12
"""Numbers of the stamps' layer: its main directions, over the objects that are learnt from."""


def directions(known: Floats, asked: Floats) -> tuple[Floats, Floats]:
    """Both in the main directions of the known, (n, KEPT), each of variance one there."""
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    _, _, axes = np.linalg.svd((known - middle) / spread, full_matrices=False)
    low = [(one - middle) / spread @ axes[:KEPT].T for one in (known, asked)]
    scale = low[0].std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return low[0] / scale, low[1] / scale


def with_one(numbers: Floats) -> Floats:
    """A column of ones before them, which moves each label as a whole."""
    return np.column_stack([np.ones(len(numbers)), numbers])


def learnt(base: Floats, numbers: Floats, label: Ints, ridge: float) -> Floats:
    """(d, C): what to add to logits `base` (n, C) a number (n, d), by the flat log-loss."""
    from scipy.optimize import minimize  # noqa: PLC0415 - who verifies cards needs no scipy

    classes, rows = base.shape[1], np.arange(len(label))
    count = np.bincount(label, minlength=classes)
    share = 1.0 / (count[label] * (count > 0).sum())
    target = label[:, None] == np.arange(classes)

    def loss(flat: Floats) -> tuple[float, Floats]:
        matrix = flat.reshape(-1, classes)
        chances = chances_of(base + numbers @ matrix)
        value = -(share * np.log(chances[rows, label] + 1e-15)).sum() + ridge * (matrix**2).sum()
        slope = numbers.T @ (share[:, None] * (chances - target)) + 2 * ridge * matrix
        return float(value), slope.ravel()

    start = np.zeros(numbers.shape[1] * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B")
    return np.asarray(found.x).reshape(-1, classes)


def best_ridge(base: Floats, numbers: Floats, label: Ints, part: Ints) -> float:
    """Of RIDGES that under which parts left out in turn lose least."""
    losses = [_left_out(base, numbers, label, part, one) for one in RIDGES]
    return RIDGES[int(np.argmin(losses))]


def _left_out(base: Floats, numbers: Floats, label: Ints, part: Ints, ridge: float) -> float:
    lost = np.zeros(len(label))
    for one in np.unique(part):
        apart = part == one
        matrix = learnt(base[~apart], numbers[~apart], label[~apart], ridge)
        chances = chances_of(base[apart] + numbers[apart] @ matrix)
        lost[apart] = -np.log(chances[np.arange(apart.sum()), label[apart]] + 1e-15)
    count = np.bincount(label)
    return float((lost / count[label]).sum() / (count > 0).sum())


def fused(base: Floats, layers: Sequence[Floats] | None, label: Ints, fold: Ints) -> Floats:
    """(n, C) out of fold, of logits `base`; layers: by fold, (n, d), of the network of that fold.

    Without layers a label is moved as a whole alone: what so few objects teach without stamps.
    """
    found = np.empty_like(base)
    for one in np.unique(fold).tolist():
        known, own = fold != one, fold == one
        numbers = np.ones((len(label), 1))
        if layers is not None:
            numbers = np.empty((len(label), KEPT + 1))
            pair = directions(layers[one][known], layers[one][own])
            numbers[known], numbers[own] = map(with_one, pair)
        ridge = best_ridge(base[known], numbers[known], label[known], fold[known])
        matrix = learnt(base[known], numbers[known], label[known], ridge)
        found[own] = chances_of(base[own] + numbers[own] @ matrix)
    return found
