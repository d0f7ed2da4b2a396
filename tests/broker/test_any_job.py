"""The engine with a job that knows no alert: what it says reaches ledger and observers as it is."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from broker.balance import Seen, balance
from broker.clock import SystemClock
from broker.kafka import Connection, KafkaSink, KafkaSource
from broker.ledger import read_entry
from broker.metrics import Metrics
from broker.observer import BatchReport, Observers, Phase
from broker.runner import RunLimits, Runner
from kafka_node.node import KafkaNode
from tests.broker.clusters import RealCluster
from tests.broker.jobs import COUNTED, WORDS, WordCounter, word_sums
from tests.broker.world import Setup, World
from tests.killed import Killed

KINDS = ("good", "bad", "large", "huge", "good")


def test_what_a_job_says_reaches_the_ledger_and_its_observers() -> None:
    world = World(setup=Setup(job=WORDS))
    for number in range(20):
        world.send(WORDS.message(number, KINDS[number % len(KINDS)]))
    world.drain()
    world.check_law()
    reports = world.workers["one"].reports
    words = Counter(word for report in reports for word in report.outcome)
    assert world.balance().counts.details == {"words": words}
    assert [sum(Counter(report.outcome).values()) for report in reports] == [
        entry.notes["words_in_all"] for entry in world.ledger()
    ]
    assert {step for report in reports for step in report.steps_s} == {"poll", "count", "publish"}


def test_prometheus_reads_of_any_job_what_the_engine_counts() -> None:
    world, metrics = World(setup=Setup(job=WORDS)), Metrics(worker="one", version="0.1.0")
    for number in range(5):
        world.send(WORDS.message(number, KINDS[number]))
    world.drain()
    for report in world.workers["one"].reports:
        metrics.on_batch(report)
    text = metrics.text()
    assert f'gueststar_alerts_published_total{{topic="{COUNTED}"}} 3.0' in text
    assert 'gueststar_alerts_dead_lettered_total{reason="too long"} 1.0' in text
    assert 'gueststar_step_duration_seconds_count{step="count"} 1.0' in text


class Watch(Observers[list[str]]):
    """Ends its worker after so many lines: in a transaction, as a crash does, or in order."""

    def __init__(self, lines: int, *, crash: bool = False) -> None:
        super().__init__()
        self.lines = 0
        self.words = Counter[str]()
        self.runner: Runner[list[str]] | None = None
        self._lines_max = lines
        self._crash = crash

    def on_phase(self, phase: Phase) -> None:
        if self._crash and phase is Phase.OFFSETS_SENT and self.lines >= self._lines_max:
            raise Killed

    def on_batch(self, report: BatchReport[list[str]]) -> None:
        self.lines += report.entry.consumed
        self.words.update(report.outcome)
        if self.runner and not self._crash and self.lines >= self._lines_max:
            self.runner.stop()


class Place(NamedTuple):
    """The topics of one test at a real Kafka."""

    kafka: Connection
    lines: str
    counted: str
    dead_letters: str
    ledger: str

    def run(self, watch: Watch) -> None:
        """A worker of one name, until `watch` ends it."""
        outputs = (self.counted, self.dead_letters, self.ledger)
        sink = KafkaSink(self.kafka, group=self.lines, worker="one", topics=outputs)
        watch.runner = Runner(
            worker="one",
            source=KafkaSource(self.kafka, topics=[self.lines], group=self.lines, worker="one"),
            sink=sink,
            processor=WordCounter(sink.bytes_max, self.counted, self.dead_letters),
            ledger_topic=self.ledger,
            main_topic=self.counted,
            clock=SystemClock(),
            limits=RunLimits(poll_messages_max=7),
            observer=watch,
        )
        watch.runner.run()


@pytest.mark.kafka
def test_lines_at_a_real_kafka_are_counted_once_by_a_worker_that_crashed(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    names = [cluster.create(cluster.name(), partitions=2) for _ in range(4)]
    place = Place(Connection(kafka.address), *names)
    sent = [WORDS.message(number, KINDS[number % len(KINDS)]) for number in range(60)]
    for partition in (0, 1):
        cluster.publish(place.lines, sent[partition::2], partition=partition)
    first = Watch(21, crash=True)
    with pytest.raises(Killed):
        place.run(first)
    second = Watch(60 - first.lines)
    place.run(second)

    good = [n for n in range(60) if KINDS[n % len(KINDS)] != "bad"]
    assert sorted(map(WORDS.number_of, cluster.read(place.counted))) == good
    assert len(cluster.read(place.dead_letters)) == 12
    entries = [read_entry(value) for value in cluster.read(place.ledger)]
    sums = balance(entries, lambda where, gaps: Seen([]), word_sums)
    assert (sums.imbalances, sums.consumed, sums.published, sums.dead) == ((), 60, 48, 12)
    assert sums.counts.details["words"] == first.words + second.words
