"""`python -m benchmarks.soak`: a long night at a steady rate; whether anything of a process grows.

`gueststar invent` pipes to `gueststar replay --rate`, a worker has all networks and built-in
filters, the lake is written beside it: each a command, a real Kafka. Looked at are each process's
memory, handles and threads; then ledger and lake are held to one another.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
import psutil
from rich.console import Console

from benchmarks.million import FORGETTING, KEPT, accounts, say
from benchmarks.processes import Usage
from benchmarks.system import SURVEY, Asked, System, system
from filters.sources import builtin_names
from gueststar.table import plain_table

LOOK_S: Final = 5.0
OURS: Final = ("worker", "lake writer")
SETTLED: Final = 0.2
"""Of the time: what comes before is the start, and is left out."""
GROWTH_MB_PER_H_MAX: Final = 30.0
HOUR_S: Final = 3_600.0


class Look(NamedTuple):
    """At one process."""

    at_s: float
    resident_mb: float
    handles: int
    threads: int


class Trend(NamedTuple):
    """Of one process, once it had settled."""

    begins: Look
    ends: Look
    growth_mb_per_h: float
    """The slope of a line through its memory."""
    is_flat: bool
    """No steeper than the limit, and late in the night no more handles or threads than early."""

    @classmethod
    def of(cls, looks: Sequence[Look]) -> Trend:
        """At least a few."""
        settled = [*looks[int(len(looks) * SETTLED) :]]
        at_s, resident_mb, handles, threads = np.array(settled).T
        slope = float(np.polyfit(at_s, resident_mb, 1)[0]) * HOUR_S
        half = len(settled) // 2
        more = any(each[half:].max() > each[:half].max() for each in (handles, threads))
        is_flat = slope <= GROWTH_MB_PER_H_MAX and not more
        return cls(settled[0], settled[-1], slope, is_flat)


def main() -> None:
    """Send, look, count; exit status 1 where something grows or does not balance."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--rate", type=float, default=300.0, help="alerts a second")
    chosen = options.parse_args()
    alerts = round(chosen.minutes * 60 * chosen.rate)
    asked = Asked(builtin_names(), packets=False, quiet_s=30.0, survey=KEPT)
    usage = Usage.now()
    with TemporaryDirectory() as name, system(Path(name), asked, FORGETTING) as found:
        trends = {name: Trend.of(looks) for name, looks in soaked(found, alerts, chosen.rate)}
        for line in accounts(found):
            say(line)
    say(f"{alerts:,} alerts at {chosen.rate:g} a second. {usage.others()}")
    show(trends)
    raise SystemExit(0 if all(one.is_flat for one in trends.values()) else 1)


def soaked(found: System, alerts: int, rate: float) -> Iterator[tuple[str, list[Look]]]:
    """Each of our processes, looked at again and again, until all are in the lake."""
    invented = found.start(
        "invent", "invent", str(alerts), "--seed", "1", "--to", "-", stdout=subprocess.PIPE
    )
    assert invented.stdout is not None
    sent = found.start(
        "replay",
        *("replay", "-", "--to", SURVEY, "--rate", str(rate), "--bootstrap", found.address),
        stdin=invented.stdout,
    )
    invented.stdout.close()
    processes = {name: psutil.Process(found.watch.pid(name)) for name in OURS}
    looks: Mapping[str, list[Look]] = {name: [] for name in OURS}
    while sent.poll() is None:
        time.sleep(LOOK_S)
        for name, process in processes.items():
            looks[name].append(looked(process))
    assert (invented.wait(), sent.returncode) == (0, 0), "invent or replay ended with a fault"
    found.wait(alerts)
    yield from looks.items()


def looked(process: psutil.Process) -> Look:
    """At how it stands."""
    with process.oneshot():
        resident_mb = process.memory_info().rss / 1e6
        return Look(time.monotonic(), resident_mb, process.num_fds(), process.num_threads())


def show(trends: Mapping[str, Trend]) -> None:
    """What each process held when it had settled, and at the end."""
    table = plain_table()
    for column in ("process", "memory, MB", "an hour, MB", "handles", "threads", "flat"):
        table.add_column(column, justify="left" if column == "process" else "right")
    for name, one in trends.items():
        pairs = [f"{a:,.0f} to {b:,.0f}" for a, b in zip(one.begins[1:], one.ends[1:], strict=True)]
        grows = f"{one.growth_mb_per_h:+,.0f}"
        table.add_row(name, pairs[0], grows, *pairs[1:], "yes" if one.is_flat else "NO")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
