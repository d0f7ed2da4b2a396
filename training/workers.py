"""The same work done side by side in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


def each(run: Callable[[Job], Done], jobs: Iterable[Job], workers: int) -> Iterator[Done]:
    """What becomes of each job, in order; with one worker, in this process."""
    if workers == 1:
        yield from map(run, jobs)
        return
    # A fork would copy torch's threads half-way through what they do.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(run, jobs)
