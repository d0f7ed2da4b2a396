"""`python -m benchmarks.stretch`: the whole path on both surveys' packets, beside its ceiling.

One worker on one core with all networks and built-in filters, and a worker that only hands the
same bytes on (`pass_through`), lap after lap in turn; the same with 45 partitions where there was
one; and two workers where there was one. The goal is Rubin's stretch rate: 100,000 alerts a visit
of 39 s.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from benchmarks import budget
from benchmarks.budget import Took
from benchmarks.cases import ENRICHED, FORMS, PARTITIONS, Case, Laps, cases
from benchmarks.copier import measure_copies
from benchmarks.cores import cores, pin
from benchmarks.night import night
from benchmarks.page import Part, add_option
from benchmarks.pass_through import Published, handed_on, published
from benchmarks.pictures import draw_throughput
from benchmarks.processes import cpu_clock, settle
from benchmarks.rubin_night import rubin_night
from benchmarks.stamps_clock import StampsWatch, stamps_timed
from benchmarks.stretch_tables import (
    SHARED_TIMES,
    WORKERS,
    copies_table,
    partitions_table,
    took,
    whole_table,
    workers_table,
)
from benchmarks.together import together
from benchmarks.whole_path import Lap, Patient, Stopwatch, fill, messages, run_worker
from broker.assembly import build, connect, provide_topics
from broker.kafka import KafkaAdmin
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode

OURS: Final = "ours-"
CEILING: Final = "ceiling-"
SHARED: Final = "shared-"
"""How the names of what is published begin. The laps of a case share their topics: what the first
message in a partition costs Kafka is no alert's."""


def measure(all_cases: Sequence[Case], node: KafkaNode, laps: int) -> list[Laps]:
    """Ours and the ceiling of each case in turn, so many times, and once before, not counted."""
    for case in {case.topic: case for case in all_cases}.values():
        fill(node.address, case.packets, [], topic=case.topic, partitions=case.partitions)
    what = [_first(case, node) for case in all_cases]
    found = [_none(*each) for each in zip(all_cases, what, strict=True)]
    settle(node.pid)
    with stamps_timed() as stamps_s:
        for lap in range(laps):
            for one, handed in zip(found, what, strict=True):
                one.ours.append(_ours(one.case, node, lap, stamps_s))
                one.ceiling.append(_ceiling(one.case, node, lap, handed))
    for case in all_cases:
        for prefix in (OURS, CEILING + OURS):
            require_all(node.address, prefix + case.prefix, len(case.packets) * (1 + laps))
    return found


def _first(case: Case, node: KafkaNode) -> Published:
    """What ours publishes, for the ceiling to hand on."""
    prefix = OURS + case.prefix
    _warm(case, node, prefix)
    what = published(node.address, prefix)
    through = case.settings(node.address, CEILING + prefix)
    handed_on(through, what, Stopwatch(len(case.packets)), CEILING)
    return what


def _warm(case: Case, node: KafkaNode, prefix: str) -> None:
    """A lap that is not counted, over topics that Kafka has made by then."""
    chosen = case.settings(node.address, prefix)
    provide_topics(build(chosen), KafkaAdmin(connect(chosen)))
    settle(node.pid)
    run_worker(chosen, Patient(len(case.packets)))


def _none(case: Case, what: Published) -> Laps:
    sizes = (len(each.value) for some in what.values() for each in some)
    return Laps(case, sum(sizes) / len(case.packets), [], [])


def _ours(case: Case, node: KafkaNode, lap: int, stamps_s: Callable[[], float]) -> Lap:
    chosen = case.settings(node.address, OURS + case.prefix, f"{lap}-{OURS}{case.prefix}")
    watch = StampsWatch(len(case.packets), server_s=cpu_clock(node.pid), stamps_s=stamps_s)
    return run_worker(chosen, watch).lap()


def _ceiling(case: Case, node: KafkaNode, lap: int, what: Published) -> Lap:
    prefix = CEILING + OURS + case.prefix
    chosen = case.settings(node.address, prefix, f"{lap}-{prefix}")
    watch = Stopwatch(len(case.packets), server_s=cpu_clock(node.pid))
    return handed_on(chosen, what, watch, CEILING).lap()


