"""The loops over a frame's pixels: warping, convolution with a kernel that varies, binned sums.

Inner loops run over whole rows with one factor, which the compiler turns into vector instructions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
PHASES = 256


def lanczos_table() -> Floats:
    """Weights (PHASES + 1, 6) by the fraction of a pixel, each row of sum 1: the third order's."""
    fraction = np.linspace(0.0, 1.0, PHASES + 1)[:, None]
    away = np.arange(-2, 4)[None, :] - fraction
    weights = np.sinc(away) * np.sinc(away / 3.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@compiled
def _between(
    values: NDArray[np.floating], row: int, column: int, down: float, right: float
) -> float:
    """Linear between four neighbours."""
    above = (1 - right) * values[row, column] + right * values[row, column + 1]
    below = (1 - right) * values[row + 1, column] + right * values[row + 1, column + 1]
    return (1 - down) * above + down * below  # type: ignore[no-any-return]


@compiled
def warp(  # noqa: PLR0917 - compiled functions know no keywords
    pixels: Pixels,
    variance: Pixels,
    mask: NDArray[np.uint16],
    x_grid: Floats,
    y_grid: Floats,
    step: int,
    table: Floats,
    edge: int,
    out: Pixels,
    out_variance: Pixels,
    out_mask: NDArray[np.uint16],
) -> None:
    """A frame on another's grid, by Lanczos's window; the grid's first node is at (-step, -step).

    The variance is interpolated as the pixels' own, not diminished by the window's squares: noise
    that a window spreads is given back by the filter that sums over it, and what is detected with
    is that sum. A pixel's bits are those of the four about its place.
    """
    rows, columns = out.shape
    height, width = pixels.shape
    phases = len(table) - 1
    for row in range(rows):
        cell_y = (row + step) // step
        part_y = (row + step) / step - cell_y
        for column in range(columns):
            cell_x = (column + step) // step
            part_x = (column + step) / step - cell_x
            x = _between(x_grid, cell_y, cell_x, part_y, part_x)
            y = _between(y_grid, cell_y, cell_x, part_y, part_x)
            if not (2 <= x < width - 4 and 2 <= y < height - 4):
                out[row, column] = 0.0
                out_variance[row, column] = 0.0
                out_mask[row, column] = edge
                continue
            left, low = math.floor(x), math.floor(y)
            along_x = table[int((x - left) * phases + 0.5)]
            along_y = table[int((y - low) * phases + 0.5)]
            total = 0.0
            for tap in range(6):
                line = 0.0
                for other in range(6):
                    line += along_x[other] * pixels[low - 2 + tap, left - 2 + other]
                total += along_y[tap] * line
            out[row, column] = total
            out_variance[row, column] = _between(variance, low, left, y - low, x - left)
            bits = mask[low, left] | mask[low, left + 1]
            out_mask[row, column] = bits | mask[low + 1, left] | mask[low + 1, left + 1]


@compiled
def convolve_cells(image: Pixels, kernels: Pixels, cell: int, out: Pixels) -> None:
    """Convolution with a kernel for each cell of `cell` pixels: (cells y, cells x, 2 h + 1, same).

    As a correlation with the kernel turned round: what a point source becomes is the kernel. Beyond
    the image there is nothing. One cell as large as the image is a plain convolution.
    """
    rows, columns = image.shape
    side = kernels.shape[2]
    half = side // 2
    for cell_y in range(kernels.shape[0]):
        for cell_x in range(kernels.shape[1]):
            begin, end = cell_x * cell, min((cell_x + 1) * cell, columns)
            for row in range(cell_y * cell, min((cell_y + 1) * cell, rows)):
                for column in range(begin, end):
                    out[row, column] = 0.0
                for k in range(side):
                    source = row + half - k
                    if source < 0 or source >= rows:
                        continue
                    for m in range(side):
                        weight = kernels[cell_y, cell_x, k, m]
                        away = half - m
                        first, last = max(begin, -away), min(end, columns - away)
                        for column in range(first, last):
                            out[row, column] += weight * image[source, column + away]


@compiled
def grown(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """A mask with all within so many rows and columns of it."""
    rows, columns = mask.shape
    across = np.zeros_like(mask)
    for row in range(rows):
        for column in range(columns):
            if mask[row, column]:
                for near in range(max(column - pixels, 0), min(column + pixels + 1, columns)):
                    across[row, near] = True
    out = np.zeros_like(mask)
    for row in range(rows):
        for near in range(max(row - pixels, 0), min(row + pixels + 1, rows)):
            for column in range(columns):
                if across[row, column]:
                    out[near, column] = True
    return out


@compiled
def radon(image: Floats, cosines: Floats, sines: Floats, sums: Floats, counts: Floats) -> None:
    """Sums along straight lines: (angles, distances from the middle, by whole pixels).

    A pixel that is NaN is not counted.
    """
    rows, columns = image.shape
    middle_y, middle_x, zero = (rows - 1) / 2, (columns - 1) / 2, sums.shape[1] // 2
    for row in range(rows):
        for column in range(columns):
            value = image[row, column]
            if not np.isfinite(value):
                continue
            for angle in range(len(cosines)):
                away = (column - middle_x) * cosines[angle] + (row - middle_y) * sines[angle]
                place = math.floor(away + zero + 0.5)
                sums[angle, place] += value
                counts[angle, place] += 1.0
