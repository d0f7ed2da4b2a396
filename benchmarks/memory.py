"""`python -m benchmarks.memory`: what a worker holds in memory over a million alerts.

One worker over ZTF's packets, again and again, each with an id of its own, as a worker keeps those
that it has seen. They are sent while it works, never far ahead, and Kafka forgets what is read.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import count, cycle, islice
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Final, NamedTuple

import numpy as np
from rich.table import Table

from benchmarks.cases import ENRICHED, Case
from benchmarks.cores import cores, pin
from benchmarks.latency import send
from benchmarks.night import night
from benchmarks.page import Part, add_option
from benchmarks.pictures import draw_memory
from benchmarks.processes import cpu_s, resident_mb
from benchmarks.whole_path import FREE_RATE, Stopwatch, run_worker
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.observer import BatchReport
from broker.settings import Settings
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode
from schemas.decode import Decoder

NIGHT: Final = 10_000_000
"""Alerts that Rubin is to send in a night."""
REAL: Final = 2_000
"""Packets to take from, at most."""
TURN: Final = 1_000
"""Alerts that are sent at once."""
AHEAD_MAX: Final = 3_000
"""Alerts that wait in Kafka."""
LOOK_S: Final = 0.02
SAMPLE_S: Final = 3.0
SETTLED: Final = 0.2
"""Of the alerts: what comes before is the start, and is left out of the slope."""
GOAL_MB: Final = 1_000.0
FORGETTING: Final = {
    "log.retention.bytes": str(1 << 30),
    "log.segment.bytes": str(128 << 20),
    "log.retention.check.interval.ms": "3000",
    "log.segment.delete.delay.ms": "1000",
}
"""Kafka's settings: several times of what may wait, so that nothing is forgotten unread."""
STILL_S_MAX: Final = 300.0
"""Without a commit."""


class Sample(NamedTuple):
    """What stood at one moment."""

    alerts: int
    resident_mb: float
    worker_s: float
    """CPU seconds so far."""
    server_s: float


class Shared(NamedTuple):
    """What the worker's process and ours know of one another."""

    stop: Event
    done: Synchronized[int]
    """Alerts that were committed."""
    published: Synchronized[int]
    """To the topic of all alerts, by the ledger."""


class Counting(Stopwatch):
    """Keeps nothing of a batch: it counts, and ends the worker once it is told to."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(0)
        self._shared = shared

    @property
    def is_done(self) -> bool:
        return self._shared.stop.is_set()

    def on_batch(self, report: BatchReport[object]) -> None:
        """A batch was committed."""
        entry = report.entry
        self._shared.published.value += sum(
            number for topic, number in entry.counts.published.items() if topic.endswith(ENRICHED)
        )
        self._shared.done.value += entry.consumed


def distinct(packets: Sequence[bytes]) -> Iterator[bytes]:
    """ZTF's packets again and again, without end, each with an id that no other has."""
    ids = Decoder().decode(packets).alert_id.tolist()
    written = [(packet, varint(each)) for packet, each in zip(packets, ids, strict=True)]
    for alert_id, (packet, old) in zip(count(min(ids)), cycle(written), strict=False):
        new = varint(alert_id)
        assert len(new) == len(old), "an id of another length makes another record"
        yield packet.replace(old, new)


def varint(value: int) -> bytes:
    """A whole number as Avro writes it: zigzag, seven bits a byte."""
    left, written = (value << 1) ^ (value >> 63), bytearray()
    while left > 0x7F:
        written.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*written, left])


def serve(chosen: Settings, shared: Shared) -> None:
    """The worker, in a process of its own."""
    pin(cores().client)
    keep_freed_memory()
    run_worker(chosen, Counting(shared))


