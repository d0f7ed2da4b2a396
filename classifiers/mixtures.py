"""Quantiles of mixtures of Gaussians, for posteriors that networks give."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Floats = NDArray[np.float64]
TOLERANCE = 1e-4
"""Of a quantile, in the unit of the mixture."""
HALVINGS = 24
"""At most, of the range of SIGMAS to either side of all means."""
SIGMAS = 5.0


def quantiles(mixture: NDArray[np.floating], at: Floats) -> Floats:
    """The quantiles `at` (q,) of mixtures (n, 3 k) of weights, means and sigmas: (n, q)."""
    found = np.empty((len(mixture), len(at)))
    _fill(np.ascontiguousarray(mixture, np.float64), at, (HALVINGS, SIGMAS, TOLERANCE), found)
    return found


@compiled
def _fill(mixture: Floats, at: Floats, limits: tuple[int, float, float], found: Floats) -> None:
    halvings, sigmas, tolerance = limits
    count = mixture.shape[1] // 3
    for row in range(len(mixture)):
        least, most = np.inf, -np.inf
        for one in range(count):
            mean, sigma = mixture[row, count + one], mixture[row, 2 * count + one]
            if mixture[row, one] > 1e-4:
                least = min(least, mean - sigmas * sigma)
                most = max(most, mean + sigmas * sigma)
        low = least
        for place in range(len(at)):
            high = most
            for _ in range(halvings):
                middle = 0.5 * (low + high)
                below = 0.0
                for one in range(count):
                    off = (middle - mixture[row, count + one]) / mixture[row, 2 * count + one]
                    if off > 6.0:
                        below += mixture[row, one]
                    elif off > -6.0:
                        below += (
                            mixture[row, one] * 0.5 * (1.0 + math.erf(off * 0.7071067811865476))
                        )
                if below < at[place]:
                    low = middle
                else:
                    high = middle
                if high - low < tolerance:
                    break
            found[row, place] = 0.5 * (low + high)
