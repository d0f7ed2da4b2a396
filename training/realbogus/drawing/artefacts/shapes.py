"""The forms that artefacts are made of, on a square of pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.arrays import Floats
from training.realbogus.drawing.artefacts.canvas import SIGMA_PER_FWHM
from training.realbogus.drawing.ground import Ground

SOFT_PER_SIGMA = 1.702
"""A logistic of this slope is a normal distribution's integral to 0.01."""


class Place(NamedTuple):
    """A position in pixels, pixel centres being whole numbers."""

    y: float
    x: float

    def moved(self, pixels: float, angle: float) -> Place:
        """So far along a direction in radians from the x axis."""
        return Place(self.y + pixels * np.sin(angle), self.x + pixels * np.cos(angle))


def middle(ground: Ground, random: np.random.Generator, spread: float = 0.4) -> Place:
    """The stamp's centre, missed by `spread` pixels (standard deviation) along each axis."""
    centre = (ground.side - 1) / 2
    dy, dx = random.normal(0, spread, 2)
    return Place(centre + dy, centre + dx)


def distances(side: int, place: Place) -> tuple[Floats, Floats]:
    """(side, 1) and (1, side): how far each row and column is from a place, pixels."""
    steps = np.arange(side, dtype=np.float64)
    return (steps - place.y)[:, None], (steps - place.x)[None]


def along_and_across(side: int, place: Place, angle: float) -> tuple[Floats, Floats]:
    """Each pixel's coordinates, (side, side), on axes turned by `angle` radians."""
    dy, dx = distances(side, place)
    return dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)


def star(side: int, place: Place, fwhm: float, beta: float = 3.5) -> Floats:
    """A Moffat profile (Moffat 1969, A&A 3, 455) of height 1, its wings not cut off."""
    dy, dx = distances(side, place)
    core = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    return np.asarray((1 + (dy**2 + dx**2) / core**2) ** -beta)


def band(side: int, place: Place, angle: float, fwhm: float, ends: tuple[float, float]) -> Floats:
    """A straight line of height 1 between two distances along it from `place`, pixels."""
    sigma = SIGMA_PER_FWHM * fwhm
    along, across = along_and_across(side, place, angle)
    soft = SOFT_PER_SIGMA / sigma
    begun = 1 / (1 + np.exp(np.clip(-soft * (along - ends[0]), -50, 50)))
    over = 1 / (1 + np.exp(np.clip(soft * (along - ends[1]), -50, 50)))
    return np.asarray(np.exp(-0.5 * (across / sigma) ** 2) * begun * over)


def deposits(side: int, y: Floats, x: Floats, charge: Floats) -> Floats:
    """Charges at places, each shared among the four pixels around it; those outside are lost."""
    image = np.zeros((side + 2, side + 2))
    low_y, low_x = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    for step_y in (0, 1):
        for step_x in (0, 1):
            share = np.abs(1 - step_y - (y - low_y)) * np.abs(1 - step_x - (x - low_x))
            rows = np.clip(low_y + step_y, -1, side) + 1
            columns = np.clip(low_x + step_x, -1, side) + 1
            np.add.at(image, (rows, columns), share * charge)
    return image[1:-1, 1:-1]


def shifted(image: Floats, dy: float, dx: float) -> Floats:
    """The image moved by fractions of a pixel: cubic convolution (Keys 1981, IEEE ASSP 29)."""
    for axis, shift in enumerate((dy, dx)):
        whole = int(np.floor(shift))
        part = shift - whole
        weights = _keys(np.array([1 + part, part, 1 - part, 2 - part]))
        size = image.shape[axis]
        places = [np.clip(np.arange(size) - whole + at, 0, size - 1) for at in (1, 0, -1, -2)]
        image = sum(
            (w * image.take(at, axis) for w, at in zip(weights, places, strict=True)),
            start=np.zeros_like(image),
        )
    return image


def _keys(distance: Floats) -> Floats:
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.asarray(np.where(distance < 1, near, np.where(distance < 2, far, 0.0)))


def blotch(side: int, place: Place, radius: float, random: np.random.Generator) -> Floats:
    """1.0 within an uneven disc, else 0.0: what clusters of bad pixels look like."""
    dy, dx = distances(side, place)
    angle = np.arctan2(dy, dx)
    phases, depth = random.uniform(0, 2 * np.pi, 3), random.uniform(0.1, 0.35, 3)
    rim = 1 + sum(
        d * np.cos(n * angle + p) for n, d, p in zip((1, 2, 3), depth, phases, strict=True)
    )
    return np.where(np.hypot(dy, dx) <= radius * rim, 1.0, 0.0)
