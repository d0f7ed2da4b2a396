"""What tests run beside themselves: a job in a thread, and a wait for what it brings about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any, Protocol

from broker.observer import BatchReport, Observers
from broker.runner import Runner

PATIENCE_S = 60.0


@contextmanager
def running(runner: Runner[Any]) -> Iterator[Thread]:
    """A job at its work, in a thread of its own."""
    thread = Thread(target=runner.run)
    thread.start()
    try:
        yield thread
    finally:
        runner.stop()
        thread.join(PATIENCE_S)


def until(condition: Callable[[], bool], *, limit_s: float = 120.0, look_s: float = 0.02) -> None:
    """Return once it holds."""
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it does not come"
        time.sleep(look_s)


def until_none(left: Callable[[], int], *, look_s: float = 0.5) -> None:
    """Return once none are left; how long that takes is the machine's, if only it gets on."""
    while now := left():
        until(partial(lambda before: left() != before, now), look_s=look_s)


class Stopped(Protocol):
    """What can be told to stop."""

    def stop(self) -> None: ...


class Enough(Observers[Any]):
    """Stops its worker once that has taken so many messages."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count
        self.worker: Stopped | None = None

    def on_batch(self, report: BatchReport[Any]) -> None:
        self._left -= report.entry.consumed
        if self._left <= 0:
            assert self.worker is not None
            self.worker.stop()
