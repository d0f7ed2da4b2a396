"""Pixels to grey levels: what makes a faint source visible beside a bright star."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.batch import PLANES

Plane = NDArray[np.float32]

SIGMA_PER_MAD = 1.4826
"""Of a normal distribution: its standard deviation by its median absolute deviation."""
BLACK_SIGMA = 2.0
"""So far below the background level is black."""
SOFT_SIGMA = 5.0
"""Up to here the stretch is about linear, from here on about logarithmic."""
WHITE_PERCENTILE = 99.7
"""Of the pixels: brighter ones are white, and one hot pixel does not dim the rest."""
DIFFERENCE_SIGMA_MIN = 6.0
"""The difference's grey levels reach at least so far, so that mere noise stays grey."""


def stretched(plane: Plane, number: int) -> Plane:
    """A plane's grey levels, 0 to 1, of its shape; NaN where a pixel has no value.

    Science and template: the inverse hyperbolic sine above a robust background (Lupton et al.
    1999, AJ 118, 1406). The difference (`number` 2, as PLANES has it): linear, 0.5 is no change,
    above it is brighter than before.
    """
    # Surveys send pixels up to 3e38, whose mean is infinite in float32.
    values = np.where(np.isfinite(plane), plane, np.nan).astype(np.float64)
    if not np.isfinite(values).any():
        return values.astype(np.float32)
    level = float(np.nanmedian(values))
    sigma = SIGMA_PER_MAD * float(np.nanmedian(np.abs(values - level)))
    sigma = sigma or float(np.nanstd(values)) or 1.0
    if PLANES[number] == "difference":
        return _around_zero(values, sigma)
    return _above_background((values - level) / sigma)


def _above_background(sigmas: NDArray[np.float64]) -> Plane:
    black = np.arcsinh(-BLACK_SIGMA / SOFT_SIGMA)
    white = np.arcsinh(
        max(float(np.nanpercentile(sigmas, WHITE_PERCENTILE)), SOFT_SIGMA) / SOFT_SIGMA
    )
    level = (np.arcsinh(sigmas / SOFT_SIGMA) - black) / (white - black)
    levels: Plane = np.clip(level, 0, 1).astype(np.float32)
    return levels


def _around_zero(values: NDArray[np.float64], sigma: float) -> Plane:
    reach = max(
        float(np.nanpercentile(np.abs(values), WHITE_PERCENTILE)), DIFFERENCE_SIGMA_MIN * sigma
    )
    levels: Plane = np.clip(0.5 + values / (2 * reach), 0, 1).astype(np.float32)
    return levels
