"""The values in an alert's annotation, written for a whole batch by one compiled loop.

What stands between the numbers is the same in all alerts. As Python's objects, a number each, they
took most of the time of encoding as soon as a few stages gave values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled
from schemas.learned import Learned
from schemas.wire import long_bytes, text_bytes

NUMBER_BYTES = 1 + 8
"""The union's branch, and a double."""

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def value_maps(learned: Mapping[str, Learned]) -> list[bytes]:
    """By alert, Avro's map of stages to maps of columns to a double, null for NaN.

    learned: one stage at least, of n alerts each, every one with a column.
    """
    texts = list(_between(learned))
    ends = np.cumsum([len(text) for text in texts])
    values = np.concatenate([each.values for each in learned.values()], axis=1).astype("<f8")
    numbers = values.view(np.uint8).reshape(*values.shape, 8)
    filled = np.empty(len(values) * (ends[-1] + NUMBER_BYTES * values.shape[1]), np.uint8)
    begins = np.zeros(len(values) + 1, np.int64)
    constant = np.frombuffer(b"".join(texts), np.uint8), ends
    _fill(constant, np.isnan(values), numbers, filled, begins)
    whole = filled[: begins[-1]].tobytes()
    return [whole[begin:end] for begin, end in pairwise(begins.tolist())]


def warm_up() -> None:
    """Compile, or load what was compiled before."""
    value_maps({"": Learned("values", ("",), np.zeros((1, 1)))})


def _between(learned: Mapping[str, Learned]) -> Iterator[bytes]:
    """What stands before each number, and after the last one."""
    before = long_bytes(len(learned))
    for name, each in learned.items():
        assert each.columns, f"{name} has no columns"
        before += text_bytes(name) + long_bytes(len(each.columns))
        for column in each.columns:
            yield before + text_bytes(column)
            before = b""
        before = b"\0"
    yield before + b"\0"


@compiled
def _fill(
    constant: tuple[Bytes, Ints],
    is_null: NDArray[np.bool_],
    numbers: Bytes,
    filled: Bytes,
    begins: Ints,
) -> None:
    """Fill bytes of one alert after another, and where each begins."""
    (texts, ends), at = constant, 0
    for row in range(len(numbers)):
        begin = 0
        for cell in range(len(ends)):
            for place in range(begin, ends[cell]):
                filled[at] = texts[place]
                at += 1
            begin = ends[cell]
            if cell == len(ends) - 1:
                break
            filled[at] = 0 if is_null[row, cell] else 2
            at += 1
            if not is_null[row, cell]:
                for place in range(8):
                    filled[at + place] = numbers[row, cell, place]
                at += 8
        begins[row + 1] = at
