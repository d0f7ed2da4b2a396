"""A whole night in memory: a survey, workers that are killed and stopped, and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from broker.alerts.counts import filter_sums
from broker.alerts.outcome import AlertReport
from broker.alerts.pipeline import Pipeline
from broker.balance import Balance, balance
from broker.clock import ManualClock
from broker.dead_letters import DeadLetterBound
from broker.ledger import Delivery, Entry, read_entry
from broker.lives import Committed
from broker.memory import Fault, MemoryKafka, MemorySink, MemorySource, PlainMemorySink
from broker.memory.sink import TRANSACTION_S
from broker.observer import Phase
from broker.ports import Message, Partition
from broker.runner import RunLimits, Runner
from classifiers.classifier import Scoring
from schemas.errors import BrokerError
from tests.broker.elsewhere import twin_positions
from tests.broker.fakes import (
    TOPICS,
    FakeClassifier,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    number_of,
)

WORKING = (Phase.POLLING, Phase.SCORING, Phase.OPEN, Phase.OFFSETS_SENT, Phase.COMMITTING)
"""The phases of one turn of the loop."""

LIMITS = RunLimits(poll_messages_max=7, poll_wait_s=0, aborts_max=10)


@dataclass(frozen=True)
class Setup:
    """How a worker is configured."""

    topics: tuple[str, ...] = ("survey",)
    delivery: Delivery = Delivery.EXACTLY_ONCE
    limits: RunLimits = LIMITS
    bound: DeadLetterBound = field(default_factory=DeadLetterBound)
    between: Callable[[], None] | None = None
    elsewhere: bool = False
    """Whether the survey's topic stands in a Kafka of its own."""


NONE = Committed(0)
SURVEY = "survey's"
"""The cluster id of a survey's own Kafka."""


class Killed(BaseException):
    """What `kill -9` looks like from within."""


