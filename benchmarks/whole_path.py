"""The whole path through a real Kafka: topic in, topics out, in transactions, both pipelines.

Gueststar runs all its networks, the textbook the one of the stamps.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import confluent_kafka

from benchmarks.comparing import differences, read_record, restricted
from benchmarks.textbook import Service, Textbook
from benchmarks.textbook_filters import FILTERS, TOPICS
from broker.assembly import worker
from broker.clock import SystemClock
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, TopicSettings
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.observer import BatchReport, Phase
from broker.settings import FiltersSection, Settings
from gueststar.allocator import keep_what_is_loaded
from replay.pacing import steady
from replay.sender import send
from schemas.errors import BrokerError

INPUT = "alerts"
FREE_RATE = 1e9
"""Alerts a second, for a stream that is as fast as it can be."""
READ_S_MAX = 30.0
PATIENT_MS = 60_000
"""A transaction's time-out: a server that has just started is slow with many new partitions."""
STEPS = ("poll", "decode", "score", "select", "encode", "publish")
"""Of a lap, in order."""


class Lap(NamedTuple):
    """One run over the topic; the first batch, which pays for the start, is left out."""

    alerts: int
    seconds: float
    cpu_seconds: float
    """Of the client's process, all its threads."""
    steps_s: dict[str, float]
    server_cpu_seconds: float = 0.0
    """Of Kafka's process, where it was asked for."""
    transactions: int = 1

    @property
    def at_once(self) -> float:
        """Alerts in a transaction, on the mean."""
        return self.alerts / self.transactions

    @property
    def wall_s(self) -> float:
        """An alert."""
        return self.seconds / self.alerts

    @property
    def cpu_s(self) -> float:
        """An alert."""
        return self.cpu_seconds / self.alerts

    @property
    def server_cpu_s(self) -> float:
        """An alert."""
        return self.server_cpu_seconds / self.alerts

    def step_s(self, step: str) -> float:
        """An alert."""
        return self.steps_s[step] / self.alerts


