"""`python -m benchmarks.stages`: what the stages of host, redshift, phase and light cost, in all.

The whole path through a real Kafka on both surveys' packets, as `benchmarks.stretch` has it, with
those stages and without, lap after lap in turn. The goal is 25 microseconds an alert.

--embedding: the embedding with its topic, and the neighbours, instead. Their goal is 50, and the
whole path's is as without them; --page writes it into docs/discovery.md.
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
from benchmarks.page import DISCOVERY, Part
from benchmarks.rubin_night import rubin_night
from benchmarks.stretch import kafka, measure
from benchmarks.stretch_tables import COSTS, us, whole_table
from broker.stage_settings import HostsSection, RedshiftSection, StagesSection
from gueststar.allocator import keep_freed_memory

NAMES = ("host_shape", "redshift", "phase", "luminosity")
EMBEDDING_NAMES = ("embedding", "neighbours")
GOAL_US, EMBEDDING_GOAL_US = 25.0, 50.0


def all_stages(folder: Path) -> StagesSection:
    """All of them, with GLADE+."""
    return StagesSection(
        names=NAMES,
        hosts={"host": HostsSection(path=folder / GALAXIES)},
        redshift=RedshiftSection(hosts="host"),
    )


def differences(found: list[Laps], goal_us: float) -> Iterator[str]:
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
        yield f"{plain.case.survey}, of it in scoring: {median(scored):+.1f}; goal {goal_us:.0f}"


def totals(found: list[Laps]) -> Iterator[str]:
    """The whole path with the stages beside its goal, by survey."""
    for one in found[1::2]:
        for name in ("client's CPU", "wall clock"):
            took, goal = us(one.ours, COSTS[name]), one.case.goal_us
            yield (
                f"{one.case.survey}, the whole path with them, {name}: {took:.0f} µs an alert,"
                f" {abs(took - goal):.0f} {'under' if took <= goal else 'over'} the goal of"
                f" {goal:.0f}"
            )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="through Kafka, each lap")
    options.add_argument("--laps", type=int, default=5, help="of each kind, in turn")
    options.add_argument("--embedding", action="store_true", help="embedding and neighbours")
    options.add_argument("--page", action="store_true", help="write these into docs/discovery.md")
    chosen = options.parse_args()
    if chosen.page and not chosen.embedding:
        options.error("--page is for --embedding")
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        sys.exit("set GUESTSTAR_DATA to the folder of real data")
    pin(cores().client)
    keep_freed_memory()
    stages, goal_us = all_stages(Path(folder)), GOAL_US
    if chosen.embedding:
        stages, goal_us = StagesSection(names=EMBEDDING_NAMES), EMBEDDING_GOAL_US
    lite = [
        one
        for one in cases(night(chosen.alerts), rubin_night(chosen.alerts))
        if one.form == FORMS[0]
    ]
    with Part("embedding", written=chosen.page, page=DISCOVERY) as part, kafka() as node:
        part.say(f"Laps of each kind, in turn: {chosen.laps}.")
        both: list[Case] = [each for one in lite for each in (one, one._replace(stages=stages))]
        found = measure(both, node, chosen.laps)
        part.show(whole_table(found))
        for line in (*differences(found, goal_us), *totals(found)):
            part.say(line)


if __name__ == "__main__":
    main()
