"""`python -m benchmarks.latency`: from an alert's sending to its record's reading, by rate.

A sender and a read_committed reader in this process, a worker in another, Kafka beside the sender.
Ours with all networks and built-in filters, and one that only hands the same bytes on
(`pass_through`), lap after lap in turn: what Kafka's transactions take differs by machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import median
from threading import Thread
from typing import Final, NamedTuple

import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition
from rich.table import Table

from benchmarks.cases import ENRICHED, Case
from benchmarks.cores import cores, pin
from benchmarks.night import night
from benchmarks.page import Part, add_option
from benchmarks.pass_through import Published, handed_on, published
from benchmarks.pictures import draw_latency
from benchmarks.whole_path import FREE_RATE, Stopwatch, fill, run_worker
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.settings import Settings
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode

RATES: Final = (10.0, 100.0, 333.0, 1000.0)
"""Alerts a second."""
BURSTS: Final = (10_000, 40_000)
GOALS_S: Final = {10_000: 6.0, 40_000: 25.0}
PERCENTS: Final = (50.0, 99.0)
RATIO_MAX: Final = 1.2
"""Of the ceiling's latency: the goal at all rates but the last."""
LAP_S: Final = 15.0
WARM_ALERTS: Final = 50
WARM_PER_S: Final = 100.0
HANDED_ALERTS: Final = 2_000
"""As many are handed on, again and again."""
WAIT_S_MAX: Final = 120.0
WIDTH: Final = 88


class Stop(Stopwatch):
    """Ends a worker once it is told to."""

    def __init__(self, alerts_max: int, stop: Event) -> None:
        super().__init__(alerts_max)
        self._stop = stop

    @property
    def is_done(self) -> bool:
        return self._stop.is_set()


class Reader(Thread):
    """When each record of a topic of one partition came, in order."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__(daemon=True)
        self.came_s: list[float] = []
        self.is_over = False
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "benchmark-reader",
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 5,
                "fetch.queue.backoff.ms": 10,
            }
        )
        self._consumer.assign([TopicPartition(topic, 0, 0)])

    def run(self) -> None:
        """Until it is over."""
        while not self.is_over:
            came = self._consumer.consume(1_000, 0.02)
            self.came_s += [time.monotonic()] * sum(each.error() is None for each in came)
        self._consumer.close()

    def wait(self, count: int) -> None:
        """Until so many came. Raises TimeoutError."""
        deadline_s = time.monotonic() + WAIT_S_MAX
        while len(self.came_s) < count:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{len(self.came_s)} of {count} records within {WAIT_S_MAX} s")
            time.sleep(0.01)


class Kind(NamedTuple):
    """Who works: ours where there is nothing to hand on."""

    name: str
    what: Published | None


def serve(chosen: Settings, kind: Kind, prefix: str, stop: Event) -> None:
    """One worker, in a process of its own."""
    pin(cores().client)
    keep_freed_memory()
    if kind.what is None:
        run_worker(chosen, Stop(HANDED_ALERTS, stop))
    else:
        handed_on(chosen, kind.what, Stop(HANDED_ALERTS, stop), prefix)


@contextmanager
def at_work(case: Case, bootstrap: str, kind: Kind, prefix: str) -> Iterator[Reader]:
    """A worker over a topic of its own, and who reads what it publishes."""
    chosen = case.settings(bootstrap, prefix)
    # What is handed on keeps its topic's name behind a prefix of the lap's.
    lies = prefix + (ENRICHED if kind.what is None else next(iter(kind.what)))
    admin = KafkaAdmin(Connection(bootstrap))
    admin.create([TopicSettings(name) for name in (case.topic, lies)])
    spawn = get_context("spawn")
    stop = spawn.Event()
    worker = spawn.Process(target=serve, args=(chosen, kind, prefix, stop))
    worker.start()
    reader = Reader(bootstrap, lies)
    reader.start()
    try:
        yield reader
    finally:
        stop.set()
        reader.is_over = True
        worker.join()
        reader.join()


def send(bootstrap: str, topic: str, packets: Sequence[bytes], alerts_per_s: float) -> list[float]:
    """When each was sent."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    began_s, sent_s = time.monotonic(), []
    for number, packet in enumerate(packets):
        while (early_s := began_s + number / alerts_per_s - time.monotonic()) > 0:
            time.sleep(early_s)
        sent_s.append(time.monotonic())
        while True:
            try:
                producer.produce(topic, packet)
            except BufferError:
                producer.poll(0.05)
            else:
                break
        producer.poll(0)
    producer.flush()
    return sent_s


class Stream(NamedTuple):
    """So many, at a steady rate."""

    alerts: int
    alerts_per_s: float


