"""Makes probabilities mean what they say, on alerts set apart for nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, logit, logsumexp

from classifiers.training.realbogus.labels import REAL

Floats = NDArray[np.float64]
SPREAD = 1.0
"""Of the prior on both numbers, in natural logarithms: a few low scores must not move them far."""


class Calibration(NamedTuple):
    """Two numbers, as Platt's (1999): logits times `slope`, then `offset` on that of "real"."""

    slope: float
    offset: float

    def probabilities(self, logits: NDArray[np.float32]) -> Floats:
        """(k, 5) of logits (k, 5)."""
        return np.asarray(np.exp(self._logarithms(logits)))

    def at_even_odds(self, real_share: float) -> Calibration:
        """The same, said before anything is known but that real and bogus are as likely.

        `real_share` is that of the alerts it was found on: odds are moved by Bayes' rule. How
        many of a stream's alerts are bogus is the stream's to say.
        """
        return self._replace(offset=self.offset - float(logit(real_share)))

    def _logarithms(self, logits: NDArray[np.float32]) -> Floats:
        moved = logits.astype(np.float64) * self.slope
        moved[:, REAL] += self.offset
        return np.asarray(log_softmax(moved, axis=1))


def calibrated(logits: NDArray[np.float32], real: Floats) -> Calibration:
    """The two numbers under which alerts set apart are likeliest.

    `real` is what each is said to be: 1 real, 0 bogus, or a chance in between.
    """

    def cost(numbers: Floats) -> float:
        log_slope, offset = numbers
        log_p = Calibration(float(np.exp(log_slope)), float(offset))._logarithms(logits)
        bogus = logsumexp(np.delete(log_p, REAL, axis=1), axis=1)
        likely = real * log_p[:, REAL] + (1 - real) * bogus
        return float(-likely.sum() + (numbers**2).sum() / (2 * SPREAD**2))

    found = minimize(cost, np.zeros(2), method="Nelder-Mead")
    return Calibration(float(np.exp(found.x[0])), float(found.x[1]))
