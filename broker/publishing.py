"""What carries a transaction out beside the loop: a thread, or in tests what stands for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


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
    """One step at a time, in order; `ThreadPoolExecutor(1)` is one."""

    def submit(self, step: Callable[[], float], /) -> Pending:
        """Have it carried out."""
        ...
