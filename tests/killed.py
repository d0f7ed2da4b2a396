"""Jobs in memory that die where a test says: the death, what brings it, what sees it through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broker.memory import MemorySink, MemorySource
from broker.observer import BatchReport, Observers, Phase
from broker.runner import Runner

IDLE_POLLS_MAX = 40


class Killed(BaseException):
    """What `kill -9` looks like from within."""


class Doom:
    """Lets so many things be done and kills at each that follows; of None it never does."""

    def __init__(self, after: int | None) -> None:
        self._left = after

    @property
    def has_struck(self) -> bool:
        return self._left is not None and self._left < 0

    def __call__(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Killed

    def before(self, call: Callable[..., object]) -> Callable[..., object]:
        """The call, as one of the things that are done."""

        def then(*given: object, **named: object) -> object:
            self()
            return call(*given, **named)

        return then


class Watch(Observers[Any]):
    """Kills a job at the n-th phase, or stops it when it has found nothing to do for a while."""

    def __init__(self, phases: int) -> None:
        super().__init__()
        self._phases, self._polls = phases, 0
        self._runner: Runner[Any] | None = None

    def live(self, runner: Runner[Any], source: MemorySource, sink: MemorySink) -> None:
        """Have the job that this observes run to its end, whichever it is."""
        self._runner = runner
        try:
            runner.run()
        except Killed:
            sink.kill()
            source.kill()

    def on_phase(self, phase: Phase) -> None:
        self._phases -= 1
        if self._phases == 0:
            raise Killed
        self._polls += phase is Phase.POLLING
        if self._polls > IDLE_POLLS_MAX and self._runner is not None:
            self._runner.stop()

    def on_batch(self, report: BatchReport[Any]) -> None:
        self._polls = 0
