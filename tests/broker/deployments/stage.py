"""A worker with deployments over the twin in memory, and who deploys filters to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from broker.alerts.pipeline import Pipeline
from broker.clock import ManualClock
from broker.deployments import Context, Deployments, Inspector, Limits, records_of
from broker.deployments.records import Cause, Change, State, Version
from broker.deployments.register import Register
from broker.errors import TopicMissing
from broker.memory import Fault, MemoryControlTopic, MemoryKafka, MemorySink, MemorySource
from broker.runner import RunLimits, Runner
from classifiers.classifier import Scoring
from filters.expressions.filter import ExpressionFilter
from filters.filter_set import ActiveFilter
from schemas.learned import Given
from sky.catalogues import CatalogueIdentity, Sky
from tests.broker.fakes import (
    TOPICS,
    FakeClassifier,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    number_of,
    packet,
)

PREFIX = "live."
SHARED = "shared"
FAINT = {"faint": "magnitude >= 18"}
FAINTEST = {"faint": "magnitude >= 18", "faintest": "magnitude >= 19"}
CURSED = {"cursed": 'in_region("cursed")'}


class Cursed:
    """A region that answers for no alert at all."""

    identity = CatalogueIdentity("cursed", "ab" * 32)

    def contains(
        self, ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Raises where there is anything to answer."""
        if len(ra_deg):
            raise ValueError("the curse struck")
        return np.zeros(0, dtype=np.bool_)


class Watcher:
    """Notes what deployments tell their observer."""

    def __init__(self) -> None:
        self.active: list[tuple[str, str]] = []
        self.pauses: list[tuple[str, str]] = []
        self.costs: dict[str, float] = {}

    def on_refresh(self, active: Sequence[ActiveFilter]) -> None:
        """Keep the last."""
        self.active = [(each.name, each.version) for each in active]

    def on_pause(self, name: str, cause: str) -> None:
        """Keep all."""
        self.pauses.append((name, cause))

    def on_cost(self, name: str, cost_us: float) -> None:
        """Keep the last."""
        self.costs[name] = cost_us


class Worker:
    """A worker with deployments, step by step."""

    def __init__(
        self,
        stage: Stage,
        name: str = "one",
        *,
        limits: Limits | None = None,
        cpu_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        limits, self.watcher, kafka = limits or Limits(), Watcher(), stage.kafka
        self.deployments = Deployments(
            MemoryControlTopic(kafka, "control", name=f"{name}'s control"),
            selections=[bright()],
            active=filter_set_of(bright()).active,
            context=stage.context(),
            limits=limits,
            by=f"worker {name}",
            clock=stage.clock,
            inspector=Inspector(limits.cost_us_max, cpu_s=cpu_s),
            observer=self.watcher,
        )
        self.deployments.open()
        sink = MemorySink(kafka, name=f"g-{name}")
        self.runner = Runner(
            worker=name,
            source=MemorySource(kafka, group="g", topics=["survey"], worker=name),
            sink=sink,
            processor=Pipeline(
                decoder=FakeDecoder(),
                stages=[Scoring(FakeClassifier())],
                filters=self.deployments,
                enricher=FakeEnricher(),
                topics=TOPICS,
                bytes_max=sink.bytes_max,
                clock=stage.clock,
                broker_version="test",
            ),
            ledger_topic=TOPICS.ledger,
            main_topic=TOPICS.enriched,
            clock=stage.clock,
            limits=RunLimits(poll_messages_max=1_000, poll_wait_s=0),
            between=self.deployments.look,
        )
        self.runner.start()

    @property
    def active(self) -> list[tuple[str, str]]:
        """The deployed filters that are asked, and their versions."""
        return [(each.name, each.version) for each in self.deployments.active[1:]]


class Stage:
    """A memory Kafka with a survey and a control topic."""

    def __init__(self, *faults: Fault) -> None:
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, faults=faults)
        for topic in ("survey", "bright", "control", TOPICS.enriched, TOPICS.dead_letters):
            self.kafka.create_topic(topic)
        self.kafka.create_topic(TOPICS.ledger)
        self.control = MemoryControlTopic(self.kafka, "control", name="commander")
        self.provided: list[str] = []
        self._numbers = count()

    def context(self) -> Context:
        """What deployed filters stand on."""
        return Context(
            given=(Given("fake", "probabilities", ("real",)),),
            sky=Sky(regions=[Cursed()]),
            names=frozenset({"bright"}),
            topics=frozenset({"live.taken"}),
            prefix=PREFIX,
            shared=SHARED,
            provide=self.provide,
        )

    def provide(self, topic: str) -> None:
        """Create it, unless it is one that may not be."""
        if topic == f"{PREFIX}forbidden":
            raise TopicMissing(f"no such topics: {topic}; create them")
        if topic not in self.provided:
            self.kafka.create_topic(topic)
            self.provided.append(topic)

    def register(self) -> Register:
        """What stands on the control topic."""
        return Register().after(records_of(self.kafka.read("control")))

    def deploy(self, name: str, clauses: dict[str, str], **changes: object) -> Version:
        """Write the next version of a filter on the control topic."""
        filter_ = ExpressionFilter.of({"name": name, "clauses": clauses})
        version = Version(
            name=name,
            version=self.register().next_version(name),
            sha256=filter_.sha256,
            document=filter_.document(),
            topic=PREFIX + name,
            catalogues=(),
            by="ada@observatory",
            deployed_unix_s=self.clock.now_s(),
            dry_run=None,
            overridden=(),
            previous_sha256=None,
        )
        version = replace(version, **changes)  # type: ignore[arg-type]
        self.control.write(version.key, version.encode())
        self.clock.advance(1)
        return version

    def change(self, version: Version, state: State) -> None:
        """Somebody pauses, resumes or removes it."""
        change = Change(state, Cause.ASKED, "so be it", "ada@observatory", self.clock.now_s())
        status = self.register().changed(version, change)
        self.control.write(status.key, status.encode())

    def night(self, alerts: int, *workers: Worker) -> None:
        """Send so many alerts and let the workers take them."""
        for _ in range(alerts):
            self.kafka.publish("survey", packet(next(self._numbers)))
        for worker in workers:
            worker.runner.step()

    def selected(self, name: str) -> list[int]:
        """The alerts on a deployed filter's topic."""
        return [number_of(message.value) for message in self.kafka.read(PREFIX + name)]

    def now(self, version: Version) -> Change:
        """How a version stands."""
        return self.register().change(version)
