"""How clear the air is over a frame: a map of what it takes, by stars against the reference.

A Gaussian process: stars' magnitudes scatter by their own noise about a smooth map, which itself
scatters by as much as makes them likeliest. So few or faint stars give a flat map.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.sources import MAG_OF_SHARE

Floats = NDArray[np.float64]
LENGTH = 0.25
"""Of the frame's longer side, over which the map changes."""
SCATTERS_MAG = (0.0, *np.geomspace(0.01, 0.6, 13).tolist())
"""Of the map: those that are tried."""
STAR_MAG = 0.02
"""What stars scatter by at least: flat fields are known no better, and some stars vary."""
STARS_MIN, STARS_MAX = 8, 400
CLIP_SIGMA = 4.0
ROUNDS = 3
MESH = 8
"""Places a side at which the map is looked at."""


class Transparency(NamedTuple):
    """What is taken of the light at each place: a mean, and a sum of bells about stars."""

    stars: Floats
    """(n, 2), by the frame's longer side."""
    heights: Floats
    """Magnitudes, (n,)."""
    mean: float
    """Magnitudes; NaN without stars."""
    shape: tuple[int, int]

    def at(self, x: Floats, y: Floats) -> Floats:
        """Magnitudes taken at places, (k,)."""
        places = np.stack([x, y], axis=1) / max(self.shape)
        return np.asarray(self.mean + _bells(places, self.stars) @ self.heights)

    def image(self) -> Floats:
        """Magnitudes taken at each pixel: the bells are products of one of x and one of y."""
        rows, columns = (
            _bells(np.arange(side)[:, None] / max(self.shape), self.stars[:, axis : axis + 1])
            for axis, side in ((1, self.shape[0]), (0, self.shape[1]))
        )
        return np.asarray(self.mean + (rows * self.heights) @ columns.T)

    def mesh(self) -> Floats:
        """Magnitudes taken all over the frame, (MESH * MESH,)."""
        y, x = ((np.arange(MESH) + 0.5) / MESH * side for side in self.shape)
        return self.at(np.tile(x, MESH), np.repeat(y, MESH))


def transparency(throughputs: Floats, shape: tuple[int, int]) -> Transparency:
    """The map of stars (n, 4): x, y, light by the reference's, and its relative error.

    Flat where they are fewer than STARS_MIN.
    """
    some = throughputs[:: len(throughputs) // STARS_MAX + 1]
    places, taken = some[:, :2] / max(shape), -2.5 * np.log10(some[:, 2])
    error = np.hypot(some[:, 3] * MAG_OF_SHARE, STAR_MAG)
    mean = float(np.median(taken)) if len(taken) else np.nan
    found, keep = Transparency(places[:0], taken[:0], mean, shape), np.ones(len(some), np.bool_)
    for _ in range(ROUNDS):
        if keep.sum() < STARS_MIN:
            break
        mean, heights = _fitted(places[keep], taken[keep], error[keep])
        found = Transparency(places[keep], heights, mean, shape)
        off = (taken - found.at(some[:, 0], some[:, 1])) / error
        # What varies, or is no star in one of the two.
        keep = np.abs(off) < CLIP_SIGMA * max(1.4826 * float(np.median(np.abs(off))), 1.0)
    return found


def _fitted(places: Floats, taken: Floats, error: Floats) -> tuple[float, Floats]:
    """The mean and the bells' heights of the likeliest scatter."""
    powers, ways = np.linalg.eigh(_bells(places, places) / error[:, None] / error)
    ones, told = ways.T @ (1 / error), ways.T @ (taken / error)
    best, found = -np.inf, (np.nan, np.zeros(len(taken)))
    for scatter in SCATTERS_MAG:
        power = 1.0 + scatter**2 * np.maximum(powers, 0.0)
        mean = float((ones * told / power).sum() / (ones**2 / power).sum())
        left = told - mean * ones
        likely = -0.5 * float((left**2 / power + np.log(power)).sum())
        if likely > best:
            best, found = likely, (mean, scatter**2 * (ways @ (left / power)) / error)
    return found


def _bells(places: Floats, stars: Floats) -> Floats:
    """(places, stars)."""
    squares = ((places[:, None] - stars) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * squares / LENGTH**2))
