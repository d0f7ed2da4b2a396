"""How bright the types are: means by the days seen, and widths, of supernovae with a redshift."""

from __future__ import annotations

import numpy as np

from classifiers.luminosities import Luminosities
from training.arrays import Floats, Ints

SIGMAS_MAX = 3.0
"""Farther off is held there: what is of another type or has a wrong redshift has its own share."""
TURNS = 10
NORMAL = 1.4826
"""Of the median absolute deviation."""


def fitted(labels: tuple[str, ...], label: Ints, absolute: Floats, days: Floats) -> Luminosities:
    """Of n windows: place in labels, absolute magnitude (n,), days seen (n,)."""
    own = [_line(absolute[label == one], days[label == one]) for one in range(len(labels))]
    slope, mean, width = np.array(own).T
    return Luminosities(labels, mean, slope, width)


def _line(absolute: Floats, days: Floats) -> tuple[float, float, float]:
    """Slope by ln(1 + days), mean at none, width; weights as of a Cauchy error's."""
    design = np.vander(np.log1p(days), 2)
    weight = np.ones(len(days))
    off, width = absolute, 1.0
    slope = mean = 0.0
    for _ in range(TURNS):
        found = np.linalg.lstsq(design * weight[:, None], absolute * weight, rcond=None)[0]
        slope, mean = map(float, found)
        off = absolute - design @ found
        width = NORMAL * float(np.median(np.abs(off)))
        weight = 1 / np.sqrt(1 + (off / (2 * width)) ** 2)
    held = np.clip(off, -SIGMAS_MAX * width, SIGMAS_MAX * width)
    return slope, mean, float(held.std())
