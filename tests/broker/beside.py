"""What stands for the thread that publishes: a batch's transaction at one extreme or the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future


class AtOnce:
    """The transaction is over before the next poll, and is told of after it."""

    def submit(self, step: Callable[[], float], /) -> Future[float]:
        """Carry it out; a kill (no Exception) is the process's."""
        over: Future[float] = Future()
        try:
            over.set_result(step())
        except Exception as error:
            over.set_exception(error)
        return over


class AtTheEnd:
    """The transaction opens when the next batch has been polled and processed."""

    def submit(self, step: Callable[[], float], /) -> AtTheEnd.Awaited:
        """Carry it out once somebody waits for it."""
        return self.Awaited(step)

    class Awaited:
        """As `broker.publishing.Pending`."""

        def __init__(self, step: Callable[[], float]) -> None:
            self._step = step

        def done(self) -> bool:
            """It would be, were it waited for."""
            return True

        def result(self) -> float:
            """Carry it out."""
            return self._step()

        def exception(self) -> BaseException | None:
            """Never waited for: the process died before it was."""
            return None
