"""A whole night in memory: a survey, workers that are killed and stopped, and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.balance import Balance, balance
from broker.clock import ManualClock
from broker.dead_letters import DeadLetterBound
from broker.headers import named
from broker.ledger import Delivery, Entry, read_entry
from broker.lives import Committed
from broker.memory import Fault, MemoryKafka, MemorySink, MemorySource, PlainMemorySink
from broker.memory.sink import TRANSACTION_S
from broker.observer import BatchReport, Phase
from broker.ports import Message, Partition
from broker.publishing import Publishing
from broker.runner import RunLimits, Runner
from schemas.errors import BrokerError
from tests.broker.elsewhere import twin_positions
from tests.broker.fakes import TOPICS
from tests.broker.jobs import ALERTS, Job
from tests.killed import Killed

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
    job: Job = ALERTS
    publishing: Callable[[], Publishing] | None = None
    """What carries transactions out beside the loop, of a new worker."""


NONE = Committed(0)
SURVEY = "survey's"
"""The cluster id of a survey's own Kafka."""


class Worker:
    """One process of a worker; `at` says what happens to it as it enters a phase."""

    def __init__(
        self, kafka: MemoryKafka, name: str, setup: Setup, survey: MemoryKafka | None = None
    ) -> None:
        """`survey`: the Kafka that is read, where it is another than that which is written."""
        self.clock = kafka.clock
        self.at: dict[Phase, Callable[[Worker], None]] = {}
        self.reports: list[BatchReport[Any]] = []
        self.aborts: list[tuple[BrokerError, Phase]] = []
        self.phases: list[Phase] = []
        self.alive = True
        self.busy = False
        self.sink: MemorySink | PlainMemorySink = MemorySink(kafka, name=f"g-{name}")
        positions = twin_positions(kafka, self.sink) if survey else None
        beside = setup.publishing() if setup.publishing else None
        self.source = MemorySource(
            survey or kafka,
            group="g",
            topics=setup.topics,
            worker=name,
            positions=positions,
            before_release=beside.wait if beside else lambda: None,
        )
        if setup.delivery is not Delivery.EXACTLY_ONCE:
            self.sink = PlainMemorySink(kafka, name=f"g-{name}")
        self.runner = Runner(
            worker=name,
            source=self.source,
            sink=self.sink,
            processor=setup.job.processor(self.sink.bytes_max, kafka.clock),
            ledger_topic=TOPICS.ledger,
            main_topic=setup.job.main_topic,
            clock=kafka.clock,
            delivery=setup.delivery,
            limits=setup.limits,
            bound=setup.bound,
            observer=self,
            between=setup.between,
            cluster=SURVEY if survey else "",
            publishing=beside,
        )

    def on_phase(self, phase: Phase) -> None:
        """Note it, and let happen what is to happen there, once."""
        self.phases.append(phase)
        self.alive = self.alive and phase is not Phase.STOPPED
        happening = self.at.pop(phase, None)
        if happening is not None:
            happening(self)

    def on_batch(self, report: BatchReport[Any]) -> None:
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


def succeeded(worker: Worker) -> None:
    """For `Worker.at`: its client gives up its session here, and is its own successor."""
    worker.source.give_up()
    worker.source.confirm_member()


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
        for topic, bytes_max in self.setup.job.topics.items():
            self.kafka.create_topic(topic, partitions=2, bytes_max=bytes_max)
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
        committed = self.committed()
        ends = {Partition(each.topic, each.partition): each.offset + 1 for each in self.sent}
        return all(committed.get(each, NONE).offset >= end for each, end in ends.items())

    def committed(self) -> Mapping[Partition, Committed]:
        """What the group has committed of the survey's topic, wherever that stands."""
        if not self.setup.elsewhere:
            return self.kafka.committed["g"]
        spectator = twin_positions(self.kafka, MemorySink(self.kafka, name="spectator"))
        return spectator.read({Partition(each.topic, each.partition) for each in self.sent})

    def enriched(self) -> list[int]:
        """The alerts that a read_committed reader finds on the job's main topic."""
        return self.numbers(self.setup.job.main_topic)

    def selected(self) -> list[int]:
        """Those on the filter's topic."""
        return self.numbers("bright")

    def numbers(self, topic: str) -> list[int]:
        """What such a reader finds on one of the job's topics."""
        return [self.setup.job.number_of(message.value) for message in self.kafka.read(topic)]

    def dead(self) -> list[tuple[str, int, int]]:
        """Where the dead letters come from: topic, partition, offset."""
        letters = [json.loads(each.value) for each in self.kafka.read(TOPICS.dead_letters)]
        return [(each["topic"], each["partition"], each["offset"]) for each in letters]

    def ledger(self) -> list[Entry]:
        """The committed entries."""
        return [read_entry(message.value) for message in self.kafka.read(TOPICS.ledger)]

    def balance(self) -> Balance:
        """Their sums."""
        return balance(self.ledger(), self.survey.visible, self.setup.job.sums)

    def check_law(self) -> None:
        """Every message ended exactly once, and the ledger says so."""
        job, enriched = self.setup.job, self.enriched()
        where = {message[:3]: job.number_of(message.value) for message in self.sent}
        dead = [where[each] for each in self.dead()]
        assert Counter([*enriched, *dead]) == Counter(where.values())
        sums = self.balance()
        assert sums.imbalances == ()
        assert (sums.consumed, sums.dead) == (len(self.sent), len(dead))
        assert sums.published == len(enriched)
        for topic in job.topics:
            found = self.numbers(topic)
            assert len(set(found)) == len(found)
            assert set(found) <= set(enriched)
            assert sums.counts.published.get(topic, 0) == len(found)
        if job.shared:
            self._check_shared(enriched, sums)

    def _check_shared(self, enriched: Iterable[int], sums: Balance) -> None:
        """Each filter's alerts are named on the topic that it shares, once, and counted so."""
        job = self.setup.job
        found = [(m, name) for m in self.kafka.read(job.shared) for name in named(m.headers)]
        assert {name.decode() for _, name in found} <= job.selects.keys()
        for name, selects in job.selects.items():
            its = [job.number_of(m.value) for m, each in found if each.decode() == name]
            assert sorted(its) == sorted(filter(selects, enriched))
            assert sums.counts.details["named"].get(name, 0) == len(its)
