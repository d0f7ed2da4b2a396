"""FITS stamps to float32, for a whole batch: what astropy gives, without its price.

Per plane: inflate (ISA-L), know the header by its bytes, take a view; one conversion from
big-endian for all. A stamp that cannot be read is a flag, never an exception.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.fits import PlaneReader, StampLimits
from schemas.resampling import resample, squared

DIFFERENCE = 2
"""The difference's place among the planes (`batch.PLANES`)."""


class StampFlag(IntFlag):
    """What is particular about one plane."""

    MISSING = 1
    """The survey sent none."""
    UNREADABLE = 2
    """It sent something that is no FITS image within the limits."""
    EDGE_CUT = 4
    """Not square: cut at the edge of the detector."""
    HAS_NAN = 8
    CONSTANT = 16
    """All pixels that are not NaN are equal, or none is left."""


@dataclass(frozen=True)
class Stamps:
    """Three planes a row, in the order and with the sign of `batch.PLANES`, at native size.

    Ragged: plane p of row r is number 3 r + p, and its pixels lie at
    [offsets[number], offsets[number + 1]), row by row. A plane that is missing or unreadable
    has none.
    """

    pixels: NDArray[np.float32]
    offsets: NDArray[np.int64]
    """(3 n + 1)"""
    shapes: NDArray[np.int64]
    """(n, 3, 2): rows and columns; 0 and 0 where there is no plane."""
    unreadable: NDArray[np.bool_]
    """(n, 3)"""

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, row: int) -> tuple[NDArray[np.float32], ...]:
        """The three planes of a row; a missing one has shape (0, 0)."""
        row = range(len(self))[row]
        return tuple(self._plane(3 * row + plane) for plane in range(3))

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], ...]]:
        return (self[row] for row in range(len(self)))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Bool (n, 3): no plane to look at, not sent or unreadable."""
        missing: NDArray[np.bool_] = self.shapes[:, :, 0] == 0
        return missing

    @cached_property
    def flags(self) -> NDArray[np.uint8]:
        """`StampFlag` of each plane, uint8 (n, 3)."""
        present = ~self.missing
        flags = _flag(~present & ~self.unreadable, StampFlag.MISSING)
        flags |= _flag(self.unreadable, StampFlag.UNREADABLE)
        flags |= _flag(self.shapes[:, :, 0] != self.shapes[:, :, 1], StampFlag.EDGE_CUT)
        if present.any():
            flags[present] |= _pixel_flags(self.pixels, self.offsets[:-1][present.ravel()])
        return flags

    def resampled(self, pixels: int = 63) -> NDArray[np.float32]:
        """All planes at one size, float32 (n, 3, pixels, pixels); not to be written to.

        A plane of that size is as sent, and so no copy where all are. An edge-cut plane is first
        padded with NaN (`resampling.squared`), others are interpolated (`resampling.resample`).
        A missing plane is all NaN.
        """
        if np.all(self.shapes == pixels):
            return self.pixels.reshape(len(self), 3, pixels, pixels)
        result = np.empty((3 * len(self), pixels, pixels), np.float32)
        sides = self.shapes.reshape(-1, 2)
        native = np.all(sides == pixels, axis=1)
        for number in np.flatnonzero(native).tolist():
            result[number] = self._plane(number)
        result[sides[:, 0] == 0] = np.nan
        self._resample(np.where(native, 0, sides.max(axis=1)), result)
        return result.reshape(len(self), 3, pixels, pixels)

    def _resample(self, sides: NDArray[np.int64], result: NDArray[np.float32]) -> None:
        """Fill in the planes of these sides (3 n); a side of 0 is left as it is."""
        pixels = result.shape[-1]
        for side in np.unique(sides[sides > 0]).tolist():
            numbers = np.flatnonzero(sides == side)
            cube = np.stack([self._square(number) for number in numbers.tolist()])
            result[numbers] = cube if side == pixels else resample(cube, pixels)

    def _plane(self, number: int) -> NDArray[np.float32]:
        shape = self.shapes[number // 3, number % 3]
        return self.pixels[self.offsets[number] : self.offsets[number + 1]].reshape(shape)

    def _square(self, number: int) -> NDArray[np.float32]:
        plane = self._plane(number)
        if plane.shape[0] == plane.shape[1]:
            return plane
        difference = self._plane(number // 3 * 3 + DIFFERENCE)
        return squared(plane, difference if difference.shape == plane.shape else plane)


def read_stamps(
    buffer: NDArray[np.uint8],
    spans: NDArray[np.int64],
    limits: StampLimits | None = None,
    *,
    difference_reversed: NDArray[np.bool_] | None = None,
) -> Stamps:
    """Read the FITS files that lie at `spans`, int64 (n, 3, 2), of `buffer`.

    A span is begin and end in bytes; -1 or an empty one is a missing plane. The difference
    changes its sign in the rows of `difference_reversed`, bool (n,); None: in no row.
    """
    reader, whole = PlaneReader(limits or StampLimits()), buffer.data
    # One growing buffer: each inflated file is let go at once, and its memory used again.
    joined, shapes = bytearray(), []
    for begin, end in spans.reshape(-1, 2).tolist():
        plane = reader.read(whole[begin:end]) if 0 <= begin < end else None
        shapes.append(plane.shape if plane else (0, 0))
        joined += plane.big_endian if plane else b""
    sent = (spans[:, :, 0] >= 0) & (spans[:, :, 1] > spans[:, :, 0])
    stamps = _stamps(joined, np.array(shapes, np.int64).reshape(-1, 3, 2), sent)
    if difference_reversed is not None:
        _turn_round(stamps, np.flatnonzero(difference_reversed))
    return stamps


def _stamps(joined: bytearray, shapes: NDArray[np.int64], sent: NDArray[np.bool_]) -> Stamps:
    pixels = np.frombuffer(joined, np.float32)
    if sys.byteorder == "little":
        pixels.byteswap(inplace=True)
    offsets = np.concatenate(([0], np.cumsum(shapes.prod(axis=2).ravel())))
    return Stamps(pixels, offsets, shapes, sent & (shapes[:, :, 0] == 0))


def _turn_round(stamps: Stamps, rows: NDArray[np.int64]) -> None:
    """Change the sign of the difference in some rows, in place."""
    for number in (3 * rows + DIFFERENCE).tolist():
        plane = stamps.pixels[stamps.offsets[number] : stamps.offsets[number + 1]]
        np.negative(plane, out=plane)


def _pixel_flags(pixels: NDArray[np.float32], begins: NDArray[np.int64]) -> NDArray[np.uint8]:
    """HAS_NAN and CONSTANT of the planes that begin there and together fill `pixels`."""
    has_nan = np.isnan(np.minimum.reduceat(pixels, begins))
    lowest, highest = np.fmin.reduceat(pixels, begins), np.fmax.reduceat(pixels, begins)
    constant = (lowest == highest) | np.isnan(lowest)
    return _flag(has_nan, StampFlag.HAS_NAN) | _flag(constant, StampFlag.CONSTANT)


def _flag(where: NDArray[np.bool_], flag: StampFlag) -> NDArray[np.uint8]:
    return np.where(where, np.uint8(flag), np.uint8(0))
