"""Stamps of any size to the one that a network reads, with the source kept in the middle."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SOURCE_BOX_PIXELS = 5
"""Side of the box in which a source's light is looked for."""
VALID_WEIGHT_MIN = 0.5
"""A new pixel is NaN where less than this share of its weight lies on finite pixels."""


def resample(cube: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Images (k, side, side) to (k, pixels, pixels), by scikit-image's `resize`.

    Linear interpolation, after a Gaussian against aliasing where the image shrinks. Surface
    brightness is kept, so a sum over pixels is not. A pixel that is not finite takes no part; a
    new pixel that rests on too few others is NaN.
    """
    operator, finite = _operator(cube.shape[-1], pixels), np.isfinite(cube)
    total = operator @ np.where(finite, cube, 0.0).astype(np.float64) @ operator.T
    if finite.all():
        return total.astype(np.float32)
    weight = operator @ finite.astype(np.float64) @ operator.T
    valid = weight >= VALID_WEIGHT_MIN
    return np.where(valid, total / np.where(valid, weight, 1.0), np.nan).astype(np.float32)


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
