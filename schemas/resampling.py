"""Stamps of any size to the one that a network reads, with the source kept in the middle."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

SOURCE_BOX_PIXELS = 5
"""Side of the box in which a source's light is looked for."""
VALID_WEIGHT_MIN = 0.5
"""A new pixel is NaN where less than this share of its weight lies on finite pixels."""

Band = tuple[NDArray[np.int64], NDArray[np.float64]]
"""What is not zero of a matrix: where it begins in each row (pixels,), and (pixels, taps)."""


def resample(cube: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Images (k, side, side) to (k, pixels, pixels), by scikit-image's `resize`.

    Linear interpolation, after a Gaussian against aliasing where the image shrinks. Surface
    brightness is kept, so a sum over pixels is not. A pixel that is not finite takes no part; a
    new pixel that rests on too few others is NaN.
    """
    result = np.empty((len(cube), pixels, pixels), np.float32)
    _interpolate(cube, _band(cube.shape[-1], pixels), VALID_WEIGHT_MIN, result)
    return result


def warm_up(pixels: int) -> None:
    """Compile, or load what was compiled before, ahead of the first stamp of another size."""
    resample(np.zeros((1, pixels - 1, pixels - 1), np.float32), pixels)


@compiled
def _interpolate(
    cube: NDArray[np.float32],
    band: Band,
    valid_min: float,
    result: NDArray[np.float32],
) -> None:
    """Rows, then columns; beside the values the share of the weight that lies on finite pixels."""
    side, pixels = cube.shape[1], result.shape[1]
    known, values = np.empty((side, side)), np.empty((side, side))
    half, turned = np.empty((pixels, side)), np.empty((side, pixels))
    new, share = np.empty((pixels, pixels)), np.ones((pixels, pixels))
    for image in range(len(cube)):
        holes = 0
        for row in range(side):
            for column in range(side):
                value = cube[image, row, column]
                finite = np.isfinite(value)
                holes += not finite
                known[row, column] = 1.0 if finite else 0.0
                values[row, column] = value if finite else 0.0
        _along_both(values, band, half, turned, new)
        if holes:
            _along_both(known, band, half, turned, share)
        for row in range(pixels):
            for column in range(pixels):
                value = new[column, row]
                if holes:
                    part = share[column, row]
                    value = value / part if part >= valid_min else np.nan
                result[image, row, column] = value


@compiled
def _along_both(
    values: NDArray[np.float64],
    band: Band,
    half: NDArray[np.float64],
    turned: NDArray[np.float64],
    new: NDArray[np.float64],
) -> None:
    """Rows and columns of the new image change places."""
    _along_rows(values, band, half)
    for row in range(len(half)):
        for column in range(len(turned)):
            turned[column, row] = half[row, column]
    _along_rows(turned, band, new)


@compiled
def _along_rows(
    values: NDArray[np.float64],
    band: Band,
    new: NDArray[np.float64],
) -> None:
    first, weights = band
    for row in range(len(new)):
        new[row] = 0.0
        for tap in range(weights.shape[1]):
            weight, source = weights[row, tap], values[first[row] + tap]
            for column in range(len(source)):
                new[row, column] += weight * source[column]


@lru_cache(maxsize=64)
def _band(side: int, pixels: int) -> Band:
    """Of `_operator`."""
    operator = _operator(side, pixels)
    first = (operator != 0).argmax(axis=1)
    last = side - (operator[:, ::-1] != 0).argmax(axis=1)
    taps = int((last - first).max())
    first = np.minimum(first, side - taps)
    return first, np.take_along_axis(operator, first[:, None] + np.arange(taps), axis=1)


@lru_cache(maxsize=64)
def _operator(side: int, pixels: int) -> NDArray[np.float64]:
    """`resize` along one axis, as the matrix (pixels, side) that it is.

    Linear interpolation is separable, so images of one size need the library once.
    """
    # Imported late: it takes most of a second, and native 63x63 stamps never need it.
    from skimage.transform import resize  # noqa: PLC0415

    shrinks = pixels < side
    matrix: NDArray[np.float64] = resize(
        np.eye(side), (pixels, side), order=1, mode="edge", anti_aliasing=shrinks
    )
    return matrix


def squared(image: NDArray[np.float32], guide: NDArray[np.float32]) -> NDArray[np.float32]:
    """An image cut at a detector's edge, padded with NaN to a square, its source in the middle.

    The header does not say which side was cut. The source does: it lies at the middle of the
    uncut stamp, so at the middle pixel counted from the side that was not cut. `guide`, of the
    same shape, is the plane in which it is looked for. Of the 29 edge-cut ZTF alerts at hand,
    the difference plane finds the side that `xpos` and `ypos` tell in all.
    """
    side = max(image.shape)
    square = np.full((side, side), np.nan, np.float32)
    top, left = _corner(guide, side)
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square


def _corner(guide: NDArray[np.float32], side: int) -> tuple[int, int]:
    """Rows and columns to leave before the image: those under which the source stands out most."""
    tops, lefts = ((0, side - length) if length < side else (0,) for length in guide.shape)
    corners = [(top, left) for top in tops for left in lefts]
    deviation = np.abs(guide - _median(guide))
    return max(corners, key=lambda corner: _light(deviation, side // 2, corner))


def _median(image: NDArray[np.float32]) -> float:
    finite = image[np.isfinite(image)]
    return float(np.median(finite)) if len(finite) else 0.0


def _light(deviation: NDArray[np.float32], middle: int, corner: tuple[int, int]) -> float:
    """Mean absolute deviation in the box where the source would be; -1 where nothing is."""
    half = SOURCE_BOX_PIXELS // 2
    begins = [middle - left_out - half for left_out in corner]
    rows, columns = (slice(max(begin, 0), max(begin + 2 * half + 1, 0)) for begin in begins)
    box = deviation[rows, columns]
    finite = box[np.isfinite(box)]
    return float(finite.mean(dtype=np.float64)) if len(finite) else -1.0
