"""The figures that light-curve networks are held to, each with weights so that draws are cheap.

Probabilities are (n, C), labels (n,) in [0, C). A draw is a weight for each object, as in
`bootstrap.drawn`, and each function takes many draws at once, (rounds, n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints, Mask

PROBABILITY_MIN = 1e-15
"""Below it a probability is taken as this, as PLAsTiCC scored (arXiv:1809.11145)."""
BINS = 15
"""Of the calibration error, equal in width (Guo et al. 2017, arXiv:1706.04599)."""


def normalised(probabilities: NDArray[np.floating]) -> Floats:
    """Clipped from below and with rows that sum to one, (..., n, C); NaN rows stay NaN."""
    held = np.maximum(np.asarray(probabilities, np.float64), PROBABILITY_MIN)
    rows: Floats = held / held.sum(axis=-1, keepdims=True)
    return rows


def with_prior(probabilities: NDArray[np.floating], prior: Floats) -> Floats:
    """Of a flat prior, (..., n, C), turned to those of another: (C,), or (n, C) by object."""
    joint = normalised(probabilities) * prior
    rows: Floats = joint / joint.sum(axis=-1, keepdims=True)
    return rows


def losses(probabilities: NDArray[np.floating], label: Ints) -> Floats:
    """-ln of the probability of what each object is, (..., n)."""
    rows: Floats = -np.log(normalised(probabilities)[..., np.arange(len(label)), label])
    return rows


def flat_log_loss(probabilities: NDArray[np.floating], label: Ints, classes: int) -> float:
    """-(1/C) sum over classes of the mean ln p of their objects, each class present."""
    count = np.bincount(label, minlength=classes)[label]
    return float((losses(probabilities, label) / (classes * count)).sum())


def class_losses(
    probabilities: NDArray[np.floating], label: Ints, classes: int, weights: Floats
) -> Floats:
    """The mean loss of each class in each draw, (rounds, C); NaN where a class is not there."""
    rows = np.arange(len(label)), label
    parts = np.zeros((2, len(label), classes))
    parts[0][rows], parts[1][rows] = losses(probabilities, label), 1.0
    with np.errstate(invalid="ignore"):
        means: Floats = (weights @ parts[0]) / (weights @ parts[1])
    return means


@dataclass(frozen=True)
class Ranking:
    """m answers by falling score, sorted once; each belongs to one of n objects.

    Only sums at the edges of the right answers' ties are needed, so a draw costs one pass.
    """

    owner: Ints
    """(m,) the object of each answer, in order."""
    right: Ints
    """(k,) the places of the right answers, rising."""
    starts: Ints
    """Where the parts begin that the edges of ties cut the answers into; the first at 0."""
    parts: Ints
    """(2, k) how many of these parts end before a right answer's ties, and with them."""
    before: Ints
    """(2, k) how many right answers stand before its ties, and up to their end."""

    @classmethod
    def of(cls, truth: Mask, score: Floats, owner: Ints) -> Ranking:
        """Of m answers, their scores and their objects."""
        order = np.argsort(-score, kind="stable")
        falling = -score[order]
        right = np.flatnonzero(truth[order])
        edges = np.stack([falling.searchsorted(falling[right], side) for side in _SIDES])
        starts = np.union1d(0, edges[edges < len(order)])
        parts = np.searchsorted(starts, edges, "left")
        return cls(owner[order], right, starts, parts, right.searchsorted(edges))

    def auc(self, weights: Floats) -> Floats:
        """The chance that a right answer stands before a wrong one, half for a tie, (rounds,)."""
        return np.array([_auc(*self._summed(one)) for one in weights])

    def both(self, weights: Floats) -> Floats:
        """The two of them, (2, rounds), in one pass."""
        summed = [self._summed(one) for one in weights]
        return np.array([[figure(*one) for one in summed] for figure in (_auc, _average_precision)])

    def _summed(self, weight: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Of the right answers (k,): weights, sums of all and of right ones at their edges (2, k).

        Last, the sum of all.
        """
        row = weight[self.owner]
        mine = row[self.right]
        every = np.append(0.0, np.add.reduceat(row, self.starts).cumsum())
        right = np.append(0.0, mine.cumsum())
        return mine, every[self.parts], right[self.before], float(every[-1])


_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def _auc(mine: Floats, every: Floats, right: Floats, total: float) -> float:
    wrong = total - mine.sum()
    above = (every - right).mean(axis=0)
    return float(mine @ (wrong - above) / (mine.sum() * wrong)) if wrong * mine.sum() else np.nan


def _average_precision(mine: Floats, every: Floats, right: Floats, _: float) -> float:
    drawn = mine > 0
    found = mine[drawn] @ (right[1, drawn] / every[1, drawn])
    return float(found / mine.sum()) if drawn.any() else np.nan


def micro(probabilities: Floats, label: Ints) -> Ranking:
    """All n x C answers as one ranking: is this object of this class?"""
    truth = label[:, None] == np.arange(probabilities.shape[1])
    owner = np.repeat(np.arange(len(label)), probabilities.shape[1])
    return Ranking.of(truth.ravel(), probabilities.ravel(), owner)


def macro_auc(probabilities: Floats, label: Ints, weights: Floats) -> Floats:
    """The mean over classes of each against the rest, (rounds,); each class present."""
    owner = np.arange(len(label))
    each = [
        Ranking.of(label == place, column, owner).auc(weights)
        for place, column in enumerate(probabilities.T)
    ]
    mean: Floats = np.mean(each, axis=0)
    return mean


def accuracy(probabilities: Floats, label: Ints, weights: Floats) -> Floats:
    """The share whose likeliest class is right, (rounds,)."""
    share: Floats = weights @ (probabilities.argmax(axis=1) == label) / weights.sum(axis=1)
    return share


def bins(confidence: Floats) -> Ints:
    """The bin of each confidence, (n,); one exactly belongs to the last."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def calibration_error(probabilities: Floats, label: Ints, weights: Floats) -> Floats:
    """|confidence - accuracy| of the likeliest class over BINS bins, by their counts, (rounds,)."""
    confidence = probabilities.max(axis=1)
    excess = np.zeros((len(label), BINS))
    right = probabilities.argmax(axis=1) == label
    excess[np.arange(len(label)), bins(confidence)] = confidence - right
    error: Floats = np.abs(weights @ excess).sum(axis=1) / weights.sum(axis=1)
    return error
