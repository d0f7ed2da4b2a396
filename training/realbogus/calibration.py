"""Makes probabilities mean what they say, on alerts set apart for nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

from training.arrays import Floats, Mask
from training.realbogus.labels import REAL

SPREAD = 1.0
"""Of the prior on both numbers, in natural logarithms: a few low scores must not move them far."""


class Calibration(NamedTuple):
    """Two numbers, as Platt's (1999): logits times `slope`, then `offset` on that of "real"."""

    slope: float
    offset: float

    def probabilities(self, logits: NDArray[np.float32]) -> Floats:
        """(k, 5) of logits (k, 5)."""
        return np.asarray(np.exp(self._logarithms(logits)))

    def _logarithms(self, logits: NDArray[np.float32]) -> Floats:
        moved = logits.astype(np.float64) * self.slope
        moved[:, REAL] += self.offset
        return np.asarray(log_softmax(moved, axis=1))


def calibrated(logits: NDArray[np.float32], real: Mask, weight: Floats) -> Calibration:
    """The two numbers under which examples set apart are likeliest, each by its weight."""

    def cost(numbers: Floats) -> float:
        log_slope, offset = numbers
        log_p = Calibration(float(np.exp(log_slope)), float(offset))._logarithms(logits)
        bogus = logsumexp(np.delete(log_p, REAL, axis=1), axis=1)
        likely = weight * np.where(real, log_p[:, REAL], bogus)
        return float(-likely.sum() + (numbers**2).sum() / (2 * SPREAD**2))

    found = minimize(cost, np.zeros(2), method="Nelder-Mead")
    return Calibration(float(np.exp(found.x[0])), float(found.x[1]))


def evenly(real: Mask) -> Floats:
    """Weights, (k,), under which both sides count as many as the smaller one is.

    So probabilities are for even odds: how many of a stream's alerts are bogus is the stream's to
    say. Without a bogus example nothing counts, and nothing is moved.
    """
    smaller = min(int(real.sum()), int((~real).sum()))
    sides = np.where(real, max(int(real.sum()), 1), max(int((~real).sum()), 1))
    return np.asarray(smaller / sides)
