"""`python -m benchmarks.many_filters`: what 500 filters cost the whole path, publishing included.

Laps in turn over one topic of a real Kafka: the filters of a plain configuration, and the same
with 500 expression filters that share a topic or have one each, of lite records or of full ones.
The filters are those of `benchmarks/filters.py`, invented on the same alerts and the served
networks' own scores.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.filters import CLAUSES, invent
from benchmarks.night import night
from benchmarks.page import Part, add_option
from benchmarks.processes import cpu_clock, settle
from benchmarks.whole_path import INPUT, PATIENT_MS, STEPS, Lap, Stopwatch, fill
from broker.alerts.counts import AlertCounts
from broker.alerts.metrics import AlertMetrics
from broker.assembly import Parts, build, connect, make_runner, provide_topics
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin
from broker.kafka_ports import kafka_ports, publishing
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.metrics import Metrics
from broker.observer import BatchReport, Observers
from broker.ports import Output
from broker.settings import FiltersSection, LimitsSection, Settings
from broker.topic_names import shared_topic
from filters.expressions.filter import ExpressionFilter
from filters.filter_set import ActiveFilter, FilterSet
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode
from schemas.form import FORMS, Form
from schemas.stage import run_stages

FILTERS: Final = 500
PLAIN: Final = ("young_supernovae", "fast_transients", "solar_system")
"""The built-in filters of every lap."""
TOPIC: Final = "benchmark.filter."
SHARED: Final = f"{TOPIC}all"
SECONDS: Final = (*STEPS, "client's CPU", "server's CPU", "wall clock")
COST_MAX: Final = 0.25
"""Of the throughput: what the filters may cost."""
PACKET_BYTES: Final = 100_000
"""A real packet's, rounded up."""
WIDTH: Final = 88


class Case(NamedTuple):
    """One kind of lap."""

    title: str
    form: Form | None
    """Of the expression filters' records; None for a lap without them."""
    shares: bool = False
    """Whether they publish to one topic, which is what deployed filters do by default."""


CASES: Final = (
    Case(f"{len(PLAIN)} built-in", None),
    Case(f"+ {FILTERS} shared, lite", "lite", shares=True),
    Case("shared, full", "full", shares=True),
    Case("own, lite", "lite"),
    Case("own, full", "full"),
)


@dataclass
class Watch(Stopwatch):
    """What the filters published too, and the largest ledger entry."""

    selected: int = 0
    records: int = 0
    ledger_bytes: int = 0

    def on_batch(self, report: BatchReport[object]) -> None:
        """A batch was committed."""
        super().on_batch(report)
        published = report.entry.counts.published.items()
        self.records += sum(n for topic, n in published if topic.startswith(TOPIC))
        selected = AlertCounts.of(report.entry.counts).selected
        self.selected += sum(n for name, n in selected.items() if name not in PLAIN)
        self.ledger_bytes = max(self.ledger_bytes, len(report.entry.encode()))


class Measured(NamedTuple):
    """One lap."""

    lap: Lap
    selected: int
    """Alerts, by every filter that selected one."""
    records: int
    """Published for them."""
    ledger_bytes: int


def run(parts: Parts, watch: Watch) -> Measured:
    """A worker over the whole input."""
    link = connect(parts.settings)
    provide_topics(parts, KafkaAdmin(link))
    parts.warm_up()
    source, sink = kafka_ports(parts.settings, parts.outputs, link, "bench")
    metrics = Metrics(worker="bench", version="benchmark")
    both = Observers(metrics, AlertMetrics(metrics.instruments), watch)
    runner = make_runner(
        parts,
        source,
        sink,
        worker="bench",
        version="benchmark",
        observer=both,
        publishing=publishing(parts.settings),
    )
    runner.start()
    while not watch.is_done:
        runner.step()
    runner.stop()
    runner.run()
    return Measured(watch.lap(), watch.selected, watch.records, watch.ledger_bytes)


def parts_of(case: Case, expressions: Sequence[ExpressionFilter], settings: Settings) -> Parts:
    """A worker's."""
    parts = build(settings)
    if case.form is None:
        return parts
    active = [_active(each, case.form, shares=case.shares) for each in expressions]
    filter_set = FilterSet(
        parts.selections, (*parts.filters.active, *active), expressions=expressions
    )
    return replace(parts, filters=filter_set)


def settings(bootstrap: str, prefix: str, batch: int) -> Settings:
    """As `gueststar run` has them, with few filters and topics of its own but for the filters'."""
    return Settings(
        topics=TopicsSection(
            input=(INPUT,),
            enriched=prefix + "enriched",
            dead_letters=prefix + "dead-letters",
            ledger=prefix + "ledger",
        ),
        kafka=KafkaSection(bootstrap=bootstrap, group=prefix, transaction_timeout_ms=PATIENT_MS),
        filters=FiltersSection(builtin=PLAIN, live=""),
        limits=LimitsSection(poll_messages_max=batch, poll_bytes_max=batch * PACKET_BYTES),
    )


