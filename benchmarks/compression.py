"""`python -m benchmarks.compression`: what a record costs on a topic, by form, framing and codec.

Real alerts are scored and encoded as a worker does, sent in transactions to a real Kafka, and read
again. Bytes are those of the topic's log: Kafka keeps, copies and hands on what the client sent.
CPU is that of the client's process with all its threads, which compress and decompress.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple, get_args

from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from benchmarks.night import night
from benchmarks.whole_path import values
from broker.alerts.packer import Topics
from broker.alerts.pipeline import Pipeline
from broker.clock import SystemClock
from broker.kafka import Connection, KafkaAdmin, KafkaSink, TopicSettings
from broker.kafka.connection import Compression
from broker.ports import Message, Output
from classifiers.served import BUILT_IN, served
from filters.filter_set import FilterSet
from gueststar.allocator import keep_freed_memory
from kafka_node.node import KafkaNode
from lake.archives import Archive
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.enriched_framing import FramingName
from schemas.form import Form

RUBIN: Final = Path("lsst", "lsstcam")
"""Within GUESTSTAR_DATA: real packets of Rubin's."""
BATCHES: Final = (300, 10)
"""Alerts a transaction: of a fast stream, and of a slow one."""
MESSAGE_BYTES_MAX: Final = 1_000_000
CODECS: Final[tuple[Compression, ...]] = ("none", "snappy", "lz4", "zstd")
"""Without gzip, which takes ten times the CPU of any of them."""


class OneId:
    """A registry that knows one id."""

    def register(self, subject: str, schema: str) -> int:
        """The same for all."""
        return 1


class Cost(NamedTuple):
    """Of an alert."""

    kb: float
    write_us: float
    read_us: float
    seconds: float


class Trial:
    """A topic of one kind of record, written and read."""

    def __init__(self, node: KafkaNode, topic: str, compression: Compression) -> None:
        """Creates the topic."""
        self._node, self._topic = node, topic
        self._link = Connection(node.address)
        KafkaAdmin(self._link).create([TopicSettings(topic)])
        self._sink = KafkaSink(
            self._link, group=topic, worker="one", topics=[topic], compression=compression
        )
        self._sink.rebuild()

    def cost(self, outputs: Sequence[Output], batch: int, laps: int) -> Cost:
        """Medians of some laps; one before them pays for the start."""
        self._write(outputs, batch)
        bytes_before = self._log_bytes()
        walls, cpus = zip(*(self._write(outputs, batch) for _ in range(laps)), strict=True)
        sent, size = laps * len(outputs), self._log_bytes() - bytes_before
        self._sink.close()
        read_s = self._read(sent + len(outputs))
        return Cost(
            size / sent / 1e3,
            median(cpus) * 1e6 / len(outputs),
            read_s * 1e6 / (sent + len(outputs)),
            median(walls),
        )

    def _write(self, outputs: Sequence[Output], batch: int) -> tuple[float, float]:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for begin in range(0, len(outputs), batch):
            self._sink.begin()
            self._sink.produce(
                [one._replace(topic=self._topic) for one in outputs[begin : begin + batch]]
            )
            self._sink.commit()
        return time.perf_counter() - wall_s, time.process_time() - cpu_s

    def _read(self, messages: int) -> float:
        """CPU seconds."""
        cpu_s = time.process_time()
        read = sum(1 for _ in values(self._node.address, self._topic))
        assert read == messages, f"{read} of {messages} were read"
        return time.process_time() - cpu_s

    def _log_bytes(self) -> int:
        folder = self._node.folder / "data" / f"{self._topic}-0"
        return sum(path.stat().st_size for path in folder.glob("*.log"))


def pipeline(form: Form, framing: FramingName) -> Pipeline:
    """One that publishes every alert to one topic, in one shape."""
    return Pipeline(
        decoder=Decoder(),
        stages=served(tuple(BUILT_IN)),
        filters=FilterSet(),
        enricher=Enricher(registrar=OneId()),
        topics=Topics(forms={"enriched": form}, framing=framing),
        bytes_max=lambda _: MESSAGE_BYTES_MAX,
        clock=SystemClock(),
        broker_version="benchmark",
    )


def surveys(alerts: int) -> Iterator[tuple[str, list[bytes]]]:
    """By survey, so many packets."""
    packets, origin = night(alerts)
    yield origin, packets
    rubin = Path(os.environ.get("GUESTSTAR_DATA", ""), RUBIN)
    if rubin.is_dir():
        real = [packet.data for packet in islice(Archive(rubin), alerts)]
        yield f"{len(real)} real Rubin packets", list(islice(cycle(real), alerts))


def measure(node: KafkaNode, packets: Sequence[bytes], laps: int) -> Table:
    """The table of one survey."""
    table = Table("record", "codec")
    for batch in BATCHES:
        for column in (f"kB, {batch} at once", "write µs", "read µs", "ms"):
            table.add_column(column, justify="right")
    messages = [Message("in", 0, at, -1, None, one) for at, one in enumerate(packets)]
    for form in get_args(Form):
        for framing in get_args(FramingName):
            outputs = pipeline(form, framing).process(messages).outputs
            assert {one.topic for one in outputs} == {"enriched"}, "no dead letter is measured"
            mean_kb = sum(one.size_bytes for one in outputs) / len(outputs) / 1e3
            for codec in CODECS:
                costs = []
                for batch in BATCHES:
                    topic = f"{form}-{framing}-{codec}-{batch}-{time.monotonic_ns()}"
                    costs.append(Trial(node, topic, codec).cost(outputs, batch, laps))
                cells = [cell for cost in costs for cell in _cells(cost, len(packets))]
                table.add_row(f"{form} {framing}, {mean_kb:.1f} kB", codec, *cells)
    return table


def _cells(cost: Cost, alerts: int) -> tuple[str, ...]:
    return (
        f"{cost.kb:.1f}",
        f"{cost.write_us:.0f}",
        f"{cost.read_us:.0f}",
        f"{cost.seconds * 1e3 / alerts:.2f}",
    )


def main() -> None:
    """Print a table for each survey."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.compression")
    options.add_argument("--alerts", type=int, default=300)
    options.add_argument("--laps", type=int, default=5)
    chosen = options.parse_args()
    console = Console(highlight=False, width=150)
    console.print(f"What a record costs on the topics; {cores()}")
    keep_freed_memory()
    pin(cores().server)
    with KafkaNode() as node:
        pin(cores().client)
        for origin, packets in surveys(chosen.alerts):
            console.print(origin)
            console.print(measure(node, packets, chosen.laps))


if __name__ == "__main__":
    main()
