"""`python -m benchmarks.elsewhere`: what it costs to read another cluster, and 45 partitions there.

Laps in turn: the input beside the outputs, or in a Kafka of its own; in one partition, or in 45, as
Rubin's topic has; and the last read by two workers at once, who share the core that one had.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.night import night
from benchmarks.together import together
from benchmarks.whole_path import INPUT, Stopwatch, fill, our_settings, run_worker
from broker.kafka_settings import SourceSection
from broker.settings import Settings
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode

PARTITIONS: Final = 45
SPREAD: Final = "spread"
"""The topic of so many partitions."""


class Case(NamedTuple):
    """One kind of lap."""

    title: str
    topic: str
    elsewhere: bool


CASES: Final = (
    Case("the same cluster", INPUT, elsewhere=False),
    Case("another cluster", INPUT, elsewhere=True),
    Case(f"the same, {PARTITIONS} partitions", SPREAD, elsewhere=False),
    Case(f"another, {PARTITIONS} partitions", SPREAD, elsewhere=True),
)
COLUMNS: Final = ("wall clock", "client's CPU", "poll", "publish")


class Kafkas(NamedTuple):
    """The addresses of the survey's and of ours."""

    survey: str
    ours: str


def settings(case: Case, kafkas: Kafkas, prefix: str) -> Settings:
    """A worker's."""
    ours = our_settings(kafkas.ours, prefix, case.topic)
    if not case.elsewhere:
        return ours
    source = SourceSection(kafkas.survey, topics=(case.topic,), group=prefix)
    return replace(ours, source=source, topics=replace(ours.topics, input=()))


def measured(case: Case, kafkas: Kafkas, prefix: str, alerts: int) -> tuple[float, ...]:
    """One lap, µs an alert, by COLUMNS."""
    lap = run_worker(settings(case, kafkas, prefix), Stopwatch(alerts)).lap()
    seconds = lap.seconds, lap.cpu_seconds, lap.steps_s["poll"], lap.steps_s["publish"]
    return tuple(each / lap.alerts * 1e6 for each in seconds)


def together_us(chosen: Settings, alerts: int) -> float:
    """Two workers over the whole input: µs an alert, once both have committed."""
    return together(chosen, alerts, 2, float).wall_s * 1e6


def table(laps: Sequence[Sequence[Sequence[float]]], together: Sequence[float]) -> Table:
    """Medians, and beside them what each is of the first row's."""
    found = Table(title="µs an alert, medians of laps in turn (of the first row's)")
    for column in ("", *COLUMNS):
        found.add_column(column, justify="right" if column else "left")
    medians = [[median(column) for column in zip(*each, strict=True)] for each in laps]
    for case, row in zip(CASES, medians, strict=True):
        first = zip(row, medians[0], strict=True)
        found.add_row(case.title, *(f"{one:,.0f} ({one / base:.2f})" for one, base in first))
    both = median(together)
    found.add_row("the last, by two workers", f"{both:,.0f} ({both / medians[0][0]:.2f})")
    return found


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.elsewhere", description=__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="each lap")
    options.add_argument("--laps", type=int, default=5, help="of each kind, in turn")
    chosen = options.parse_args()
    pin(cores().server)
    laps: list[list[tuple[float, ...]]] = [[] for _ in CASES]
    together: list[float] = []
    with KafkaNode() as survey, KafkaNode() as ours:
        kafkas = Kafkas(survey.address, ours.address)
        pin(cores().client)
        keep_freed_memory()
        packets, origin = night(chosen.alerts)
        for address in kafkas:
            fill(address, packets, [])
            fill(address, packets, [], topic=SPREAD, partitions=PARTITIONS)
        for lap in range(chosen.laps):
            for number, case in enumerate(CASES):
                prefix = f"lap{lap}-{number}."
                laps[number].append(measured(case, kafkas, prefix, chosen.alerts))
            both = settings(CASES[-1], kafkas, f"lap{lap}-both.")
            together.append(together_us(both, chosen.alerts))
    console = Console(width=100)
    console.print(f"{chosen.alerts:,} alerts each lap, {chosen.laps} laps; {origin}; {cores()}")
    console.print(table(laps, together))


if __name__ == "__main__":
    main()
