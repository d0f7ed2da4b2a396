"""`python -m benchmarks.lake_live`: how soon an alert is in the lake, and what keeping one costs.

Lite records as a worker publishes them are sent to a real Kafka at a steady rate, `gueststar lake
write` keeps them, and a reader opens the lake again and again: an alert's age is from Kafka's
timestamp to the reader's first sight of it. Then as many are sent at once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import psutil
from confluent_kafka import Message, Producer
from rich.console import Console
from rich.table import Table

from benchmarks.compression import pipeline
from benchmarks.night import night
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.ports import Message as Came
from kafka_node.node import KafkaNode
from lake.layout import NIGHT
from lake.part import Part
from lake.standing import standing

TOPIC: Final = "enriched"
PARTITIONS: Final = 4
DIFFERENT: Final = 835
"""Records that are encoded; they come again from the first."""
LOOK_S: Final = 0.1
END_S_MAX: Final = 120.0
CONFIG: Final = """
[kafka]
bootstrap = "{address}"
[topics]
input = ["survey"]
enriched = "enriched"
[metrics]
port = 22500
ports_max = 100
[lake]
path = "lake"
packets = {packets}
"""

Place = tuple[int, int]
"""Partition and offset."""


class Lap(NamedTuple):
    """What was measured of so many alerts."""

    alerts: int
    ages_s: list[float]
    cpu_us: float
    """Of the writer, an alert."""
    bytes: dict[str, float]
    """An alert, by folder."""
    parts: int


class Sight:
    """What a reader has seen of a lake."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake
        self._parts: set[str] = set()
        self.seen_s: dict[Place, float] = {}

    def look(self) -> None:
        """Read where the alerts of parts that are new lay."""
        for one in standing(self._lake):
            if one.mark not in self._parts:
                self._parts.add(one.mark)
                part = Part(one)
                for group in range(part.groups):
                    columns = (
                        part.column(group, f"topic_{name}") for name in ("partition", "offset")
                    )
                    now_s = time.time()
                    for place in zip(*(column.tolist() for column in columns), strict=True):
                        self.seen_s.setdefault(place, now_s)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.lake_live", description=main.__doc__
    )
    options.add_argument("--alerts", type=int, default=20_000)
    options.add_argument("--rate", type=float, default=333.0, help="alerts a second")
    chosen = options.parse_args()
    values = records(DIFFERENT)
    show(
        {
            f"{rate:,.0f}/s, {'with' if packets else 'without'} packets": lap(
                values, chosen.alerts, rate, packets=packets
            )
            for rate, packets in ((chosen.rate, True), (chosen.rate, False), (1e6, True))
        }
    )


def records(count: int) -> list[bytes]:
    """Lite records as a worker publishes them."""
    packets, _ = night(count)
    came = [Came("survey", 0, n, 0, None, packet) for n, packet in enumerate(packets)]
    outputs = pipeline("lite", "container").process(came).outputs
    return [one.value for one in outputs if one.topic == "enriched"]


def lap(values: Sequence[bytes], alerts: int, rate: float, *, packets: bool) -> Lap:
    """So many alerts through a Kafka and a lake of their own."""
    with tempfile.TemporaryDirectory() as name, KafkaNode() as node:
        folder = Path(name)
        KafkaAdmin(Connection(node.address)).create([TopicSettings(TOPIC, PARTITIONS)])
        config = folder / "lake.toml"
        config.write_text(CONFIG.format(address=node.address, packets=str(packets).lower()))
        sight = Sight(folder / "lake")
        with writer(config) as process:
            warm(node.address, values[0], sight)
            before_s = sum(process.cpu_times()[:2])
            sent_s = send(node.address, values, alerts, rate, sight)
            while len(sight.seen_s) < alerts + 1:
                sight.look()
                time.sleep(LOOK_S)
            cpu_s = sum(process.cpu_times()[:2]) - before_s
        ages_s = [sight.seen_s[place] - at_s for place, at_s in sent_s.items()]
        parts = len(standing(folder / "lake"))
        return Lap(alerts, ages_s, cpu_s / alerts * 1e6, sizes(folder / "lake", alerts), parts)


@contextmanager
def writer(config: Path) -> Iterator[psutil.Process]:
    """`gueststar lake write`, until it is over."""
    command = "from gueststar.command import main; main()"
    started = subprocess.Popen([sys.executable, "-c", command, "lake", "write", str(config)])
    try:
        yield psutil.Process(started.pid)
    finally:
        started.terminate()
        started.wait(END_S_MAX)


def warm(address: str, value: bytes, sight: Sight) -> None:
    """One alert through all of it."""
    producer = Producer({"bootstrap.servers": address})
    producer.produce(TOPIC, value=value, partition=0)
    producer.flush()
    while not sight.seen_s:
        sight.look()
        time.sleep(LOOK_S)


def send(
    address: str, values: Sequence[bytes], alerts: int, rate: float, sight: Sight
) -> dict[Place, float]:
    """Send at a rate, and look meanwhile; when Kafka took each, by its place."""
    taken_s: dict[Place, float] = {}

    def taken(_: object, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        taken_s[partition, offset] = message.timestamp()[1] / 1e3

    producer = Producer({"bootstrap.servers": address, "linger.ms": 0})
    began_s = looked_s = time.monotonic()
    for number, value in enumerate(islice(cycle(values), alerts)):
        while (now_s := time.monotonic()) < began_s + number / rate:
            if now_s > looked_s + LOOK_S:
                sight.look()
                looked_s = now_s
            producer.poll(0.001)
        producer.produce(TOPIC, value=value, partition=number % PARTITIONS, on_delivery=taken)
        producer.poll(0)
    producer.flush()
    return taken_s


def sizes(lake: Path, alerts: int) -> dict[str, float]:
    """Bytes an alert, by folder."""
    return {
        folder: sum(one.stat().st_size for one in lake.glob(f"{folder}/{NIGHT}*/[!.]*")) / alerts
        for folder in ("alerts", "light_curves", "_packets")
    }


def show(laps: dict[str, Lap]) -> None:
    """In a table."""
    table = Table("", "age p50, p99, max", "CPU an alert", "bytes an alert", "parts")
    for name, one in laps.items():
        ages = np.quantile(one.ages_s, (0.5, 0.99, 1.0))
        held = ", ".join(f"{folder} {size:,.0f}" for folder, size in one.bytes.items())
        ages_s = ", ".join(f"{age:.1f}" for age in ages)
        table.add_row(name, f"{ages_s} s", f"{one.cpu_us:,.0f} µs", held, str(one.parts))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
