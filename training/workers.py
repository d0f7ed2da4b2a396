"""The same work done side by side in processes of their own, and seen to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")
CONSOLE = Console(stderr=True)


def shown(items: Iterable[T], doing: str, count: int | None = None) -> Iterator[T]:
    """The same items, with a bar on the standard error while they pass."""
    return iter(track(items, doing, total=count, console=CONSOLE, transient=True))


Job = TypeVar("Job")
Done = TypeVar("Done")


def each(
    run: Callable[[Job], Done], jobs: Iterable[Job], workers: int, doing: str, count: int
) -> Iterator[Done]:
    """What becomes of each of `count` jobs, in order, with a bar; with one worker, in this process.

    The same whatever `workers`.
    """
    return shown(_each(run, jobs, workers), doing, count)


def _each(run: Callable[[Job], Done], jobs: Iterable[Job], workers: int) -> Iterator[Done]:
    if workers == 1:
        yield from map(run, jobs)
        return
    # A fork would copy torch's threads half-way through what they do.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(run, jobs)
