"""The PSF of a frame as its stars show it: a mean image and how it changes over the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telescope.frame import Frame, FrameError
from telescope.sources import Sources, image_fwhm, stars

Floats = NDArray[np.float64]
STARS_MAX = 400
STARS_LINEAR_MIN = 60
"""From so many stars on the PSF may change over the field."""
STARS_MIN = 4
CLIP = 3.5
WIDTHS_HALF = 2.2
"""Of the image: the half side by the FWHM."""


@dataclass(frozen=True)
class Psf:
    """Images of a point source of flux 1: mean + x u + y v, with x and y from -1 to 1."""

    terms: Floats
    """(1 or 3, side, side)."""
    fwhm: float
    shape: tuple[int, int]
    stars: int

    @property
    def half(self) -> int:
        """Half the side, the centre not counted."""
        return int(self.terms.shape[1] // 2)

    def at(self, x: float, y: float) -> Floats:
        """The PSF there, centred on a pixel, sum 1."""
        image = self.terms[0]
        if len(self.terms) == 3:
            u, v = scaled(np.float64(x), np.float64(y), self.shape)
            image = image + u * self.terms[1] + v * self.terms[2]
        return np.asarray(image / image.sum())

    def cells(self, cell: int) -> NDArray[np.float32]:
        """The PSF at the middles of cells: (cells y, cells x, side, side)."""
        ys, xs = (np.arange(cell / 2, side + cell / 2, cell) for side in self.shape)
        return np.array([[self.at(x, y) for x in xs] for y in ys], np.float32)


def scaled(x: Floats | float, y: Floats | float, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Places from -1 to 1 over a frame."""
    return (
        np.asarray(2.0 * x / (shape[1] - 1) - 1.0),
        np.asarray(2.0 * y / (shape[0] - 1) - 1.0),
    )


def exponents(order: int) -> list[tuple[int, int]]:
    """Of the terms of a polynomial of two variables."""
    return [(a, b) for a in range(order + 1) for b in range(order + 1 - a)]


def powers(x: Floats, y: Floats, shape: tuple[int, int], order: int) -> Floats:
    """The terms of a polynomial of place over a frame, (n, terms)."""
    u, v = scaled(x, y, shape)
    return np.stack([u**a * v**b for a, b in exponents(order)], axis=1)


def measured_psf(frame: Frame, found: Sources) -> Psf:
    """A frame's PSF from its stars. Raises FrameError where fewer than STARS_MIN are usable."""
    rows = stars(frame, found)
    fwhm = image_fwhm(frame, found, rows)
    rows = rows[np.argsort(-found.flux[rows])[:STARS_MAX]]
    half = max(int(np.ceil(WIDTHS_HALF * fwhm)), 5) if len(rows) else 5
    rows = rows[_inside(found, rows, frame.shape, half + 3)]
    if len(rows) < STARS_MIN:
        raise FrameError(f"{frame.facts.name} has {len(rows)} usable stars; {STARS_MIN} are needed")
    x, y = found.x[rows], found.y[rows]
    images, good = _images(frame, x, y, half)
    images, x, y = images[good], x[good], y[good]
    for _ in range(3):
        terms = _terms(images, x, y, frame.shape)
        off = _distance(images, terms, x, y, frame.shape)
        keep = off < np.median(off) * CLIP + 1e-12
        if keep.all() or keep.sum() < STARS_MIN:
            break
        images, x, y = images[keep], x[keep], y[keep]
    terms = _tapered(terms)
    return Psf(terms / terms[0].sum(), fwhm, frame.shape, len(images))


def shifted(image: Floats, dx: float, dy: float) -> Floats:
    """An image moved by parts of a pixel: Keys's cubic, the fraction alone."""
    return np.asarray(_matrix(dy, image.shape[0]) @ image @ _matrix(dx, image.shape[1]).T)


def slope(image: Floats, axis: int) -> Floats:
    """Change by a pixel along an axis, of an image that is 0 at its edges; of fourth order.

    Neighbours' difference alone misses a tenth of the slope of a star that is 3 pixels wide.
    """
    near, far = (
        (np.roll(image, -step, axis) - np.roll(image, step, axis)) / (2 * step) for step in (1, 2)
    )
    return np.asarray((4 * near - far) / 3)


def _matrix(away: float, side: int) -> Floats:
    """(side, side): row i takes what lies at i - away."""
    place = np.arange(side)[:, None] - away - np.arange(side)[None, :]
    d = np.abs(place)
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _inside(
    found: Sources, rows: NDArray[np.int64], shape: tuple[int, int], edge: int
) -> NDArray[np.bool_]:
    x, y = found.x[rows], found.y[rows]
    return (x > edge) & (y > edge) & (x < shape[1] - edge - 1) & (y < shape[0] - edge - 1)


def _images(frame: Frame, x: Floats, y: Floats, half: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Stars centred on a pixel, of flux 1, less what is around them; and which are whole."""
    images, good = np.zeros((len(x), 2 * half + 1, 2 * half + 1)), np.zeros(len(x), np.bool_)
    ring = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1]) > half - 0.5
    for at, (column, row) in enumerate(zip(x, y, strict=True)):
        left, low = round(column), round(row)
        part = np.s_[low - half : low + half + 1, left - half : left + half + 1]
        image = frame.pixels[part].astype(np.float64)
        image = shifted(image - np.median(image[ring]), left - column, low - row)
        total = image.sum()
        good[at] = total > 0 and not frame.unusable[part].any()
        images[at] = image / total if total > 0 else 0.0
    return images, good


def _terms(images: Floats, x: Floats, y: Floats, shape: tuple[int, int]) -> Floats:
    if len(images) < STARS_LINEAR_MIN:
        return np.median(images, axis=0)[None]
    u, v = scaled(x, y, shape)
    design = np.stack([np.ones_like(u), u, v], axis=1)
    flat = images.reshape(len(images), -1)
    middle = np.median(flat, axis=0)
    spread = 1.4826 * np.median(np.abs(flat - middle), axis=0)
    flat = np.clip(flat, middle - 4 * spread, middle + 4 * spread)
    fitted, *_ = np.linalg.lstsq(design, flat, rcond=None)
    return np.asarray(fitted.reshape(3, *images.shape[1:]))


def _distance(
    images: Floats, terms: Floats, x: Floats, y: Floats, shape: tuple[int, int]
) -> Floats:
    model = np.broadcast_to(terms[0], images.shape)
    if len(terms) == 3:
        u, v = scaled(x, y, shape)
        model = model + u[:, None, None] * terms[1] + v[:, None, None] * terms[2]
    return np.asarray(np.sqrt(np.mean((images - model) ** 2, axis=(1, 2))))


def _tapered(terms: Floats) -> Floats:
    """Brought to 0 towards the corners, where noise is all that was measured."""
    half = terms.shape[1] // 2
    radius = np.hypot(*np.mgrid[-half : half + 1, -half : half + 1]) / (half + 0.5)
    window = np.clip((1.0 - radius) / 0.2, 0.0, 1.0)
    return np.asarray(terms * window)
