"""A night of the environment's faults: disks full, clocks that jump, memory and handles short."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.chaos.hanging import hanging
from tests.chaos.house import House, house
from tests.chaos.jobs import End, Job
from tests.chaos.nights import Asked, Told
from tests.chaos.small_disk import why_no_disks
from tests.chaos.wall_clock import missing_compiler

Fault = Callable[[House, random.Random], None]
"""Strikes while alerts flow, holds, and is lifted."""

HOUR_S: Final = 3_600
NOTICED_S_MAX: Final = 180.0
HELD_S: Final = 4.0
"""How long a fault lasts after it was noticed."""
SHORT_S: Final = 25.0
"""How long memory and handles are short at most: a process that wants no more never notices."""
BEFORE_S: Final = 2.0
WARMING, ALERTS, RATE_PER_S = 20, 100, 20.0
"""Before each fault, and while it lasts."""
BURST: Final = 300
SPARE_BYTES: Final = 20_000_000
TOO_LITTLE_BYTES: Final = 300_000
"""Less is left on a full disk: the first files of a flush fit, or none."""


def kafka_disk_full(place: House, rng: random.Random) -> None:
    """Kafka halts, and is started again once there is room."""
    assert place.disks
    place.disks[0].fill(rng.randrange(TOO_LITTLE_BYTES))
    place.wait(lambda: place.node.status() is not None, "Kafka halts", NOTICED_S_MAX)
    place.pass_time(HELD_S)
    place.disks[0].free()
    place.bring_back_kafka()


def lake_disk_full(place: House, rng: random.Random) -> None:
    """In the middle of a flush."""
    assert place.disks
    place.disks[1].fill(rng.randrange(TOO_LITTLE_BYTES))
    _refused(place)
    place.disks[1].free()


def lake_disk_full_of_names(place: House, _: random.Random) -> None:
    """There is room, and none for another file."""
    assert place.disks
    place.disks[1].use_up_names()
    _refused(place)
    place.disks[1].free()


def lake_disk_read_only(place: House, _: random.Random) -> None:
    """As a file system turns that found a fault in itself; it is looked through, and back."""
    assert place.disks
    lives = len(place.writer.ends)
    place.disks[1].turn_read_only()
    _refused(place)
    place.wait(lambda: len(place.writer.ends) > lives, "the writer gives up", NOTICED_S_MAX)
    place.is_tended = False
    place.writer.kill()
    place.disks[1].mend()
    place.is_tended = True


def clock_forward(place: House, rng: random.Random) -> None:
    """Hours ahead, and right again: a step of hours back."""
    _step(place, rng.randrange(2, 6) * HOUR_S)


def clock_back(place: House, rng: random.Random) -> None:
    """Hours behind, and right again."""
    _step(place, -rng.randrange(2, 6) * HOUR_S)


def worker_memory_short(place: House, rng: random.Random) -> None:
    """In the middle of a batch."""
    _starve(place, place.worker, rng)


def writer_memory_short(place: House, rng: random.Random) -> None:
    """In the middle of a flush."""
    _starve(place, place.writer, rng)


def worker_handles_short(place: House, _: random.Random) -> None:
    """As Kafka goes and comes, so that every connection is made anew."""

    def anew() -> None:
        place.node.kill()
        place.bring_back_kafka()

    _without_handles(place, place.worker, anew)


def writer_handles_short(place: House, _: random.Random) -> None:
    """Each file of a flush wants one."""
    _without_handles(place, place.writer, lambda: None)


ALWAYS: Final[tuple[Fault, ...]] = (
    worker_memory_short,
    writer_memory_short,
    worker_handles_short,
    writer_handles_short,
)
WITH_DISKS: Final[tuple[Fault, ...]] = (
    kafka_disk_full,
    lake_disk_full,
    lake_disk_full_of_names,
    lake_disk_read_only,
)
WITH_A_CLOCK: Final[tuple[Fault, ...]] = (clock_forward, clock_back)
CI_SHARE: Final = 3
"""So many of them, by the seed."""
ROUNDS: Final = 3


def environment(asked: Asked) -> Told:
    """Faults in an order of chance, and the law held after each."""
    rng = random.Random(asked.seed)
    figures = dict[str, str]()
    with house(asked.folder, asked.seed) as place:
        for number, fault in enumerate(_drawn(place, rng, is_full=asked.is_full), 1):
            name = fault.__name__.replace("_", " ")
            figures[f"{number}. {name}"] = _passed(place, fault, rng)
        figures["alerts, and what is none"] = f"{place.hold_the_law():,}, each once"
        for job in place.jobs:
            job.stop()
        stuck = hanging(place.node)
    assert stuck == [], "no transaction is left that nobody can end"
    return Told("a night of the environment's faults", {**figures, **_left_out()})


def _drawn(place: House, rng: random.Random, *, is_full: bool) -> list[Fault]:
    all_ = [*ALWAYS, *WITH_DISKS * bool(place.disks), *WITH_A_CLOCK * bool(place.clock)]
    return rng.sample(all_ * ROUNDS, len(all_) * ROUNDS) if is_full else rng.sample(all_, CI_SHARE)


def _left_out() -> dict[str, str]:
    """What could not be tried here, and why."""
    lacking = (why_no_disks(), WITH_DISKS), (missing_compiler(), WITH_A_CLOCK)
    return {
        f"not tried: {why}": ", ".join(each.__name__.replace("_", " ") for each in faults)
        for why, faults in lacking
        if why
    }


def _passed(place: House, fault: Fault, rng: random.Random) -> str:
    """A fault from before it strikes until all that came meanwhile is where it belongs."""
    place.send(WARMING, RATE_PER_S)
    place.settle()
    lives = [len(job.ends) for job in place.jobs]
    place.send(ALERTS, RATE_PER_S)
    place.pass_time(BEFORE_S)
    fault(place, rng)
    lifted_s = time.monotonic()
    place.settle()
    place.hold_the_law()
    told = [
        f"{job.name} {_end(end)}"
        for job, before in zip(place.jobs, lives, strict=True)
        for end in job.ends[before:]
    ]
    after = f"all in place {time.monotonic() - lifted_s:.0f} s after it was lifted"
    return "; ".join([*(told or ["both went on by themselves"]), after])


def _end(end: End) -> str:
    return f"ended: {end.line}" if end.line else f"was ended by signal {-end.code}"


def _refused(place: House) -> None:
    """Wait until the writer says that its lake cannot be written, and a while longer."""
    place.writer.said()
    said = list[str]()

    def is_told() -> bool:
        said.extend(place.writer.said())
        return any("cannot be written" in line for line in said)

    place.wait(is_told, "the writer says so", NOTICED_S_MAX)
    place.pass_time(HELD_S)


def _step(place: House, ahead_s: int) -> None:
    assert place.clock
    for step in (ahead_s, 0):
        place.clock.set(step)
        place.pass_time(HELD_S)


def _starve(place: House, job: Job, rng: random.Random) -> None:
    """A batch that is larger than all before it finds no room for some of what it wants."""
    lives, pages = len(job.ends), Path(f"/proc/{job.pid}/statm").read_text().split()[0]
    os.kill(job.pid, signal.SIGSTOP)
    place.send(BURST, BURST / HELD_S)
    place.pass_time(HELD_S)
    most = int(pages) * resource.getpagesize() + rng.randrange(SPARE_BYTES)
    job.limit(resource.RLIMIT_AS, most)
    os.kill(job.pid, signal.SIGCONT)
    place.pass_until(lambda: len(job.ends) > lives, SHORT_S)
    if len(job.ends) == lives:
        job.limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _without_handles(place: House, job: Job, meanwhile: Callable[[], None]) -> None:
    """It may open no more than it has open, until it ends or for a while."""
    lives = len(job.ends)
    _, most = resource.prlimit(job.pid, resource.RLIMIT_NOFILE)
    job.limit(resource.RLIMIT_NOFILE, len([*Path(f"/proc/{job.pid}/fd").iterdir()]))
    meanwhile()
    place.pass_until(lambda: len(job.ends) > lives, SHORT_S)
    if len(job.ends) == lives:
        job.limit(resource.RLIMIT_NOFILE, most)