def require_all(bootstrap: str, prefix: str, alerts: int) -> None:
    """Who reads what was committed finds each alert's record, and no more."""
    count = sum(1 for _ in messages(bootstrap, prefix + ENRICHED))
    assert count == alerts, f"{prefix}{ENRICHED} has {count} records of {alerts} alerts"


def measure_workers(case: Case, node: KafkaNode, laps: int) -> dict[int, list[Lap]]:
    """By how many workers share a case, in turn, and once before, not counted."""
    case = case._replace(
        survey=f"{case.survey}-shared",
        packets=[*case.packets] * SHARED_TIMES,
        partitions=PARTITIONS,
    )
    alerts, found = len(case.packets), {workers: list[Lap]() for workers in WORKERS}
    fill(node.address, case.packets, [], topic=case.topic, partitions=PARTITIONS)
    prefix = SHARED + case.prefix
    _warm(case, node, prefix)
    settle(node.pid)
    for lap in range(laps):
        for workers, of in found.items():
            chosen = case.settings(node.address, prefix, f"{lap}-{workers}-{prefix}")
            of.append(together(chosen, alerts, workers, cpu_clock(node.pid)))
    require_all(node.address, prefix, alerts * (1 + laps * len(WORKERS)))
    return found


def tell_budgets(part: Part, found: Sequence[Laps]) -> dict[str, Took]:
    """The budgets of lite records, and who is over; what each step took, by case."""
    lite = [one for one in found if one.case.form == FORMS[0]]
    by_case: dict[str, Took] = {one.case.title: took(one.ours) for one in lite}
    for one in lite:
        load = budget.load_of(one.case, one.published)
        part.show(budget.table(one.case, load, by_case[one.case.title]))
    for one in lite:
        part.say(budget.verdict(one.case, by_case[one.case.title]))
    return by_case


def tell(part: Part, alerts: int, laps: int) -> dict[str, Took]:
    """Measure and print all; what each step took, by case."""
    nights = (night(alerts), rubin_night(alerts))
    for one in filter(None, nights):
        size_kb = sum(map(len, one.packets)) / len(one.packets) / 1e3
        part.say(f"{len(one.packets)} alerts of {size_kb:.0f} kB on the mean: {one.origin}.")
    all_cases = list(cases(*nights))
    lite = [case for case in all_cases if case.form == FORMS[0]]
    with kafka() as node:
        found = measure(all_cases, node, laps)
        part.show(whole_table(found))
        by_case = tell_budgets(part, found)
        part.show(copies_table([measure_copies(case, node, laps) for case in lite]))
    # Another: to have so many partitions costs a Kafka much, whoever is served.
    with kafka() as node:
        few, many = measure([lite[0], lite[0]._replace(partitions=PARTITIONS)], node, laps)
        part.show(partitions_table(few, many))
        pin(cores().all)
        part.show(workers_table(measure_workers(lite[0], node, laps)))
    if path := part.picture("throughput", "Microseconds an alert, by step, beside the ceiling"):
        draw_throughput(found, path)
    return by_case


@contextmanager
def kafka() -> Iterator[KafkaNode]:
    """One on its cores, and we on ours."""
    pin(cores().server)
    with KafkaNode() as node:
        pin(cores().client)
        yield node


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.stretch", description=__doc__)
    options.add_argument("--alerts", type=int, default=4000, help="through Kafka, each lap")
    options.add_argument("--laps", type=int, default=3, help="of each kind, in turn")
    add_option(options)
    chosen = options.parse_args()
    pin(cores().client)
    keep_freed_memory()
    with Part("stretch", written=chosen.page) as part:
        part.say(f"Laps of each kind, in turn: {chosen.laps}.")
        by_case = tell(part, chosen.alerts, chosen.laps)
    if chosen.page:
        budget.land(by_case)


if __name__ == "__main__":
    main()
