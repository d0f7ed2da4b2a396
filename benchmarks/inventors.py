"""How fast nights are invented on one core, in CPU time: `python -m benchmarks.inventors`."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gueststar.invent_command import Invention
from gueststar.invent_command import invent as write
from replay.disorder import Disorder
from replay.invention import Invented, invent
from replay.nights_invented import DRAWINGS, invented_night

ONE_BY_ONE = 1000
MANY = 60_000


def main() -> None:
    """Pin this process to one core, and print packets a second of its CPU time."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    list(invent(20, seed=9))
    _measured(f"ztf, each drawn by itself ({ONE_BY_ONE:,})", lambda: invent(ONE_BY_ONE, seed=1))
    for survey in ("ztf", "lsst"):
        begin_s = _cpu_s()
        next(invented_night(MANY, survey, seed=1))
        drawn_s = _cpu_s() - begin_s
        _say(f"{survey}: {DRAWINGS:,} drawings in {drawn_s:.1f} s")
        title = f"{survey}, drawings used again ({MANY:,}, drawing them included)"
        _measured(title, lambda survey=survey: invented_night(MANY, survey, seed=1))  # type: ignore[misc]
    with TemporaryDirectory() as folder:
        begin_s, odd = _cpu_s(), Disorder(0.01, 0.001, 0.05)
        wanted = Invention(
            MANY // 4, "ztf", 1, Path(folder) / "n.tar", Path(folder) / "t.parquet", odd
        )
        write(wanted)
        rate = MANY // 4 / (_cpu_s() - begin_s)
        _say(f"gueststar invent {MANY // 4:,}, in a tar with its truth: {rate:,.0f} a second")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    _say(f"{peak_mb:,.0f} MB at most")


def _measured(title: str, night: Callable[[], Iterator[Invented]]) -> None:
    begin_s, count, size = _cpu_s(), 0, 0
    for one in night():
        count += 1
        size += len(one.packet)
    rate = count / (_cpu_s() - begin_s)
    _say(f"{title}: {rate:,.0f} a second of CPU, {size / count / 1e3:.0f} kB each")


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command's own output


if __name__ == "__main__":
    main()
