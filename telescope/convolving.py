"""Convolutions of a frame, and of kernels with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from telescope.compiled import convolve_cells
from telescope.frame import Pixels

Floats = NDArray[np.float64]
SIZE = 64
"""Of the square on which kernels are transformed, pixels."""


def embedded(image: NDArray[Any], size: int) -> Floats:
    """A small image on a square of zeros, its middle at the corner (0, 0)."""
    whole = np.zeros((size, size))
    side = image.shape[0]
    whole[:side, :side] = image
    return np.roll(whole, (-(side // 2), -(side // 2)), (0, 1))


def convolved(image: Pixels, cells: Pixels, cell: int) -> Pixels:
    """See `convolve_cells`."""
    out = np.empty_like(image)
    convolve_cells(image, np.ascontiguousarray(cells), cell, out)
    return out


def filtered(image: Pixels, kernel: Floats) -> Pixels:
    """Convolution with one kernel; beyond the image there is nothing."""
    rows, columns = (_fast(side + kernel.shape[0]) for side in image.shape)
    spectrum = np.fft.rfft2(image, (rows, columns))
    spectrum *= np.fft.rfft2(kernel.astype(np.float32), (rows, columns))
    half = kernel.shape[0] // 2
    whole = np.fft.irfft2(spectrum, (rows, columns))
    part = whole[half : half + image.shape[0], half : half + image.shape[1]]
    return np.ascontiguousarray(part, np.float32)


def both(filter_: Floats, kernel: NDArray[Any]) -> Floats:
    """Two kernels as one, of the filter's side and a little more."""
    spectrum: NDArray[np.complex128] = np.fft.rfft2(embedded(filter_, SIZE))
    spectrum = np.multiply(spectrum, np.fft.rfft2(embedded(kernel, SIZE)))
    whole = np.fft.irfft2(spectrum, (SIZE, SIZE))
    half = min(filter_.shape[0] // 2 + 3, SIZE // 2 - 1)
    middle = np.fft.fftshift(whole)
    return np.asarray(
        middle[SIZE // 2 - half : SIZE // 2 + half + 1, SIZE // 2 - half : SIZE // 2 + half + 1]
    )


def _fast(least: int) -> int:
    """The next length whose transform is quick: 2, 3 and 5 alone divide it."""
    length = least
    while True:
        left = length
        for prime in (2, 3, 5):
            while left % prime == 0:
                left //= prime
        if left == 1:
            return length
        length += 1