class Worker:
    """One process of a worker; `at` says what happens to it as it enters a phase."""

    def __init__(
        self, kafka: MemoryKafka, name: str, setup: Setup, survey: MemoryKafka | None = None
    ) -> None:
        """`survey`: the Kafka that is read, where it is another than that which is written."""
        self.clock = kafka.clock
        self.at: dict[Phase, Callable[[Worker], None]] = {}
        self.reports: list[AlertReport] = []
        self.aborts: list[tuple[BrokerError, Phase]] = []
        self.phases: list[Phase] = []
        self.alive = True
        self.busy = False
        self.sink: MemorySink | PlainMemorySink = MemorySink(kafka, name=f"g-{name}")
        positions = twin_positions(kafka, self.sink) if survey else None
        self.source = MemorySource(
            survey or kafka, group="g", topics=setup.topics, worker=name, positions=positions
        )
        if setup.delivery is not Delivery.EXACTLY_ONCE:
            self.sink = PlainMemorySink(kafka, name=f"g-{name}")
        self.runner = Runner(
            worker=name,
            source=self.source,
            sink=self.sink,
            processor=Pipeline(
                decoder=FakeDecoder(),
                stages=[Scoring(FakeClassifier())],
                filters=filter_set_of(bright()),
                enricher=FakeEnricher(),
                topics=TOPICS,
                bytes_max=self.sink.bytes_max,
                clock=kafka.clock,
                broker_version="test",
            ),
            ledger_topic=TOPICS.ledger,
            main_topic=TOPICS.enriched,
            clock=kafka.clock,
            delivery=setup.delivery,
            limits=setup.limits,
            bound=setup.bound,
            observer=self,
            between=setup.between,
            cluster=SURVEY if survey else "",
        )

    def on_phase(self, phase: Phase) -> None:
        """Note it, and let happen what is to happen there, once."""
        self.phases.append(phase)
        self.alive = self.alive and phase is not Phase.STOPPED
        happening = self.at.pop(phase, None)
        if happening is not None:
            happening(self)

    def on_batch(self, report: AlertReport) -> None:
        """Note it."""
        self.reports.append(report)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Note it."""
        self.aborts.append((error, phase))

    def step(self) -> BrokerError | None:
        """Start if need be, and do one turn of the loop; the error that ended the process."""
        if not self.alive or self.busy:
            return None
        self.busy = True
        try:
            if not self.phases:
                self.runner.start()
            self.runner.step()
        except Killed:
            self.alive = False
        except BrokerError as error:
            self.alive = False
            self.sink.close()
            self.source.close()
            return error
        finally:
            self.busy = False
        return None

    def kill(self) -> None:
        """Between two steps."""
        self.source.kill()
        self.sink.kill()
        self.alive = False


def killed(worker: Worker) -> None:
    """For `Worker.at`: the process ends here and tells nobody."""
    worker.kill()
    raise Killed


def stopped(seconds: float, meanwhile: Callable[[], object]) -> Callable[[Worker], None]:
    """For `Worker.at`: SIGSTOP here, others go on `meanwhile`, SIGCONT after some seconds."""

    def happen(worker: Worker) -> None:
        worker.source.suspend()
        worker.clock.sleep(seconds)
        meanwhile()
        worker.source.resume()

    return happen


class World:
    """A memory Kafka with a survey's topic, and the workers on it."""

    def __init__(
        self,
        *,
        faults: Iterable[Fault] = (),
        partitions: int = 2,
        session_s: float = 10,
        setup: Setup | None = None,
    ) -> None:
        self.setup = setup or Setup()
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, faults=faults, session_s=session_s)
        elsewhere = self.setup.elsewhere
        self.survey = MemoryKafka(self.clock, session_s=session_s) if elsewhere else self.kafka
        self.survey.create_topic("survey", partitions=partitions)
        self.kafka.create_topic(TOPICS.enriched, partitions=2, bytes_max=600)
        self.kafka.create_topic("bright", partitions=2, bytes_max=400)
        self.kafka.create_topic(TOPICS.dead_letters)
        self.kafka.create_topic(TOPICS.ledger)
        self.workers: dict[str, Worker] = {}
        self.sent: list[Message] = []

    def worker(self, name: str = "one", setup: Setup | None = None) -> Worker:
        """A new process of that name; whatever it was before is not asked to stop."""
        survey = self.survey if self.setup.elsewhere else None
        self.workers[name] = Worker(self.kafka, name, setup or self.setup, survey)
        return self.workers[name]

    def send(self, packet: bytes, partition: int | None = None) -> None:
        """The survey sends a packet."""
        self.sent.append(self.survey.publish("survey", packet, partition=partition))

    def drain(self, names: Iterable[str] = ("one",)) -> None:
        """Let workers of these names go on, restarted where need be, until all is consumed."""
        for _ in range(400):
            if self._consumed():
                return self.settle()
            for name in names:
                if name not in self.workers or not self.workers[name].alive:
                    self.worker(name)
                self.workers[name].step()
            self.clock.advance(0.5)
        raise AssertionError("the workers do not come to the end of the survey's topic")

    def settle(self) -> None:
        """What the dead left open is given up, and no longer hides what stands behind it."""
        self.clock.advance(TRANSACTION_S)
        self.kafka.tick()
        self.survey.tick()

    def _consumed(self) -> bool:
        committed = self._committed()
        ends = {Partition(each.topic, each.partition): each.offset + 1 for each in self.sent}
        return all(committed.get(each, NONE).offset >= end for each, end in ends.items())

    def _committed(self) -> Mapping[Partition, Committed]:
        if not self.setup.elsewhere:
            return self.kafka.committed["g"]
        spectator = twin_positions(self.kafka, MemorySink(self.kafka, name="spectator"))
        return spectator.read({Partition(each.topic, each.partition) for each in self.sent})

    def enriched(self) -> list[int]:
        """The alerts that a read_committed reader finds on the enriched topic."""
        return [number_of(message.value) for message in self.kafka.read(TOPICS.enriched)]

    def selected(self) -> list[int]:
        """Those on the filter's topic."""
        return [number_of(message.value) for message in self.kafka.read("bright")]

    def dead(self) -> list[tuple[str, int, int]]:
        """Where the dead letters come from: topic, partition, offset."""
        letters = [json.loads(each.value) for each in self.kafka.read(TOPICS.dead_letters)]
        return [(each["topic"], each["partition"], each["offset"]) for each in letters]

    def ledger(self) -> list[Entry]:
        """The committed entries."""
        return [read_entry(message.value) for message in self.kafka.read(TOPICS.ledger)]

    def balance(self) -> Balance:
        """Their sums."""
        return balance(self.ledger(), self.survey.visible, filter_sums)

    def check_law(self) -> None:
        """Every alert ended exactly once, and the ledger says so."""
        where = {message[:3]: number_of(message.value) for message in self.sent}
        dead = [where[each] for each in self.dead()]
        ended = Counter([*self.enriched(), *dead])
        assert ended == Counter(where.values())
        assert len(set(self.selected())) == len(self.selected())
        assert set(self.selected()) <= set(self.enriched())
        sums = self.balance()
        assert sums.imbalances == ()
        assert {each.cluster for each in sums.ranges} <= {SURVEY if self.setup.elsewhere else ""}
        assert (sums.consumed, sums.dead) == (len(self.sent), len(dead))
        assert sums.published == len(self.enriched())
        assert sums.counts.published.get("bright", 0) == len(self.selected())