class Looks:
    """Looks at the worker and at Kafka, every few seconds."""

    def __init__(self, worker: int, server: int) -> None:
        self.samples: list[Sample] = []
        self._worker, self._server, self._next_s = worker, server, time.monotonic()

    def look(self, alerts: int) -> None:
        """Where it is time."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + SAMPLE_S
            self.take(alerts)

    def take(self, alerts: int) -> None:
        """One more sample."""
        both = cpu_s(self._worker), cpu_s(self._server)
        self.samples.append(Sample(alerts, resident_mb(self._worker), *both))


def run(case: Case, node: KafkaNode, alerts: int) -> list[Sample]:
    """A worker over so many alerts."""
    KafkaAdmin(Connection(node.address)).create([TopicSettings(case.topic)])
    spawn = get_context("spawn")
    shared = Shared(spawn.Event(), spawn.Value("q", 0), spawn.Value("q", 0))
    worker = spawn.Process(target=serve, args=(case.settings(node.address, "memory-"), shared))
    worker.start()
    assert worker.pid is not None
    looks = Looks(worker.pid, node.pid)
    try:
        feed(case, node, shared, alerts, looks)
    finally:
        shared.stop.set()
        worker.join()
    return looks.samples


def feed(case: Case, node: KafkaNode, shared: Shared, alerts: int, looks: Looks) -> None:
    """Send so many alerts, never far ahead, until all are done."""
    packets, sent, seen, moved_s = distinct(case.packets), 0, 0, time.monotonic()
    while seen < alerts:
        if sent < alerts and sent - seen <= AHEAD_MAX - TURN:
            turn = list(islice(packets, min(TURN, alerts - sent)))
            send(node.address, case.topic, turn, FREE_RATE)
            sent += len(turn)
        looks.look(seen)
        time.sleep(LOOK_S)
        if shared.done.value > seen:
            seen, moved_s = shared.done.value, time.monotonic()
        if time.monotonic() - moved_s > STILL_S_MAX:
            raise TimeoutError(f"the worker stands still after {seen} of {alerts} alerts")
    looks.take(seen)
    counted = shared.done.value, shared.published.value
    assert counted == (alerts, alerts), f"{counted} consumed and published of {alerts}"


def table(samples: Sequence[Sample]) -> Table:
    """What the samples say."""
    settled = after_start(samples)
    first, last = settled[0], settled[-1]
    million = (last.alerts - first.alerts) / 1e6
    night_h = NIGHT / 1e6 / 3600
    rows = {
        "alerts": f"{samples[-1].alerts:,}",
        "at most, MB": f"{max(each.resident_mb for each in samples):,.0f}",
        "goal, MB": f"{GOAL_MB:,.0f}",
        "grows by, MB per million alerts": f"{slope_mb(settled):+,.1f}",
        "worker's CPU, µs an alert": f"{(last.worker_s - first.worker_s) / million:,.0f}",
        f"CPU hours for {NIGHT:,} alerts, extrapolated: worker": (
            f"{(last.worker_s - first.worker_s) / million * night_h:.1f}"
        ),
        "  the same of Kafka, to which they are sent, too": (
            f"{(last.server_s - first.server_s) / million * night_h:.1f}"
        ),
    }
    shown = Table("", "one worker", title="Resident memory", title_justify="left")
    shown.columns[1].justify = "right"
    for name, value in rows.items():
        shown.add_row(name, value)
    return shown


def after_start(samples: Sequence[Sample]) -> list[Sample]:
    """Those once the worker has settled."""
    return [each for each in samples if each.alerts >= SETTLED * samples[-1].alerts]


def slope_mb(samples: Sequence[Sample]) -> float:
    """MB that a million alerts add, by least squares."""
    alerts = [each.alerts / 1e6 for each in samples]
    return float(np.polyfit(alerts, [each.resident_mb for each in samples], 1)[0])


def main() -> None:
    """Measure, print and draw."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    options.add_argument("--alerts", type=int, default=1_000_000, help="through one worker")
    add_option(options)
    chosen = options.parse_args()
    with Part("memory", written=chosen.page) as part:
        packets, origin = night(REAL)
        once = list(dict.fromkeys(packets))
        part.say(f"{chosen.alerts:,} alerts: {origin}, again and again.")
        pin(cores().server)
        with KafkaNode(settings=FORGETTING) as node:
            samples = run(Case("ZTF", once, 0.0, None, "lite"), node, chosen.alerts)
        part.show(table(samples))
        if path := part.picture("memory", "A worker's resident memory by the alerts it had done"):
            alerts, resident, *_ = zip(*samples, strict=True)
            draw_memory(alerts, resident, path)


if __name__ == "__main__":
    main()