@dataclass
class Stopwatch:
    """Notes each commit. Also gueststar's observer, which stops the worker at the end."""

    alerts_max: int
    alerts: list[int] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    steps: list[Mapping[str, float]] = field(default_factory=list)
    server_s: Callable[[], float] = float
    """CPU seconds of Kafka's process so far."""
    servers: list[float] = field(default_factory=list)

    def note(self, alerts: int, steps_s: Mapping[str, float]) -> None:
        """A transaction was committed; `steps_s` it took."""
        self.alerts.append(alerts)
        self.walls.append(time.perf_counter())
        self.cpus.append(time.process_time())
        self.servers.append(self.server_s())
        self.steps.append(steps_s)

    @property
    def is_done(self) -> bool:
        """Whether the topic is through."""
        return sum(self.alerts) >= self.alerts_max

    def lap(self) -> Lap:
        """From the first commit to the last."""
        assert len(self.alerts) > 1, "the topic came in one batch; use more alerts"
        total: Counter[str] = Counter()
        for steps_s in self.steps[1:]:
            total.update(steps_s)
        return Lap(
            sum(self.alerts[1:]),
            self.walls[-1] - self.walls[0],
            self.cpus[-1] - self.cpus[0],
            dict(total),
            self.servers[-1] - self.servers[0],
            len(self.alerts) - 1,
        )

    def on_phase(self, phase: Phase) -> None:
        """Not timed."""

    def on_batch(self, report: BatchReport[object]) -> None:
        """Gueststar committed a batch."""
        steps_s = Counter({str(step): s for step, s in report.steps_s.items()})
        self.note(report.entry.consumed, steps_s)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Nothing may abort while we measure."""
        raise AssertionError(f"a transaction was aborted: {error}")


class Patient(Stopwatch):
    """Of a lap that is not counted, in which Kafka may be busy with what it was just given."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """What was given up comes again, once."""


def fill(
    bootstrap: str,
    packets: Sequence[bytes],
    outputs: Sequence[str],
    *,
    topic: str = INPUT,
    partitions: int = 1,
) -> None:
    """Make all topics, and put the packets into the input, spread over its partitions."""
    connection = Connection(bootstrap)
    admin = KafkaAdmin(connection)
    admin.create([TopicSettings(topic, partitions), *map(TopicSettings, outputs)])
    sink = AtLeastOnceSink(connection, topics=[topic])
    sink.rebuild()
    sent = send(steady(packets, rate_per_s=FREE_RATE), sink=sink, topic=topic, clock=SystemClock())
    sink.close()
    assert sent.packets == len(packets), sent


def outputs(prefix: str) -> list[str]:
    """The topics that the textbook writes under a prefix."""
    return [prefix + name for name in ("enriched", "dead-letters", "ledger", *TOPICS.values())]


def run_ours(bootstrap: str, alerts: int, prefix: str) -> Stopwatch:
    """A gueststar worker, as `gueststar run` starts it, over the whole input."""
    return run_worker(our_settings(bootstrap, prefix), Stopwatch(alerts))


def our_settings(bootstrap: str, prefix: str, topic: str = INPUT) -> Settings:
    """Those of a worker with all networks, and topics of its own under a prefix."""
    return Settings(
        topics=TopicsSection(
            input=(topic,),
            prefix=prefix,
            enriched="enriched",
            dead_letters="dead-letters",
            ledger="ledger",
        ),
        kafka=KafkaSection(bootstrap=bootstrap, group=prefix),
        filters=FiltersSection(builtin=tuple(FILTERS)),
    )


def run_worker(settings: Settings, watch: Stopwatch, name: str = "bench") -> Stopwatch:
    """A worker, as `gueststar run` starts it, until the watch has seen all alerts."""
    with worker(settings, name, version="benchmark", observers=[watch]) as runner:
        runner.start()
        keep_what_is_loaded()  # as `gueststar run` does; both pipelines have it here
        while not watch.is_done:
            runner.step()
        runner.stop()
        runner.run()
    return watch


def run_textbook(bootstrap: str, textbook: Textbook, alerts: int, prefix: str) -> Stopwatch:
    """The textbook pipeline over the whole input."""
    watch = Stopwatch(alerts)
    service = Service(textbook, bootstrap, topic=INPUT, prefix=prefix)
    while not watch.is_done:
        before = Counter(service.seconds)
        if done := service.step():
            after = Counter(service.seconds)
            after.subtract(before)
            watch.note(done, after)
    service.close()
    return watch


def compare(bootstrap: str, ours: str, theirs: str) -> tuple[int, list[str]]:
    """How many messages were compared between the topics of two prefixes, and what differs.

    Of what our networks said, what the textbook's says too.
    """
    compared, found = 0, list[str]()
    pairs = {ours + topic: theirs + topic for topic in ("enriched", *TOPICS.values())}
    for one, other in pairs.items():
        own, their = (records(bootstrap, topic) for topic in (one, other))
        if own.keys() != their.keys():
            found.append(f"{one} and {other} hold different alerts")
        for candid in own.keys() & their.keys():
            shared = restricted(own[candid], their[candid])
            found += [f"{candid} {path}" for path in differences(shared, their[candid])]
            compared += 1
    return compared, found


def records(bootstrap: str, topic: str) -> dict[int, dict[str, object]]:
    """Every record of a topic of one partition that a read_committed reader sees, by alert id."""
    return {record["candid"]: record for record in map(read_record, values(bootstrap, topic))}


def values(bootstrap: str, topic: str) -> Iterator[bytes]:
    """What a read_committed reader sees of a topic, to its end."""
    return (message.value() for message in messages(bootstrap, topic))


def messages(bootstrap: str, prefix: str) -> Iterator[confluent_kafka.Message]:
    """The same of all topics whose names begin so."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "benchmark-reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    topics = consumer.list_topics().topics
    parts = [
        confluent_kafka.TopicPartition(name, number, 0)
        for name in topics
        if name.startswith(prefix)
        for number in topics[name].partitions
    ]
    consumer.assign(parts)
    left = len(parts)
    try:
        while left:
            if (message := consumer.poll(READ_S_MAX)) is None:
                raise TimeoutError(f"{prefix} was not read to its end within {READ_S_MAX} s")
            if message.error() is None:
                yield message
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                left -= 1
            else:
                raise confluent_kafka.KafkaException(message.error())
    finally:
        consumer.close()
