"""Short texts of a batch as NumPy holds them; the compiled loop calls none of another file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled
from schemas.decoder import Ints

BLANK, LETTERS_END = 32, 127


def ascii_texts(
    buffer: NDArray[np.uint8], spans: Ints, letters_max: int, *, blanks: bool = False
) -> NDArray[np.str_]:
    """The texts at some spans, int64 (n, 2), begin and end; empty where one is not sound.

    Sound is what has at most so many letters, all printable ASCII and, but for `blanks`, no blank.
    """
    letters = np.zeros((len(spans), letters_max), np.uint32)
    fine = np.empty(len(spans), np.bool_)
    # One layout for all, so that the loop is compiled once, before the first alert.
    known = np.ascontiguousarray(spans)
    read_ascii(buffer, known, BLANK if blanks else BLANK + 1, letters, fine)
    letters[~fine] = 0
    return letters.view(f"U{letters_max}")[:, 0]


@compiled
def read_ascii(
    buffer: NDArray[np.uint8],
    spans: Ints,
    first: int,
    letters: NDArray[np.uint32],
    fine: NDArray[np.bool_],
) -> None:
    """Copy texts as code points into zeros, uint32 (n, width); fine: from `first` on, fitting."""
    for row in range(len(spans)):
        begin, length = spans[row, 0], spans[row, 1] - spans[row, 0]
        fine[row] = begin >= 0 and 0 < length <= letters.shape[1]
        for place in range(length if fine[row] else 0):
            letter = buffer[begin + place]
            fine[row] = fine[row] and first <= letter < LETTERS_END
            letters[row, place] = letter
