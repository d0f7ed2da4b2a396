"""`python -m benchmarks.million`: so many invented alerts through everything, on this machine.

Half are ZTF's and half Rubin's. `gueststar invent` pipes them to `gueststar replay`, which sends
them to a real Kafka, never far ahead of the worker, which has all networks, stages and built-in
filters; the lake is written live, without packets. Then everything is counted, and the lake is
asked. Kafka forgets what the worker has read of the survey's topic, of which 60 GB would not fit,
and old records of the filters' topics; the topic of all alerts it keeps whole.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

import numpy as np
from rich.console import Console

from benchmarks.lake import cost, folder_bytes
from benchmarks.processes import Usage
from benchmarks.system import SURVEY, Asked, System, system
from filters.sources import builtin_names
from gueststar.answer import Answer
from gueststar.open_lake import OpenLake
from gueststar.table import plain_table
from lake.layout import ALERTS, CURVES_TABLE, OBJECTS

SURVEYS: Final = ("ztf", "lsst")
AHEAD_MAX: Final = 10_000
"""Offsets of the survey's topic that wait for the worker."""
PIECE_BYTES: Final = 4 * 2**20
PAUSE_S: Final = 0.2
STAGES: Final = """
[stages]
names = ["redshift", "phase", "luminosity"]
"""
FORGETTING: Final = {
    "log.retention.bytes": str(128 * 2**20),
    "log.segment.bytes": str(32 * 2**20),
    "log.retention.check.interval.ms": "3000",
    "log.segment.delete.delay.ms": "1000",
}
"""Of a partition, wherever a topic does not say otherwise."""
KEPT: Final = {"retention.bytes": str(2**30), "segment.bytes": str(128 * 2**20)}
"""Of the survey's topic: several times of what may wait."""
BLOCK_BYTES: Final = 512
CONE: Final = ("5arcsec", "1deg")


def say(line: str) -> None:
    """A line of the result, at once."""
    print(line, flush=True)  # noqa: T201 - a command's own output


def main() -> None:
    """Send, count, ask, print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    options.add_argument("--alerts", type=int, default=1_000_000)
    chosen = options.parse_args()
    asked = Asked(builtin_names(), packets=False, quiet_s=30.0, more=STAGES, survey=KEPT)
    usage = Usage.now()
    with TemporaryDirectory() as name:
        with system(Path(name), asked, FORGETTING) as found:
            begun_s = time.monotonic()
            for number, survey in enumerate(SURVEYS):
                feed(found, survey, chosen.alerts // len(SURVEYS), seed=number + 1)
            found.wait(chosen.alerts)
            took_s = time.monotonic() - begun_s
            say(
                f"{chosen.alerts:,} alerts in the lake {took_s:,.0f} s after the first was"
                f" invented: {chosen.alerts / took_s:,.0f} a second"
            )
            for line in accounts(found):
                say(line)
            say(f"Kafka's files take {disk_bytes(found.folder / 'kafka') / 1e9:.1f} GB at the end")
        say(usage.others())
        show(found, chosen.alerts)
        ask(found.lake)


def feed(found: System, survey: str, alerts: int, *, seed: int) -> None:
    """Have so many invented and sent, as the worker keeps up."""
    invented = found.start(
        "invent",
        *("invent", str(alerts), "--survey", survey, "--seed", str(seed), "--to", "-"),
        stdout=subprocess.PIPE,
    )
    sent = found.start(
        "replay",
        *("replay", "-", "--to", SURVEY, "--free", "--bootstrap", found.address),
        stdin=subprocess.PIPE,
    )
    assert invented.stdout is not None
    assert sent.stdin is not None
    pump(invented.stdout, sent.stdin, found.lag)
    ended = invented.wait(), sent.wait()
    assert ended == (0, 0), f"invent and replay ended with {ended}"


def pump(out: IO[bytes], into: IO[bytes], ahead: Callable[[], int]) -> None:
    """All bytes from one to the other, none while too much is ahead."""
    with into:
        while piece := out.read(PIECE_BYTES):
            while ahead() > AHEAD_MAX:
                time.sleep(PAUSE_S)
            into.write(piece)


def accounts(found: System) -> Iterator[str]:
    """What the commands say that count."""
    ledger = found.ask("ledger", "--topic", "ledger", "--bootstrap", found.address)
    verified = found.ask("lake", "verify", str(found.lake))
    yield f"gueststar ledger: {ledger.stdout.strip().splitlines()[-1]}"
    yield f"gueststar lake verify: {verified.stdout.strip().splitlines()[-1]}"
    for night in nights(found.lake):
        counted = found.ask("reconcile", night, "--config", str(found.config))
        yield f"gueststar reconcile {night}:\n{counted.stdout.strip()}"


def nights(lake: Path) -> list[str]:
    """Those that a lake has."""
    return sorted(re.findall(r"night=(\d{8})", " ".join(map(str, (lake / ALERTS).iterdir()))))


def show(found: System, alerts: int) -> None:
    """What each process took, and the lake's sizes."""
    table = plain_table()
    for name in ("process", "memory at most", "CPU", "CPU an alert"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for name, one in found.watch.taken.items():
        each_us = one.cpu_s / alerts * 1e6
        table.add_row(
            name, f"{one.resident_mb_max:,.0f} MB", f"{one.cpu_s:,.0f} s", f"{each_us:,.0f} µs"
        )
    Console(width=100).print(table)
    sizes = {
        name: folder_bytes(found.lake / name) / alerts for name in (ALERTS, CURVES_TABLE, OBJECTS)
    }
    say("bytes an alert: " + ", ".join(f"{name} {size:.0f}" for name, size in sizes.items()))


def disk_bytes(folder: Path) -> int:
    """What files take: those of Kafka's that are open are longer than what was written."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_blocks * BLOCK_BYTES for file in files)


def ask(lake: Path) -> None:
    """What questions cost."""
    begun = time.process_time()
    opened = OpenLake(lake)
    say(f"{len(opened):,} alerts, opened in {time.process_time() - begun:.2f} s of CPU")
    columns = opened.sql(
        "SELECT object_id, ra_deg, dec_deg FROM alerts USING SAMPLE 101 (reservoir, 1)"
    ).pandas()
    rows = list(columns.itertuples(index=False))
    told(
        "an object",
        [cost(lambda n: opened.object(rows[n].object_id), n) for n in range(len(rows))],
    )
    for radius in CONE:

        def near(number: int, radius: str = radius) -> Answer:
            return opened.cone(rows[number].ra_deg, rows[number].dec_deg, radius)

        told(f"a cone of {radius}", [cost(near, number) for number in range(len(rows))])
    begun = time.perf_counter()
    counted = opened.sql("SELECT survey, night, count(*) AS n FROM alerts GROUP BY ALL").pandas()
    seconds = time.perf_counter() - begun
    say(f"SQL, by survey and night: {counted.to_dict('records')} in {seconds:.1f} s")


def told(what: str, costs: Sequence[tuple[float, int]]) -> None:
    """Median and 90 % of a question's CPU."""
    spent, found = zip(*costs[1:], strict=True)
    worst = statistics.quantiles(spent, n=10)[-1]
    say(
        f"{what}: {statistics.median(spent):.1f} ms of CPU ({min(spent):.1f}; {worst:.1f}),"
        f" {np.mean(found):,.1f} rows"
    )


if __name__ == "__main__":
    main()
