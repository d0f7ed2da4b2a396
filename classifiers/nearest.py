"""The compiled loop that finds the nearest of a labelled set, by cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Singles = NDArray[np.float32]
Ints = NDArray[np.int64]


@compiled
def fill_nearest(asked: Singles, known: Singles, own: Ints, places: Ints, cosine: Singles) -> None:
    """Fill places and cosines (n, k), the likest first, of vectors (n, w), w a multiple of 4.

    known: (w, m), a column a vector; own: (n,), the one that is never found, or -1. Each alert's
    sums are taken in the same order, whatever stands beside it.
    """
    width, count = known.shape
    wanted = places.shape[1]
    said = np.empty(count, np.float32)
    for one in range(len(asked)):
        said[:] = 0
        for at in range(0, width, 4):
            a, b, c, d = asked[one, at], asked[one, at + 1], asked[one, at + 2], asked[one, at + 3]
            for place in range(count):
                said[place] += (
                    a * known[at, place]
                    + b * known[at + 1, place]
                    + c * known[at + 2, place]
                    + d * known[at + 3, place]
                )
        if own[one] >= 0:
            said[own[one]] = -np.inf
        for rank in range(wanted):
            places[one, rank], cosine[one, rank] = -1, -np.inf
        for place in range(count):
            if said[place] > cosine[one, wanted - 1]:
                rank = wanted - 1
                while rank > 0 and said[place] > cosine[one, rank - 1]:
                    places[one, rank] = places[one, rank - 1]
                    cosine[one, rank] = cosine[one, rank - 1]
                    rank -= 1
                places[one, rank], cosine[one, rank] = place, said[place]
