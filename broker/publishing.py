"""What carries a transaction out beside the loop: a thread, or in tests what stands for one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Final, Protocol

SWITCH_S: Final = 0.0005
"""How long the loop may keep Python to itself while the thread that publishes has an answer of
Kafka's: it waits for it some six times a transaction. Python's own 5 ms add to each of them."""


class Pending(Protocol):
    """A step that was handed over, as `concurrent.futures.Future` has it."""

    def done(self) -> bool:
        """Whether it is over."""
        ...

    def result(self) -> float:
        """What it gives, once it is over; raises what it raised."""
        ...

    def exception(self) -> BaseException | None:
        """What it raised, once it is over."""
        ...


class Publishing(Protocol):
    """One step at a time, in order."""

    def submit(self, step: Callable[[], float], /) -> Pending:
        """Have it carried out."""
        ...

    def wait(self) -> None:
        """Return once nothing is carried out any more, or after a time; raises nothing of it.

        Whoever gives partitions back waits here: what was read of them can be committed before,
        and by nobody after.
        """
        ...


class PublishingThread:
    """A `Publishing` whose steps a thread carries out.

    wait_s_max: how long `wait` may take.
    """

    def __init__(self, wait_s_max: float) -> None:
        sys.setswitchinterval(SWITCH_S)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")
        self._wait_s_max = wait_s_max
        self._last: Future[float] | None = None

    def submit(self, step: Callable[[], float], /) -> Future[float]:
        """Have it carried out."""
        self._last = self._thread.submit(step)
        return self._last

    def wait(self) -> None:
        """See Publishing."""
        if self._last is not None:
            wait_for([self._last], self._wait_s_max)
