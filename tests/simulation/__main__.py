"""`python -m tests.simulation`: thousands of nights in memory, in each of which the law must hold.

Each number from --seed on is a night: what survey and workers do, what fails, and when all is to
come to its end (tests/simulation/script.py). The first that breaks the law is made as small as it
goes and printed, with the command that has it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.simulation.judging import Verdict, judged, least, quietly
from tests.simulation.script import KINDS, drawn

AT_ONCE = 20
"""Nights that a process is given together."""


def main() -> None:
    """Pass nights, say how many a second, and fail where one breaks the law."""
    options = argparse.ArgumentParser(prog="python -m tests.simulation", description=main.__doc__)
    options.add_argument("--nights", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1, help="of the first night")
    options.add_argument("--processes", type=int, default=os.cpu_count())
    options.add_argument("--failures", type=int, default=1, help="after how many to stop")
    chosen = options.parse_args()
    seeds = range(chosen.seed, chosen.seed + chosen.nights)
    console, begin, passed = Console(), time.perf_counter(), Counter[str]()
    failed: list[Verdict] = []
    with _verdicts(seeds, chosen.processes) as verdicts:
        for verdict in track(verdicts, total=len(seeds), console=Console(stderr=True)):
            passed[verdict.kind] += not verdict.fault
            if verdict.fault:
                failed.append(verdict)
                console.print(f"seed {verdict.seed}: {verdict.fault}", markup=False)
            if len(failed) == chosen.failures:
                break
    took_s = time.perf_counter() - begin
    console.print(_table(passed, failed))
    console.print(
        f"Seeds {seeds[0]} to {seeds[-1]}, {took_s:.0f} s in {chosen.processes} processes:"
        f" {(passed.total() + len(failed)) / took_s:.0f} nights a second."
    )
    for each in failed:
        _explain(each, console)
    sys.exit(bool(failed))


@contextmanager
def _verdicts(seeds: Iterable[int], processes: int) -> Iterator[Iterable[Verdict]]:
    """As the nights end; in this process where one is enough."""
    if processes < 2:
        quietly()
        yield map(judged, seeds)
        return
    with get_context("spawn").Pool(processes, quietly) as pool:
        yield pool.imap_unordered(judged, seeds, AT_ONCE)


def _table(passed: Counter[str], failed: Iterable[Verdict]) -> Table:
    broken = Counter(each.kind for each in failed)
    table = Table("night", "the law held", "broken", title=f"{passed.total():,} nights held")
    for kind in KINDS:
        table.add_row(kind, f"{passed[kind]:,}", f"{broken[kind]:,}")
    return table


def _explain(verdict: Verdict, console: Console) -> None:
    """The failing night at its smallest, and how to have it again."""
    console.print(
        f"\nseed {verdict.seed} at its smallest: {least(drawn(verdict.seed))}", markup=False
    )
    again = f"python -m tests.simulation --nights 1 --seed {verdict.seed}"
    console.print(
        f"again: {again}\nto keep it: its seed in KEPT of tests/simulation/test_simulated.py"
    )


if __name__ == "__main__":
    main()
