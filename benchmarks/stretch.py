"""`python -m benchmarks.stretch`: the whole path on both surveys' packets, beside its ceiling.

One worker on one core with all networks and built-in filters, and a worker that only hands the
same bytes on (`pass_through`), lap after lap in turn. The goal is Rubin's stretch rate: 100,000
alerts a visit of 39 s.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.night import Night, night
from benchmarks.pass_through import handed_on, published
from benchmarks.rubin_night import rubin_night, schema_folder
from benchmarks.whole_path import STEPS, Lap, Stopwatch, fill, run_worker
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.settings import FiltersSection, SchemasSection, Settings
from filters.sources import builtin_names
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode
from schemas.form import Form

FORMS: Final[tuple[Form, ...]] = ("lite", "full")
ENRICHED: Final = "enriched"
WIDTH: Final = 88


class Case(NamedTuple):
    """A survey's packets and the form of what is published of each."""

    survey: str
    packets: Sequence[bytes]
    goal_us: float
    """By the client's CPU, and by wall clock."""
    schemas: Path | None
    form: Form

    @property
    def title(self) -> str:
        """A column's."""
        return f"{self.survey}, {self.form}"

    @property
    def topic(self) -> str:
        """Where its packets lie."""
        return f"input-{self.survey.lower()}"

    def settings(self, bootstrap: str, prefix: str) -> Settings:
        """Those of a worker with all networks and built-in filters."""
        return Settings(
            topics=TopicsSection(
                input=(self.topic,),
                prefix=prefix,
                enriched=ENRICHED,
                dead_letters="dead-letters",
                ledger="ledger",
                replayed="",
                forms={ENRICHED: self.form},
            ),
            kafka=KafkaSection(bootstrap=bootstrap, group=prefix),
            filters=FiltersSection(builtin=tuple(builtin_names()), live=""),
            schemas=SchemasSection(folder=self.schemas),
        )


class Laps(NamedTuple):
    """What was measured of one case."""

    case: Case
    ours: list[Lap]
    ceiling: list[Lap]


def cases(ztf: Night, rubin: Night | None) -> Iterator[Case]:
    """Those that there are packets for."""
    for form in FORMS:
        yield Case("ZTF", ztf.packets, 390.0, None, form)
    for form in FORMS if rubin else ():
        assert rubin
        yield Case("Rubin", rubin.packets, 330.0, schema_folder(), form)


def measure(case: Case, bootstrap: str, laps: int) -> Laps:
    """Both in turn; the first of all is not counted, and gives the ceiling what it hands on."""
    alerts, found = len(case.packets), Laps(case, [], [])
    first = f"{case.survey}-{case.form}-"
    run_worker(case.settings(bootstrap, first), Stopwatch(alerts))
    what = published(bootstrap, first)
    count = len(what[first + ENRICHED])
    assert count == alerts, f"{case.title}: {count} enriched alerts of {alerts}"
    for lap in range(laps):
        mine, other = f"{lap}-ours-{first}", f"{lap}-ceiling-"
        watch = run_worker(case.settings(bootstrap, mine), Stopwatch(alerts))
        found.ours.append(watch.lap())
        through = case.settings(bootstrap, other + first)
        found.ceiling.append(handed_on(through, what, Stopwatch(alerts), other).lap())
    return found


def table(found: Sequence[Laps]) -> Table:
    """Medians over the laps, in microseconds an alert."""
    shown = Table(
        title="Topic to topics through Kafka: µs an alert, median of laps",
        title_justify="left",
        min_width=WIDTH,
    )
    shown.add_column("", ratio=1)
    for one in found:
        shown.add_column(one.case.title, justify="right")
    for step in STEPS:
        shown.add_row(step, *(_us([lap.step_s(step) for lap in one.ours]) for one in found))
    shown.add_section()
    for what, of in (("client's CPU", attrgetter("cpu_s")), ("wall clock", attrgetter("wall_s"))):
        shown.add_row(what, *(_us(list(map(of, one.ours))) for one in found))
        shown.add_row("  handed on alone", *(_us(list(map(of, one.ceiling))) for one in found))
    shown.add_row("goal", *(f"{one.case.goal_us:,.0f}" for one in found))
    ratios = [_wall_s(one.ceiling) / _wall_s(one.ours) for one in found]
    shown.add_row("of the ceiling's rate", *(f"{100 * ratio:.0f} %" for ratio in ratios))
    return shown


def _wall_s(laps: Sequence[Lap]) -> float:
    return median(lap.wall_s for lap in laps)


def _us(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e6:,.0f}"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.stretch", description=__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="through Kafka, each lap")
    options.add_argument("--laps", type=int, default=3, help="of each kind, in turn")
    chosen = options.parse_args()
    pin(cores().client)
    keep_freed_memory()
    console, nights = Console(highlight=False), (night(chosen.alerts), rubin_night(chosen.alerts))
    for one in filter(None, nights):
        size_kb = sum(map(len, one.packets)) / len(one.packets) / 1e3
        console.print(f"{len(one.packets)} alerts of {size_kb:.0f} kB on the mean: {one.origin}")
    all_cases = list(cases(*nights))
    pin(cores().server)
    with KafkaNode() as node:
        pin(cores().client)
        for topic, packets in {case.topic: case.packets for case in all_cases}.items():
            fill(node.address, packets, [], topic=topic)
        console.print(table([measure(case, node.address, chosen.laps) for case in all_cases]))


if __name__ == "__main__":
    main()
