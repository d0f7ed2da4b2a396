"""`python -m benchmarks.soak`: a long night at a steady rate; whether anything of a process grows.

`gueststar invent` pipes to `gueststar replay --rate`, a worker has all networks and built-in
filters, the lake is written beside it: each a command, a real Kafka. Looked at are each process's
memory, handles and threads, and the files of the lake. Then ledger and lake are held to each other;
what was seen is shown before that, so that a night that ends badly shows it, too.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
import psutil
from rich.console import Console

from benchmarks.million import FORGETTING, accounts, say
from benchmarks.processes import Usage
from benchmarks.system import SURVEY, Asked, System, system
from filters.sources import builtin_names
from gueststar.table import plain_table

LOOK_S: Final = 5.0
TELL_S: Final = 300.0
OURS: Final = ("worker", "lake writer")
KEPT: Final = {"retention.bytes": str(2 * 2**30), "segment.bytes": str(128 * 2**20)}
"""Of a partition of the survey's topic: what eight minutes send, should the worker be held up."""
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
    files: int
    """Of the lake: they come with its rows, and 64 become one now and then."""


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
        at_s, resident_mb, handles, threads, _ = np.array(settled).T
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
    looks: dict[str, list[Look]] = {name: [] for name in OURS}
    with TemporaryDirectory() as name, system(Path(name), asked, FORGETTING) as found:
        try:
            soak(found, alerts, chosen.rate, looks)
        finally:
            say(f"{alerts:,} alerts at {chosen.rate:g} a second. {usage.others()}")
            trends = {name: Trend.of(seen) for name, seen in looks.items()}
            show(trends)
        found.wait(alerts)
        for line in accounts(found):
            say(line)
    raise SystemExit(0 if all(one.is_flat for one in trends.values()) else 1)


def soak(found: System, alerts: int, rate: float, looks: Mapping[str, list[Look]]) -> None:
    """Send all of them at a rate, and look at each of our processes again and again."""
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
    told_s = time.monotonic()
    while sent.poll() is None:
        time.sleep(LOOK_S)
        for name, process in processes.items():
            looks[name].append(looked(name, process, found.lake))
        if time.monotonic() - told_s > TELL_S:
            told_s += TELL_S
            say(
                f"{found.lag():,} wait; "
                + "; ".join(f"{n}: {each[-1]}" for n, each in looks.items())
            )
    assert (invented.wait(), sent.returncode) == (0, 0), "invent or replay ended with a fault"


def looked(name: str, process: psutil.Process, lake: Path) -> Look:
    """At how it stands; that it stands."""
    files = sum(1 for _ in lake.rglob("*"))
    with process.oneshot():
        assert process.status() != psutil.STATUS_ZOMBIE, f"{name} ended; above it says why"
        resident_mb = process.memory_info().rss / 1e6
        return Look(time.monotonic(), resident_mb, process.num_fds(), process.num_threads(), files)


def show(trends: Mapping[str, Trend]) -> None:
    """What each process held when it had settled, and at the end."""
    table = plain_table()
    for column in (
        "process",
        "memory, MB",
        "an hour, MB",
        "handles",
        "threads",
        "lake's files",
        "flat",
    ):
        table.add_column(column, justify="left" if column == "process" else "right")
    for name, one in trends.items():
        pairs = [f"{a:,.0f} to {b:,.0f}" for a, b in zip(one.begins[1:], one.ends[1:], strict=True)]
        grows = f"{one.growth_mb_per_h:+,.0f}"
        table.add_row(name, pairs[0], grows, *pairs[1:], "yes" if one.is_flat else "NO")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
