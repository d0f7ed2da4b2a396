"""Real alerts a little otherwise, so that few of them can be taught often without being learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.arrays import Singles
from training.realbogus.alerts.examples import Examples

VARIANTS = 8
"""Of each alert; turning and mirroring come on top."""
NOISE_MAX = 0.5
"""Added to the science stamp and so to the difference, in units of the stamp's own: the S/N falls
by a tenth at most, so that a real source stays one."""
SHIFTS = (-1, 0, 0, 1)
"""Pixels, equally likely, along each axis."""
NORMAL_SIGMA = 1.4826
"""Of a median absolute deviation, in a normal distribution."""


def variants(examples: Examples, row: int, seed: int) -> Singles:
    """One alert's stamps (VARIANTS, 3, side, side), moved and with more noise; the first as it is.

    What comes out depends on the seed and on the alert, not on the others.
    """
    random = np.random.default_rng([seed, int(examples.alert_id[row]), VARIANTS])
    planes, sign = examples.stamps[row], -1 if examples.negative[row] else 1
    others = [_moved(_noisier(planes, sign, random), random) for _ in range(VARIANTS - 1)]
    return np.stack([planes, *others])


def _noisier(planes: Singles, sign: int, random: np.random.Generator) -> Singles:
    science, template, difference = planes.astype(np.float64)
    sigma = random.uniform(0, NOISE_MAX) * _noise(science)
    added = random.normal(0.0, sigma, science.shape)
    return np.stack([science + added, template, difference + sign * added]).astype(np.float32)


def _noise(plane: NDArray[np.float64]) -> float:
    """Of its sky; 0 where nothing is finite."""
    finite = plane[np.isfinite(plane)]
    if not len(finite):
        return 0.0
    return float(NORMAL_SIGMA * np.median(np.abs(finite - np.median(finite))))


def _moved(planes: Singles, random: np.random.Generator) -> Singles:
    """By whole pixels; the edge is mirrored."""
    down, right = random.choice(SHIFTS, 2).tolist()
    wider = np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    side = planes.shape[-1]
    return wider[:, 1 + down : 1 + down + side, 1 + right : 1 + right + side]
