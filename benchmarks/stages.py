"""`python -m benchmarks.stages`: what the stages of host, redshift, phase and light cost, in all.

The whole path through a real Kafka on both surveys' packets, as `benchmarks.stretch` has it, with
those stages and without, lap after lap in turn. The goal is 25 microseconds an alert.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.cases import FORMS, Case, Laps, cases
from benchmarks.cores import cores, pin
from benchmarks.hosts import GALAXIES
from benchmarks.night import night
from benchmarks.page import Part
from benchmarks.rubin_night import rubin_night
from benchmarks.stretch import kafka, measure
from benchmarks.stretch_tables import COSTS, whole_table
from broker.stage_settings import HostsSection, RedshiftSection, StagesSection
from gueststar.allocator import keep_freed_memory

NAMES = ("host_shape", "redshift", "phase", "luminosity")
GOAL_US = 25.0


def all_stages(folder: Path) -> StagesSection:
    """All of them, with GLADE+."""
    return StagesSection(
        names=NAMES,
        hosts={"host": HostsSection(path=folder / GALAXIES)},
        redshift=RedshiftSection(hosts="host"),
    )


def differences(found: list[Laps]) -> Iterator[str]:
    """With the stages less without, by survey: the median of laps side by side, and their range."""
    for plain, more in zip(found[::2], found[1::2], strict=True):
        pairs = list(zip(plain.ours, more.ours, strict=True))
        for name, cost in COSTS.items():
            apart = [1e6 * (cost(two) - cost(one)) for one, two in pairs]
            yield (
                f"{plain.case.survey}, {name}: {median(apart):+.1f} µs an alert "
                f"({min(apart):+.1f} to {max(apart):+.1f})"
            )
        scored = [1e6 * (two.step_s("score") - one.step_s("score")) for one, two in pairs]
        yield f"{plain.case.survey}, of it in scoring: {median(scored):+.1f}; goal {GOAL_US:.0f}"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="through Kafka, each lap")
    options.add_argument("--laps", type=int, default=5, help="of each kind, in turn")
    chosen = options.parse_args()
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        sys.exit("set GUESTSTAR_DATA to the folder of real data")
    pin(cores().client)
    keep_freed_memory()
    stages = all_stages(Path(folder))
    lite = [
        one
        for one in cases(night(chosen.alerts), rubin_night(chosen.alerts))
        if one.form == FORMS[0]
    ]
    with Part("stages", written=False) as part, kafka() as node:
        part.say(f"Laps of each kind, in turn: {chosen.laps}.")
        both: list[Case] = [each for one in lite for each in (one, one._replace(stages=stages))]
        found = measure(both, node, chosen.laps)
        part.show(whole_table(found))
        for line in differences(found):
            part.say(line)


if __name__ == "__main__":
    main()
