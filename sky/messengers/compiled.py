"""The loop that finds the pixel of a map in which a place lies, a few nanoseconds each."""

# ruff: noqa: PLR0917 - numba passes arguments by position
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Ints = NDArray[np.int64]


@compiled
def find_pixels(
    cells: Ints, shift: int, buckets: NDArray[np.int32], starts: Ints, ends: Ints, found: Ints
) -> None:
    """Fill `found` (n,) with each cell's pixel, -1 where there is none.

    Pixels rise, from `starts` to before `ends` (pixels,). `buckets` is, for each coarse cell
    (a cell >> shift), the last pixel that starts at or before it, and one entry more.
    """
    for row in range(len(cells)):
        cell = cells[row]
        bucket = cell >> shift
        low, high = np.int64(buckets[bucket]), np.int64(buckets[bucket + 1])
        while low < high:
            middle = (low + high + 1) >> 1
            if starts[middle] <= cell:
                low = middle
            else:
                high = middle - 1
        found[row] = low if low >= 0 and starts[low] <= cell < ends[low] else -1
