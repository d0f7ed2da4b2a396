"""How well a replay keeps its pace, and how long a burst takes: `python -m benchmarks.pace`.

An invented night goes to a real Kafka of one node; when each packet was on its topic is read from
there. A burst's time runs from when it was due to its last commit. Rubin's peaks alone:
`--seconds 0 --burst 40000 100000`; each has a Kafka of its own, whose files take 56 kB a packet.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.processes import cpu_s
from broker.clock import SystemClock
from broker.kafka import Connection, KafkaAdmin, KafkaSink, KafkaSource, TopicSettings
from kafka_node.node import KafkaNode
from lake.archives import Archive
from replay.ahead import ahead
from replay.invention import invent
from replay.pacing import bursts
from replay.replaying import TOGETHER_MAX, Pace, Source, replay
from replay.sender import LINGER_MS, Sent, send

INVENTED = 2000
PARTITIONS = 8
WINDOW_S = 10
BURST_BYTES_MAX = 2**30
LEAD_S = 10
"""Before the burst one packet goes, and so long after it the burst is due."""


def say(line: str) -> None:
    """A line of the result, at once."""
    print(line, flush=True)  # noqa: T201 - a command's own output


def main() -> None:
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--seconds", type=float, default=600, help="of the pace; 0: none of it")
    options.add_argument("--rate", type=float, default=333)
    options.add_argument("--burst", type=int, nargs="*", default=[10_000])
    chosen = options.parse_args()
    packets = [one.packet for one in invent(INVENTED, seed=1)]
    say(
        f"{INVENTED:,} invented packets of {np.mean([*map(len, packets)]) / 1e3:.0f} kB, again and"
        f" again; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    if chosen.seconds > 0:
        with KafkaNode() as node:
            _pace(Connection(node.address), packets, chosen.rate, chosen.seconds)
    for size in chosen.burst:
        with KafkaNode() as node:
            _burst(node, packets, size)


def _pace(connection: Connection, packets: list[bytes], rate: float, seconds: float) -> None:
    count = int(rate * seconds)
    with TemporaryDirectory() as folder:
        (Path(folder) / "night.avro").touch()
        archive = _Again(Path(folder), packets)
        source = Source(archive, Pace(rate_per_s=rate), limit=count)
        with closing(_sink(connection, "pace")) as sink:
            sent = replay(
                source,
                sink=sink,
                topic="pace",
                clock=SystemClock(),
                console=Console(file=io.StringIO()),
            )
    arrived = _arrivals(connection, "pace", count)
    span_s = arrived[-1] - arrived[0]
    kept = (len(arrived) - 1) / span_s / rate - 1
    windows = np.bincount(((arrived - arrived[0]) / WINDOW_S).astype(np.int64))[:-1]
    spread = np.abs(windows / (rate * WINDOW_S) - 1).max() if len(windows) else float("nan")
    say(
        f"pace: {count:,} packets at {rate:g} a second for {span_s:.1f} s: {kept:+.3%} of the rate;"
        f" windows of {WINDOW_S} s within {spread:.2%}; {sent.clock.sentence()}"
    )


def _burst(node: KafkaNode, packets: list[bytes], size: int) -> None:
    clock, taken_s = SystemClock(), (time.process_time(), cpu_s(node.pid))
    with closing(_sink(Connection(node.address), "burst")) as sink:
        source = islice(cycle(packets), size + 1)
        due = ahead(bursts(source, sizes=[1, size], every_s=LEAD_S), bytes_max=BURST_BYTES_MAX)
        sent: Sent = send(due, sink=sink, topic="burst", clock=clock, together_max=TOGETHER_MAX)
    own_s, kafka_s = time.process_time() - taken_s[0], cpu_s(node.pid) - taken_s[1]
    say(
        f"burst: {size:,} packets, {sent.bytes / 1e6:,.0f} MB, on the topic"
        f" {sent.clock.total_s - LEAD_S:.2f} s after they were due; load {os.getloadavg()[0]:.1f};"
        f" the sender took {own_s:.1f} s of CPU, Kafka {kafka_s:.1f}; {sent.clock.sentence()}"
    )


def _sink(connection: Connection, topic: str) -> KafkaSink:
    settings = TopicSettings(topic, PARTITIONS)
    KafkaAdmin(connection).create([settings])
    sink = KafkaSink(connection, group="pace", worker=topic, topics=[topic], linger_ms=LINGER_MS)
    sink.rebuild()
    return sink


def _arrivals(connection: Connection, topic: str, count: int) -> NDArray[np.float64]:
    """When each message was put to the topic, seconds, rising."""
    source = KafkaSource(connection, topics=[topic], group=f"{topic}-reader", worker=None)
    times: list[int] = []
    with closing(source):
        while len(times) < count:
            polled = source.poll(messages_max=2000, bytes_max=10**9, timeout_s=5)
            times += [message.timestamp_ms for message in polled]
    return np.sort(np.array(times)) / 1e3


class _Again(Archive):
    """The same packets without an end."""

    def __init__(self, path: Path, packets: list[bytes]) -> None:
        super().__init__(path)
        self._again = packets

    def packets(self, first: int) -> Iterator[bytes]:
        return islice(cycle(self._again), first, None)


if __name__ == "__main__":
    main()
