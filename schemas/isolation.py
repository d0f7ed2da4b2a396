"""Finds the rows of a batch that make foreign code raise, so that all others are answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch

Rows = NDArray[np.int64]


def isolate(
    batch: AlertBatch, run: Callable[[Rows, AlertBatch], None], *, runs_max: int
) -> Iterator[tuple[Rows, Exception]]:
    """Run over the whole batch; what raises is halved until the rows at fault stand alone.

    `run` is given rows and the part of the batch that they are. Yields rows at fault with what
    they raised; after `runs_max` runs the parts that still raise come whole, so that broken code
    costs a bounded time.
    """
    every = np.arange(len(batch))
    # The largest part first, so that most rows are answered should the runs be used up.
    waiting = deque(_raised(run, every, batch))
    runs = 1
    while waiting:
        rows, error = waiting.popleft()
        if len(rows) <= 1 or runs + 2 > runs_max:
            yield rows, error
            continue
        runs += 2
        for half in np.array_split(rows, 2):
            waiting.extend(_raised(run, half, batch.take(half)))


def _raised(
    run: Callable[[Rows, AlertBatch], None], rows: Rows, part: AlertBatch
) -> Iterator[tuple[Rows, Exception]]:
    try:
        run(rows, part)
    except Exception as error:  # foreign code may raise anything
        yield rows, error
