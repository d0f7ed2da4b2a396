"""What makes a batch raise is found row by row; that memory is short is no row's fault."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.isolation import isolate


class Numbers:
    """Rows that are numbers."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[np.int64], /) -> Numbers:
        return Numbers(self.numbers[rows])


def test_a_batch_that_wants_too_much_at_once_is_run_in_parts() -> None:
    answered = list[int]()

    def run(_: NDArray[np.int64], part: Numbers) -> None:
        if len(part) > 2:
            raise MemoryError
        answered.extend(part.numbers.tolist())

    assert not [*isolate(Numbers(np.arange(9)), run, runs_max=100)]
    assert sorted(answered) == [*range(9)]


@pytest.mark.parametrize("runs_max", [1, 100])
def test_a_row_that_finds_no_memory_is_not_left_out(runs_max: int) -> None:
    def run(_: NDArray[np.int64], part: Numbers) -> None:
        if 3 in part.numbers:
            raise MemoryError("too little")

    with pytest.raises(MemoryError, match="too little"):
        list(isolate(Numbers(np.arange(5)), run, runs_max=runs_max))
