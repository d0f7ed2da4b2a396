"""Times several scorers in turn, so that a busy machine slows them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
BATCHES = (1, 32, 256)
"""Alerts a call: of a quiet stream, of the project's promise, of a stream that is behind."""
ALERTS = max(BATCHES)
"""That each scorer sees in each round and at each size of batch."""
ROUNDS = 15
"""Odd, so that a median is one that was measured."""


def medians_us(
    scorers: Mapping[str, Scorer], rows: NDArray[np.float32], rounds: int = ROUNDS
) -> dict[str, dict[int, float]]:
    """CPU microseconds an alert, by scorer and size of batch: the median over the rounds.

    Rows (n, ...) come again from the first where there are fewer than ALERTS. Each
    round begins with another scorer. A thread that a scorer starts is counted too.
    """
    rows = np.resize(rows, (ALERTS, *rows.shape[1:]))
    names = list(scorers)
    for score in scorers.values():
        score(rows)  # what a first call allocates is no alert's
    taken: dict[str, dict[int, list[float]]] = {name: {b: [] for b in BATCHES} for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            for batch in BATCHES:
                taken[name][batch].append(_us(scorers[name], rows, batch))
    return {
        name: {batch: float(np.median(times)) for batch, times in by_batch.items()}
        for name, by_batch in taken.items()
    }


def _us(score: Scorer, rows: NDArray[np.float32], batch: int) -> float:
    began = time.process_time()
    for begin in range(0, len(rows), batch):
        score(rows[begin : begin + batch])
    return (time.process_time() - began) / len(rows) * 1e6
