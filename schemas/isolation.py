"""Finds the rows of a batch that make foreign code raise, so that all others are answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Divisible(Protocol):
    """Rows that can be taken apart: `AlertBatch`, and whatever else a filter runs on."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def take(self, rows: Rows, /) -> Self:
        """Some of them, in the order given."""
        ...


Part = TypeVar("Part", bound=Divisible)


def isolate(
    batch: Part, run: Callable[[Rows, Part], None], *, runs_max: int
) -> Iterator[tuple[Rows, Exception]]:
    """Run over the whole batch; what raises is halved until the rows at fault stand alone.

    `run` is given rows and the part of the batch that they are. Yields rows at fault with what
    they raised; after `runs_max` runs the parts that still raise come whole, so that broken code
    costs a bounded time. Raises MemoryError where even one row wants more than there is: that is
    no row's fault, and to leave out what was not worked out would be to publish something else.
    """
    every = np.arange(len(batch))
    # The largest part first, so that most rows are answered should the runs be used up.
    waiting = deque(_raised(run, every, batch))
    runs = 1
    while waiting:
        rows, error = waiting.popleft()
        if len(rows) <= 1 or runs + 2 > runs_max:
            if isinstance(error, MemoryError):
                raise error
            yield rows, error
            continue
        runs += 2
        for half in np.array_split(rows, 2):
            waiting.extend(_raised(run, half, batch.take(half)))


def _raised(
    run: Callable[[Rows, Part], None], rows: Rows, part: Part
) -> Iterator[tuple[Rows, Exception]]:
    try:
        run(rows, part)
    except Exception as error:  # foreign code may raise anything
        yield rows, error