def _active(filter_: ExpressionFilter, form: Form, *, shares: bool) -> ActiveFilter:
    """An invented filter, as an active one."""
    clauses = tuple(each.name for each in filter_.clauses)
    topic = shared_topic(SHARED, form) if shares else TOPIC + filter_.name
    about = filter_.name, "1", filter_.sha256, topic, clauses
    return ActiveFilter(*about, form=form, shares=shares)


def invented(packets: Sequence[bytes]) -> list[ExpressionFilter]:
    """FILTERS filters, tuned on the packets as the served networks score them."""
    parts = build(settings("", "", 1))
    batch = parts.decoder.decode(list(dict.fromkeys(packets)))
    run_stages(batch, parts.stages)
    return invent(batch, FILTERS)


def write_once(bootstrap: str, topics: Sequence[str]) -> None:
    """A message on each topic: what a topic's first one costs the server is not measured."""
    sink = AtLeastOnceSink(Connection(bootstrap), topics=[INPUT])
    sink.rebuild()
    sink.begin()
    sink.produce([Output(topic, b"", b"") for topic in topics])
    sink.commit()
    sink.close()


def measure(
    packets: Sequence[bytes], laps: int, batch: int, console: Console
) -> dict[Case, list[Measured]]:
    """All cases in turn, so many times."""
    expressions = invented(packets)
    topics = [TOPIC + each.name for each in expressions]
    topics += [shared_topic(SHARED, form) for form in FORMS]
    found: dict[Case, list[Measured]] = {case: [] for case in CASES}
    pin(cores().server)
    with KafkaNode() as node:
        pin(cores().client)
        fill(node.address, packets, topics)
        write_once(node.address, topics)
        settle(node.pid)
        for lap in range(laps):
            for place, case in enumerate(CASES):
                watch = Watch(len(packets), server_s=cpu_clock(node.pid))
                chosen = settings(node.address, f"lap-{lap}-{place}.", batch)
                one = run(parts_of(case, expressions, chosen), watch)
                found[case].append(one)
                console.print(_line(lap, case, one))
    return found


def _line(lap: int, case: Case, one: Measured) -> str:
    wall_us = one.lap.wall_s * 1e6
    return f"lap {lap}, {case.title}: {wall_us:.0f} µs an alert, {one.selected} selected"


def table(found: dict[Case, list[Measured]]) -> Table:
    """Medians over the laps, a column a case."""
    shown = Table(
        title="Topic to topics through Kafka: µs an alert, median of laps",
        title_justify="left",
        min_width=WIDTH,
    )
    shown.add_column("step", ratio=1)
    for case in CASES:
        shown.add_column(case.title, justify="right")
    for name in SECONDS:
        us = (median(_seconds(one)[name] / one.lap.alerts for one in found[c]) for c in CASES)
        shown.add_row(name, *(f"{each * 1e6:,.0f}" for each in us))
    shown.add_section()
    base = median(map(wall, found[CASES[0]]))
    costs = [1 - base / median(map(wall, found[case])) for case in CASES]
    shown.add_row("cost of throughput", *(f"{100 * cost:.0f} %" for cost in costs))
    shown.add_row("goal", "", *[f"{100 * COST_MAX:.0f} %"] * (len(CASES) - 1))
    shown.add_row("selected", *(f"{found[case][0].selected:,}" for case in CASES))
    shown.add_row("published for them", *(f"{found[case][0].records:,}" for case in CASES))
    shown.add_row("ledger entry, kB", *(f"{found[c][0].ledger_bytes / 1e3:.1f}" for c in CASES))
    return shown


def wall(one: Measured) -> float:
    """Seconds an alert."""
    return one.lap.wall_s


def _seconds(one: Measured) -> dict[str, float]:
    """By name of SECONDS."""
    others = (one.lap.cpu_seconds, one.lap.server_cpu_seconds, one.lap.seconds)
    return one.lap.steps_s | dict(zip(SECONDS[len(STEPS) :], others, strict=True))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.many_filters", description=__doc__)
    options.add_argument("--alerts", type=int, default=8000, help="through Kafka, each lap")
    options.add_argument("--laps", type=int, default=3, help="of each kind, in turn")
    options.add_argument("--batch", type=int, default=1000, help="alerts of a poll, at most")
    add_option(options)
    chosen = options.parse_args()
    pin(cores().client)
    keep_freed_memory()
    with Part("many-filters", written=chosen.page) as part:
        packets, origin = night(chosen.alerts)
        part.say(f"{len(packets)} alerts, {origin}; {FILTERS} filters of {CLAUSES} clauses.")
        found = measure(packets, chosen.laps, chosen.batch, Console(highlight=False))
        part.show(table(found))


if __name__ == "__main__":
    main()
