"""Workers of one group, each in a process of its own, over one input: what they take of it, timed.

They begin at once, warm, and what is counted begins when each has committed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from multiprocessing import Queue, get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from typing import NamedTuple

from benchmarks.whole_path import Lap, Stopwatch, run_worker
from broker.observer import Phase
from broker.settings import Settings
from gueststar.allocator import keep_freed_memory
from schemas.errors import BrokerError

ServerClock = Callable[[], float]
"""CPU seconds of Kafka's process so far; it is sent to the workers' processes."""


class Shared(NamedTuple):
    """What the workers know of one another."""

    begin: Barrier
    done: Synchronized[int]
    """Alerts that were committed."""
    watches: Queue[Noted]


class Noted(NamedTuple):
    """Of one worker's commits, in order."""

    alerts: list[int]
    walls: list[float]
    cpus: list[float]
    servers: list[float]


class Together(Stopwatch):
    """That of one of several workers, who begin at once, and are done once all are."""

    def __init__(self, alerts_max: int, shared: Shared, server_s: ServerClock) -> None:
        super().__init__(alerts_max, server_s=server_s)
        self._begin, self._done, _ = shared

    def on_phase(self, phase: Phase) -> None:
        """Warm by now."""
        if phase is Phase.JOINING:
            self._begin.wait()

    def note(self, alerts: int, steps_s: Mapping[str, float]) -> None:
        super().note(alerts, steps_s)
        with self._done:
            self._done.value += alerts

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """As where partitions go to the other in the middle of a transaction."""

    @property
    def is_done(self) -> bool:
        return self._done.value >= self.alerts_max


def together(settings: Settings, alerts: int, workers: int, server: ServerClock) -> Lap:
    """So many workers over the whole input of so many alerts."""
    spawn = get_context("spawn")
    shared = Shared(spawn.Barrier(workers), spawn.Value("q", 0), spawn.Queue())
    names = [f"worker-{number}" for number in range(workers)]
    started = [
        spawn.Process(target=_share, args=(settings, name, alerts, shared, server))
        for name in names
    ]
    for each in started:
        each.start()
    noted = [shared.watches.get() for _ in started]
    for each in started:
        each.join()
    return joined(noted)


def joined(noted: Sequence[Noted]) -> Lap:
    """Of all workers, from when the last of them first committed to the last commit of all."""
    assert all(one.alerts for one in noted), "a worker was given nothing; use more alerts"
    since_s = max(one.walls[0] for one in noted)
    later = [
        (wall, alerts)
        for one in noted
        for wall, alerts in zip(one.walls, one.alerts, strict=True)
        if wall > since_s
    ]
    assert later, "the topic came in one batch each; use more alerts"
    return Lap(
        sum(alerts for _, alerts in later),
        max(wall for wall, _ in later) - since_s,
        sum(_since(one.cpus, one.walls, since_s) for one in noted),
        {},
        max(one.servers[-1] for one in noted) - max(_at(one, since_s) for one in noted),
        len(later),
    )


def _since(values: Sequence[float], walls: Sequence[float], since_s: float) -> float:
    """What a rising figure grew by since its last commit before then."""
    before = [value for value, wall in zip(values, walls, strict=True) if wall <= since_s]
    return values[-1] - before[-1]


def _at(one: Noted, since_s: float) -> float:
    return max(
        server for server, wall in zip(one.servers, one.walls, strict=True) if wall <= since_s
    )


def _share(settings: Settings, name: str, alerts: int, shared: Shared, server: ServerClock) -> None:
    keep_freed_memory()
    watch = run_worker(settings, Together(alerts, shared, server), name)
    shared.watches.put(Noted(watch.alerts, watch.walls, watch.cpus, watch.servers))
