"""FITS stamps to float32, for a whole batch: what astropy gives, without its price.

Per plane: inflate, know the header by its bytes, and put the pixels where the network reads them,
turned from big-endian on the way. A stamp that cannot be read is a flag, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.fits import PlaneReader, StampLimits
from schemas.resampling import resample, squared

DIFFERENCE = 2
"""The difference's place among the planes (`batch.PLANES`)."""
NATIVE_PIXELS = 63
"""Side of a whole stamp of ZTF's, and of what the network reads."""
NO_PLANE = np.empty((0, 0), np.float32)


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

    Plane p of row r is number 3 r + p.
    """

    slots: NDArray[np.float32]
    """(3 n, NATIVE_PIXELS, NATIVE_PIXELS): the planes of that size. Whatever else is there is for
    `resampled` to fill."""
    others: Mapping[int, NDArray[np.float32]]
    """By number: the planes of another size. One that is missing or unreadable is nowhere."""
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
        seen = [self._plane(number) for number in np.flatnonzero(present).tolist()]
        flags[present] |= np.array([_pixel_flags(plane) for plane in seen], np.uint8)
        return flags

    def resampled(self, pixels: int = NATIVE_PIXELS) -> NDArray[np.float32]:
        """All planes at one size, float32 (n, 3, pixels, pixels); not to be written to.

        A plane of that size is as sent, and at NATIVE_PIXELS no copy. An edge-cut plane is first
        padded with NaN (`resampling.squared`), others are interpolated (`resampling.resample`).
        A missing plane is all NaN.
        """
        if pixels == NATIVE_PIXELS:
            return self._native
        result = np.empty((3 * len(self), pixels, pixels), np.float32)
        self._fill(result, np.zeros(3 * len(self), np.bool_))
        return result.reshape(len(self), 3, pixels, pixels)

    @cached_property
    def _native(self) -> NDArray[np.float32]:
        self._fill(self.slots, np.all(self.shapes.reshape(-1, 2) == NATIVE_PIXELS, axis=1))
        return self.slots.reshape(len(self), 3, NATIVE_PIXELS, NATIVE_PIXELS)

    def _fill(self, result: NDArray[np.float32], filled: NDArray[np.bool_]) -> None:
        """Make all planes (3 n) of one size that are not there yet."""
        longest = self.shapes.reshape(-1, 2).max(axis=1)
        result[longest == 0] = np.nan
        self._resample(np.where(filled, 0, longest), result)

    def _resample(self, sides: NDArray[np.int64], result: NDArray[np.float32]) -> None:
        """Fill in the planes of these sides (3 n); a side of 0 is left as it is."""
        pixels = result.shape[-1]
        for side in np.unique(sides[sides > 0]).tolist():
            numbers = np.flatnonzero(sides == side)
            cube = np.stack([self._square(number) for number in numbers.tolist()])
            result[numbers] = cube if side == pixels else resample(cube, pixels)

    def _plane(self, number: int) -> NDArray[np.float32]:
        if number in self.others:
            return self.others[number]
        return self.slots[number] if self.shapes[number // 3, number % 3, 0] else NO_PLANE

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
    slots = np.empty((spans.size // 2, NATIVE_PIXELS, NATIVE_PIXELS), np.float32)
    others, shapes = dict[int, NDArray[np.float32]](), list[tuple[int, int]]()
    for number, (begin, end) in enumerate(spans.reshape(-1, 2).tolist()):
        plane = reader.read(whole[begin:end]) if 0 <= begin < end else NO_PLANE
        shapes.append(NO_PLANE.shape if plane is None else plane.shape)
        if shapes[-1] == slots.shape[1:]:
            slots[number] = plane
        elif plane is not None and plane.size:
            others[number] = plane.astype(np.float32)
    sent = (spans[:, :, 0] >= 0) & (spans[:, :, 1] > spans[:, :, 0])
    sides = np.array(shapes, np.int64).reshape(-1, 3, 2)
    stamps = Stamps(slots, others, sides, sent & (sides[:, :, 0] == 0))
    if difference_reversed is not None:
        _turn_round(stamps, np.flatnonzero(difference_reversed))
    return stamps


def _turn_round(stamps: Stamps, rows: NDArray[np.int64]) -> None:
    """Change the sign of the difference in some rows, in place."""
    for row in rows.tolist():
        difference = stamps[row][DIFFERENCE]
        np.negative(difference, out=difference)


def _pixel_flags(plane: NDArray[np.float32]) -> int:
    """HAS_NAN and CONSTANT of one plane."""
    known = plane[~np.isnan(plane)]
    constant = not known.size or known.min() == known.max()
    holed = known.size < plane.size
    return (StampFlag.HAS_NAN if holed else 0) | (StampFlag.CONSTANT if constant else 0)


def _flag(where: NDArray[np.bool_], flag: StampFlag) -> NDArray[np.uint8]:
    return np.where(where, np.uint8(flag), np.uint8(0))