class Lap(NamedTuple):
    """One rate, or one burst."""

    latencies_s: list[float]
    """Of each alert, in order."""
    whole_s: float
    """From the first's sending to the last's reading."""

    def percentile_ms(self, percent: float) -> float:
        """Of all alerts."""
        return float(np.percentile(self.latencies_s, percent)) * 1e3

    @property
    def growth_s(self) -> float:
        """How much later the last tenth came than the second."""
        tenth = max(1, len(self.latencies_s) // 10)
        return median(self.latencies_s[-tenth:]) - median(self.latencies_s[tenth : 2 * tenth])


def lap(case: Case, bootstrap: str, kind: Kind, prefix: str, stream: Stream) -> Lap:
    """A stream for a worker that waits for it."""
    case = case._replace(survey=f"{case.survey}-{prefix}")
    packets = list(islice(cycle(case.packets), stream.alerts))
    with at_work(case, bootstrap, kind, prefix) as reader:
        warm = packets[:WARM_ALERTS]
        send(bootstrap, case.topic, warm, WARM_PER_S)
        reader.wait(len(warm))
        sent_s = send(bootstrap, case.topic, packets, stream.alerts_per_s)
        reader.wait(len(warm) + stream.alerts)
        came_s = reader.came_s[len(warm) :]
    latencies = [came - sent for came, sent in zip(came_s, sent_s, strict=True)]
    return Lap(latencies, came_s[-1] - sent_s[0])


Laps = dict[str, list[Lap]]
"""By kind."""


def in_turn(kinds: Sequence[Kind], laps: int, one: Callable[[Kind, str], Lap], title: str) -> Laps:
    """Each kind, so many times."""
    found: Laps = {kind.name: [] for kind in kinds}
    for number in range(laps):
        for kind in kinds:
            found[kind.name].append(one(kind, f"{title}-{number}-{kind.name}-"))
    return found


def rates_table(found: dict[float, Laps]) -> Table:
    """Medians over the laps, in milliseconds."""
    title = f"From sent to read, ms (goal: {RATIO_MAX} times what handing on takes)"
    table = Table(title=title, title_justify="left", min_width=WIDTH)
    for column in ("alerts/s", "p50", "handed on", "ratio", "p99", "handed on", "ratio", "grows"):
        table.add_column(column, justify="right")
    for rate, laps in found.items():
        row = [f"{rate:,.0f}"]
        for percent in PERCENTS:
            ours, other = (of[percent] for of in percentiles(laps).values())
            row += [f"{ours:,.0f}", f"{other:,.0f}", f"{ours / other:.2f}"]
        growth_s = median(each.growth_s for each in laps["ours"])
        table.add_row(*row, f"{growth_s * 1e3:+,.0f}")
    return table


def bursts_table(found: dict[int, Laps]) -> Table:
    """Medians over the laps, in seconds."""
    table = Table(title="Bursts: all read after, s", title_justify="left", min_width=WIDTH)
    for column in ("alerts", "ours", "handed on", "goal"):
        table.add_column(column, justify="right")
    for alerts, laps in found.items():
        shown = [f"{median(each.whole_s for each in some):.1f}" for some in laps.values()]
        table.add_row(f"{alerts:,}", *shown, f"{GOALS_S.get(alerts, '')}")
    return table


def handed(case: Case, bootstrap: str) -> Published:
    """What ours makes of the packets, to be handed on; the topic of all alerts is the first."""
    first = f"first-{case.survey}-"
    fill(bootstrap, case.packets, [], topic=case.topic)
    run_worker(case.settings(bootstrap, first), Stopwatch(len(case.packets)))
    what = published(bootstrap, first)
    return dict(sorted(what.items(), key=lambda item: item[0] != first + ENRICHED))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    options.add_argument("--laps", type=int, default=3, help="of each kind, in turn")
    options.add_argument("--rates", type=float, nargs="*", default=RATES, help="alerts a second")
    options.add_argument("--bursts", type=int, nargs="*", default=BURSTS, help="alerts at once")
    add_option(options)
    chosen = options.parse_args()
    with Part("latency", written=chosen.page) as part:
        tell(part, chosen.laps, chosen.rates, chosen.bursts)


def tell(part: Part, laps: int, rates: Sequence[float], bursts: Sequence[int]) -> None:
    """Measure and print all."""
    packets, origin = night(HANDED_ALERTS)
    part.say(f"{origin}, {laps} laps; {cores()}, and with it sender and reader.")
    case = Case("ZTF", packets, 0.0, None, "lite")
    pin(cores().server)
    with KafkaNode() as node:
        kinds = (Kind("ours", None), Kind("handed-on", handed(case, node.address)))

        def found(stream: Stream) -> Laps:
            def one(kind: Kind, prefix: str) -> Lap:
                return lap(case, node.address, kind, prefix, stream)

            return in_turn(kinds, laps, one, "{}-at-{:.0f}".format(*stream))

        by_rate = {rate: found(Stream(round(rate * LAP_S), rate)) for rate in rates}
        part.show(rates_table(by_rate))
        by_burst = {alerts: found(Stream(alerts, FREE_RATE)) for alerts in bursts}
        part.show(bursts_table(by_burst))
    if path := part.picture("latency", "From sent to read by rate, p50 and p99"):
        draw_latency({rate: percentiles(of) for rate, of in by_rate.items()}, path)


def percentiles(laps: Laps) -> dict[str, dict[float, float]]:
    """Medians over the laps, in ms, by kind and percent."""
    return {
        kind: {each: median(lap.percentile_ms(each) for lap in some) for each in PERCENTS}
        for kind, some in laps.items()
    }


if __name__ == "__main__":
    main()
