"""A night in which everything shifts at once under load, as its seed says.

Topics are deleted and made anew, read to their end or not; they get more partitions, and so does
the topic of all alerts; new ones appear; Kafka is away; a reader has no group, another is slower
than its group bears. A stranger adds one more kind of event as one more method of `ShiftingNight`
and its name to `Shifts`.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from confluent_kafka.admin import AdminClient

from broker.kafka import Connection
from kafka_node.node import KafkaNode
from tests.chaos.backlog import Backlog
from tests.chaos.doom import Doom
from tests.chaos.lives import Worker
from tests.chaos.streams import Place, Stream, grow

TICK_S = 0.02
PARTITIONS_MAX = 4
IN_FLIGHT_MAX = 1_000
GROUP = "shifting"
ENRICHED = "enriched"
ENRICHED_PARTITIONS = 2

CONFIG = """
[kafka]
bootstrap = "{bootstrap}"
group = "{group}"
start = "latest"
session_timeout_ms = 6000
patience_s = {patience_s}
[topics]
input = ["survey-a", "survey-b", "^extra-"]
enriched = "{enriched}"
partitions = {partitions}
[filters]
builtin = ["young_supernovae"]
[limits]
poll_messages_max = 60
"""


@dataclass(frozen=True)
class Shifts:
    """How many events of each kind, by the names of the methods of `ShiftingNight`."""

    remake_read: int
    """A topic is made anew when all of it is read."""
    remake_unread: int
    """A topic is made anew whatever of it is unread: that goes with it."""
    add_partitions: int
    add_topic: int
    widen_output: int
    """The topic of all alerts gets more partitions."""
    outage: int

    def drawn(self, rng: random.Random) -> list[str]:
        """Their names, in an order of chance."""
        names = [each.name for each in fields(self) for _ in range(getattr(self, each.name))]
        rng.shuffle(names)
        return names


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    alerts: int
    alerts_per_s: float
    shifts: Shifts
    outage_s: float
    dawdles: int
    """Times that the slow reader stays too long at one alert."""
    night_s_max: float


class ShiftingNight:
    """The node, two workers, the survey's streams, and what shifts them."""

    def __init__(
        self, node: KafkaNode, folder: Path, packets: Sequence[bytes], size: Size, seed: int
    ) -> None:
        """The first two streams are made."""
        self.streams = [Stream(node.address, f"survey-{name}", 2) for name in "ab"]
        self.happened: Counter[str] = Counter()
        self.unread: set[str] = set()
        """Lives that ended with `remake_unread`."""
        self._node = node
        self._packets = packets
        self._size = size
        self._rng = random.Random(seed)
        self._deadline_s = time.monotonic() + size.night_s_max
        self._admin = AdminClient({"bootstrap.servers": node.address, "log_level": 0})
        self._widened = ENRICHED_PARTITIONS
        self._sent = 0
        self._due = 0.0
        self._asked_s = time.monotonic()
        config = folder / "shifting.toml"
        config.write_text(
            CONFIG.format(
                bootstrap=node.address,
                group=GROUP,
                patience_s=size.outage_s + 120,
                enriched=ENRICHED,
                partitions=ENRICHED_PARTITIONS,
            )
        )
        self._workers = [Worker(name, config, folder) for name in ("one", "two")]

    def run(self) -> dict[int, Place]:
        """Until everything happened and all that topics hold is read; where alerts were put."""
        events = self._size.shifts.drawn(self._rng)
        at = [len(self._packets) * (n + 1) // (len(events) + 1) for n in range(len(events))]
        try:
            for worker in self._workers:
                worker.start(Doom())
            self._wait(self._is_open)
            for event, count in zip(events, at, strict=True):
                self._feed(until=count)
                getattr(self, event)()
                self.happened[event] += 1
            self._feed(until=len(self._packets))
            for stream in self.streams:
                stream.flush()
            self._wait(lambda: all(self._behind(stream) == 0 for stream in self.streams))
            for worker in self._workers:
                worker.stop()
        finally:
            for worker in self._workers:
                worker.end()
        return {n: place for stream in self.streams for n, place in stream.sent.items()}

    def remake_read(self) -> None:
        """A topic of which everything was read."""
        stream = self._rng.choice(self.streams)
        stream.flush()
        self._wait(lambda: self._behind(stream) == 0)
        stream.remake(self._rng.randint(1, PARTITIONS_MAX))

    def remake_unread(self) -> None:
        """A topic of which, perhaps, not everything was read."""
        stream = self._rng.choice(self.streams)
        self.unread.add(stream.life)
        stream.remake(self._rng.randint(1, PARTITIONS_MAX))

    def add_partitions(self) -> None:
        """To a stream."""
        stream = self._rng.choice(self.streams)
        stream.grow(stream.partitions + self._rng.randint(1, 2))

    def add_topic(self) -> None:
        """One that the pattern of the settings takes in."""
        name = f"extra-{self.happened['add_topic']}"
        self.streams.append(Stream(self._node.address, name, self._rng.randint(1, 3)))

    def widen_output(self) -> None:
        """More partitions for the topic of all alerts."""
        self._widened += 1
        grow(self._admin, ENRICHED, self._widened)

    def outage(self) -> None:
        """Kafka is killed, and comes back with its data."""
        self._node.kill()
        time.sleep(self._size.outage_s)
        self._node.restart()

    def _feed(self, until: int) -> None:
        """Send at a steady pace while the workers keep up, to each stream in turn."""
        self._asked_s = time.monotonic()
        while self._sent < until:
            assert time.monotonic() < self._deadline_s, "the night is too long"
            now_s, behind = time.monotonic(), sum(map(self._behind, self.streams))
            self._due = min(
                self._due + self._size.alerts_per_s * (now_s - self._asked_s),
                IN_FLIGHT_MAX - behind,
                until - self._sent,
            )
            self._asked_s = now_s
            while self._due >= 1:
                stream = self.streams[self._sent % len(self.streams)]
                stream.send(self._sent, self._packets[self._sent])
                self._sent += 1
                self._due -= 1
            time.sleep(TICK_S)

    def _behind(self, stream: Stream) -> int:
        backlog = Backlog(self._node.address, group=GROUP, topic=stream.name, life=stream.life)
        try:
            return backlog.messages()
        finally:
            backlog.close()

    def _is_open(self) -> bool:
        """Whether the workers' group has begun, at the ends of topics that are still empty."""
        backlogs = [
            Backlog(self._node.address, group=GROUP, topic=each.name) for each in self.streams
        ]
        try:
            return all(backlog.is_committed() for backlog in backlogs)
        finally:
            for backlog in backlogs:
                backlog.close()

    def _wait(self, done: Callable[[], bool]) -> None:
        while not done():
            assert time.monotonic() < self._deadline_s, "the night is too long"
            time.sleep(TICK_S)


def connection(node: KafkaNode, size: Size) -> Connection:
    """For readers that outlast the outage."""
    return Connection(node.address, patience_s=size.outage_s + 120)
