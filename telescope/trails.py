"""Trails of satellites and aircraft: lines along which faint light adds up.

A Radon transform of the frame, binned, sources cut off: it sees trails fainter than a pixel's noise
where a Hough transform of thresholded pixels needs twice that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from telescope.compiled import radon
from telescope.frame import Frame

Floats = NDArray[np.float64]
SIDE_BINNED = 256
ANGLES = 180
CLIP_SIGMA = 4.0
LENGTH_MIN = 0.4
"""Of the frame's side: along shorter lines too few pixels are summed."""


def trail_strength(frame: Frame) -> float:
    """How many sigmas the best line across the frame stands above its neighbours."""
    image = _binned(frame)
    angles = np.linspace(0, math.pi, ANGLES, endpoint=False)
    size = 2 * int(math.hypot(*image.shape) / 2 + 2) + 1
    sums, counts = np.zeros((ANGLES, size)), np.zeros((ANGLES, size))
    radon(image, np.cos(angles), np.sin(angles), sums, counts)
    long = counts > LENGTH_MIN * min(image.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(long, sums / np.sqrt(counts), 0.0)
    # A line is a peak in distance: what lies on both sides of it is its sky.
    around = (np.roll(score, 6, 1) + np.roll(score, -6, 1)) / 2
    sharp = np.where(long & np.roll(long, 6, 1) & np.roll(long, -6, 1), score - around, 0.0)
    spread = 1.4826 * float(np.median(np.abs(sharp[sharp != 0]))) if (sharp != 0).any() else 1.0
    return float(np.max(sharp)) / max(spread, 1e-6)


def _binned(frame: Frame) -> Floats:
    """Means of squares of pixels by their noise, without what is masked or bright."""
    score = frame.pixels / np.sqrt(np.maximum(frame.variance, 1e-12))
    score = np.where(frame.unusable, np.nan, score)
    step = max(min(frame.shape) // SIDE_BINNED, 1)
    rows, columns = (side // step for side in frame.shape)
    blocks = score[: rows * step, : columns * step].reshape(rows, step, columns, step)
    count = np.isfinite(blocks).sum(axis=(1, 3))
    total = np.nansum(blocks, axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        image = total / np.sqrt(count)
    image -= np.nanmedian(image)
    spread = 1.4826 * float(np.nanmedian(np.abs(image)))
    image = np.where(np.abs(image) > CLIP_SIGMA * spread, np.sign(image) * np.nan, image / spread)
    return np.ascontiguousarray(image, np.float64)
