"""Survey stamps as cameras with other optics and other sampling would have taken them."""

from __future__ import annotations

import numpy as np
import torch

from training.arrays import Floats, Singles

RATIO_MIN = 0.5
"""Width by length that a round star gets at least; evenly drawn in its logarithm."""
SCALE_MIN = 0.65
"""Of the sampling: stars become up to 1 / SCALE_MIN times as wide."""
AS_IT_IS = 0.25
"""The share that is left alone."""


def stretched(stamps: Singles, random: np.random.Generator) -> Singles:
    """Stamps (n, 3, side, side), each widened along a direction of its own, all planes alike.

    Pixels are interpolated linearly between their neighbours, and NaN spreads to these. A stamp is
    never made narrower, so nothing from beyond its edges is asked but at two corners, where it is
    mirrored.
    """
    maps = torch.from_numpy(matrices(len(stamps), random)).float()
    grid = torch.nn.functional.affine_grid(maps, list(stamps.shape), align_corners=True)
    found: Singles = torch.nn.functional.grid_sample(
        torch.from_numpy(stamps), grid, padding_mode="reflection", align_corners=True
    ).numpy()
    return found


def matrices(count: int, random: np.random.Generator) -> Floats:
    """From a stretched stamp's places to the stamp's own, (n, 2, 3); the middle stays."""
    angle = random.uniform(0, np.pi, count)
    ratio = np.exp(random.uniform(np.log(RATIO_MIN), 0, count))
    scale = np.exp(random.uniform(np.log(SCALE_MIN), 0, count))
    alone = random.random(count) < AS_IT_IS
    ratio, scale = np.where(alone, 1.0, ratio), np.where(alone, 1.0, scale)
    u = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    along = np.einsum("ni,nj->nij", u, u)
    both = scale[:, None, None] * (np.eye(2) - (1 - ratio)[:, None, None] * along)
    return np.concatenate([both, np.zeros((count, 2, 1))], axis=2)
