"""What stands for the threads that work beside a loop: at once, or when the test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any


class AtOnce(Executor):
    """Everything is done before anybody looks."""

    def submit(self, step: Callable[..., Any], /, *asked: object, **more: object) -> Future[Any]:
        found = Future[Any]()
        found.set_result(step(*asked, **more))
        return found


class Slow(Executor):
    """What is submitted waits until it is let go."""

    def __init__(self) -> None:
        self._steps = deque[tuple[Future[Any], Callable[..., Any]]]()

    def submit(self, step: Callable[..., Any], /, *asked: object, **more: object) -> Future[Any]:
        self._steps.append((Future[Any](), partial(step, *asked, **more)))
        return self._steps[-1][0]

    def go_on(self) -> None:
        """Have the first that waits done."""
        found, step = self._steps.popleft()
        found.set_result(step())
