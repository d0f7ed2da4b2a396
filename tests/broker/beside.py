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

    def wait(self) -> None:
        """It is over."""


class Awaited:
    """A step that is carried out once somebody waits for it; as `broker.publishing.Pending`."""

    def __init__(self, step: Callable[[], float]) -> None:
        self._step = step
        self._over: Future[float] | None = None

    def done(self) -> bool:
        """It would be, were it waited for."""
        return True

    def carried_out(self) -> Future[float]:
        """It is over, whatever came of it."""
        if self._over is None:
            self._over = AtOnce().submit(self._step)
        return self._over

    def result(self) -> float:
        """Carry it out."""
        return self.carried_out().result()

    def exception(self) -> BaseException | None:
        """Never waited for: the process died before it was."""
        return None


class AtTheEnd:
    """The transaction opens when the next batch has been polled and processed.

    Whoever gives partitions back waits for it as long as may be, and in vain.
    """

    def __init__(self) -> None:
        self.last: Awaited | None = None

    def submit(self, step: Callable[[], float], /) -> Awaited:
        """Carry it out once somebody asks what came of it."""
        self.last = Awaited(step)
        return self.last

    def wait(self) -> None:
        """Not for that long."""


class AtRelease(AtTheEnd):
    """The same, but where partitions are given back before: then it is over by then."""

    def wait(self) -> None:
        """Carry it out."""
        if self.last is not None:
            self.last.carried_out()
