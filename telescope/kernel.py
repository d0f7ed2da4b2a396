"""The kernel that makes the sharper of two frames look like the other, changing over the field.

After Alard & Lupton (1998, ApJ 503, 325) and Alard (2000, A&AS 144, 363): Gaussians times
polynomials, the sum apart from the shape, each a polynomial of place; fitted on stamps about stars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from telescope.frame import FrameError, Pixels
from telescope.psf import exponents, powers, scaled

Floats = NDArray[np.float64]
WIDTHS = (0.5, 1.0, 2.0)
"""Of the Gaussians, by the width that turns the one PSF into the other."""
DEGREES = (6, 4, 2)
ORDER = 2
"""Of the polynomial of place."""
WIDTH_MIN = 0.8
HALF_MIN, HALF_MAX = 7, 14
STAMPS_MAX, STAMPS_MIN = 220, 5
STAMP_HALF = 12
CLIP_MAD = 4.0
ROUNDS = 3
RIDGE = 1e-6
MODEL_ERROR = 0.01
"""Of a pixel's light: so that a few very bright stars do not decide alone."""
FEW_STAMPS = 40
"""Below which the kernel is one for the whole frame, with fewer terms."""


class Basis(NamedTuple):
    """Kernels (n, side, side): the first of sum 1, all others of sum 0."""

    images: Floats

    @property
    def half(self) -> int:
        """Half the side."""
        return int(self.images.shape[1] // 2)


@dataclass(frozen=True)
class Kernel:
    """A fitted kernel and the difference of the skies, both polynomials of place."""

    basis: Basis
    weights: Floats
    """(basis + 1, powers): the last line is the sky's."""
    order: int
    shape: tuple[int, int]
    scatter: float
    """Of stamps: what residuals of stars exceed their noise by, relative to the star's pixels."""

    def at(self, x: float, y: float) -> Floats:
        """The kernel at a place, (side, side)."""
        terms = powers(np.array([x]), np.array([y]), self.shape, self.order)[0]
        return np.asarray(np.tensordot(self.weights[:-1] @ terms, self.basis.images, 1))

    def cells(self, cell: int) -> Pixels:
        """Kernels at the middles of cells: (cells y, cells x, side, side)."""
        ys, xs = (np.arange(cell / 2, side + cell / 2, cell) for side in self.shape)
        x, y = np.meshgrid(xs[: -(-self.shape[1] // cell)], ys[: -(-self.shape[0] // cell)])
        terms = powers(x.ravel(), y.ravel(), self.shape, self.order)
        side = self.basis.images.shape[1]
        flat = (terms @ self.weights[:-1].T) @ self.basis.images.reshape(-1, side * side)
        return flat.reshape(*x.shape, side, side).astype(np.float32)

    def sky(self) -> Pixels:
        """The difference of the skies over the frame."""
        ys, xs = (np.arange(side, dtype=np.float64) for side in self.shape)
        u, v = scaled(xs, ys, self.shape)
        out = np.zeros(self.shape)
        for weight, (a, b) in zip(self.weights[-1], exponents(self.order), strict=True):
            out += weight * np.outer(v**b, u**a)
        return out.astype(np.float32)


def gaussian_basis(width: float, *, few: bool) -> Basis:
    """The basis for a width in pixels (sigma), with fewer terms where stars are few."""
    width = max(width, WIDTH_MIN)
    half = int(min(max(math.ceil(3.0 * WIDTHS[-1] * width), HALF_MIN), HALF_MAX))
    steps = np.arange(-half, half + 1)
    images = []
    for factor, degree in zip(WIDTHS, (3, 2, 0) if few else DEGREES, strict=True):
        bell = np.exp(-0.5 * (steps / (factor * width)) ** 2)
        scale = steps / (factor * width)
        for a in range(degree + 1):
            for b in range(degree + 1 - a):
                images.append(np.outer(bell * scale**b, bell * scale**a))
    stack = np.array(images)
    sums = stack.sum(axis=(1, 2))
    even = np.abs(sums) > 1e-6 * np.abs(stack).sum(axis=(1, 2))
    stack[even] /= sums[even, None, None]
    stack[~even] /= np.sqrt((stack[~even] ** 2).sum(axis=(1, 2)))[:, None, None]
    stack[1:] -= even[1:, None, None] * stack[0]
    return Basis(stack)


def fitted_kernel(
    target: Pixels,
    sharp: Pixels,
    variance: Pixels,
    *,
    bad: NDArray[np.bool_],
    x: Floats,
    y: Floats,
    width: float,
) -> Kernel:
    """The kernel by which `sharp` becomes `target`, from stamps about stars at x and y.

    Raises FrameError where fewer than STAMPS_MIN stamps are sound.
    """
    few = len(x) < FEW_STAMPS
    basis, order = gaussian_basis(width, few=few), 0 if few else ORDER
    found = _stamps((target, sharp, variance), bad, (x, y), basis)
    if len(found.x) < STAMPS_MIN:
        raise FrameError(f"{len(found.x)} stars are sound in both frames; {STAMPS_MIN} are needed")
    shape = target.shape[0], target.shape[1]
    terms = powers(found.x, found.y, shape, order)
    keep = np.ones(len(found.x), np.bool_)
    for _ in range(ROUNDS):
        weights = _solved(found, terms, keep)
        worth = _misfit(found, weights, terms)
        middle = np.median(worth[keep])
        spread = 1.4826 * np.median(np.abs(worth[keep] - middle))
        keep = worth < middle + CLIP_MAD * max(float(spread), 0.05)
    scatter = _scatter(found, weights, terms, keep)
    return Kernel(basis, weights, order, shape, scatter)


class _Stamps(NamedTuple):
    """By stamp: design (basis + 1, pixels) as normal equations, and what they are made of."""

    x: Floats
    y: Floats
    normal: Floats
    right: Floats
    light: Floats
    """Sum of the target's squares by its variance."""
    pixels: Floats


def _stamps(
    frames: tuple[Pixels, Pixels, Pixels],
    bad: NDArray[np.bool_],
    places: tuple[Floats, Floats],
    basis: Basis,
) -> _Stamps:
    (target, sharp, variance), (x, y) = frames, places
    reach, rows, columns = STAMP_HALF + basis.half, *target.shape
    flat = basis.images[:, ::-1, ::-1].reshape(len(basis.images), -1).astype(np.float32)
    size = (2 * STAMP_HALF + 1) ** 2
    made = []
    for at in range(len(x)):
        left, low = round(float(x[at])), round(float(y[at]))
        if not (reach <= left < columns - reach and reach <= low < rows - reach):
            continue
        inner = np.s_[
            low - STAMP_HALF : low + STAMP_HALF + 1, left - STAMP_HALF : left + STAMP_HALF + 1
        ]
        outer = np.s_[low - reach : low + reach + 1, left - reach : left + reach + 1]
        good = ~bad[inner].ravel()
        if good.mean() < 0.9:
            continue
        windows = sliding_window_view(sharp[outer], basis.images.shape[1:]).reshape(size, -1)
        design = np.vstack([flat @ windows.T, np.ones((1, size), np.float32)]).astype(np.float64)
        data = target[inner].ravel().astype(np.float64)
        noise = variance[inner].ravel() + (MODEL_ERROR * data) ** 2
        weight = np.where(good, 1.0 / noise, 0.0)
        weighted = design * weight
        made.append((
            x[at], y[at], weighted @ design.T, weighted @ data, (data**2 * weight).sum(),
            good.sum(),
        ))  # fmt: skip
        if len(made) == STAMPS_MAX:
            break
    if not made:
        return _Stamps(*(np.zeros(0) for _ in range(6)))
    return _Stamps(*(np.array(column, np.float64) for column in zip(*made, strict=True)))


def _solved(found: _Stamps, terms: Floats, keep: NDArray[np.bool_]) -> Floats:
    count, width = found.normal.shape[1], terms.shape[1]
    outer = terms[keep][:, :, None] * terms[keep][:, None, :]
    normal = np.tensordot(found.normal[keep], outer, ([0], [0]))  # (k, k, p, p)
    matrix = normal.transpose(0, 2, 1, 3).reshape(count * width, count * width)
    right = np.einsum("sk,sp->kp", found.right[keep], terms[keep]).ravel()
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-30))
    matrix = matrix / scale / scale[:, None]
    matrix[np.diag_indices_from(matrix)] += RIDGE
    return np.asarray((np.linalg.solve(matrix, right / scale) / scale).reshape(count, width))


def _misfit(found: _Stamps, weights: Floats, terms: Floats) -> Floats:
    """Chi squared by pixel of each stamp."""
    local = terms @ weights.T
    chi = found.light - 2 * np.einsum("sk,sk->s", found.right, local)
    chi += np.einsum("sk,skl,sl->s", local, found.normal, local)
    return np.asarray(chi / found.pixels)


def _scatter(found: _Stamps, weights: Floats, terms: Floats, keep: NDArray[np.bool_]) -> float:
    """What bright stars' residuals have beyond their noise, by their light; 0 where nothing."""
    chi, light = _misfit(found, weights, terms)[keep], found.light[keep]
    bright = light >= np.percentile(light, 75)
    usual = float(np.median(chi[~bright])) if (~bright).any() else 1.0
    excess = (chi[bright] - usual) * found.pixels[keep][bright] / np.maximum(light[bright], 1e-30)
    return math.sqrt(max(float(np.median(excess)), 0.0))
