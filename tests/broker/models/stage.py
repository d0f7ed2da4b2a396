"""A worker of the twin with deployed models, whose files hold a line of JSON, step by step."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broker.alerts.outcome import AlertReport
from broker.alerts.pipeline import Pipeline
from broker.clock import ManualClock
from broker.memory import Fault, MemoryControlTopic, MemoryKafka, MemorySink, MemorySource
from broker.models.compared import Compared, read_compared
from broker.models.limits import ModelLimits
from broker.models.models import Models, Opening, Running
from broker.models.records import Cause, Change, ModelVersion, State
from broker.models.register import ModelRegister, records_of
from broker.models.shadows import Shadows
from broker.observer import Phase
from broker.runner import RunLimits, Runner
from classifiers.classifier import Scoring
from classifiers.slot import Slot
from filters.filter_set import FilterSet
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.enriched import Written
from schemas.enriched_framing import FramingName
from schemas.errors import BrokerError, ModelError
from schemas.form import Form
from schemas.stage import Identity
from tests.broker.fakes import TOPICS, FakeDecoder, FakeEnricher, packet

NAME = "fake"
COMPARISONS = "comparisons"


class FromFile:
    """A classifier whose file says its version, and what it gives."""

    reads: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        document = json.loads(content)
        if document.get("broken"):
            raise ModelError(f"{path}: is no model")
        sha256 = hashlib.sha256(content).hexdigest()
        self.identity = Identity(document.get("name", NAME), document["version"], sha256)
        self.labels = tuple(document.get("labels", ("real", "bogus")))
        self._says: float = document.get("says", 0.9)
        self._declines = document.get("declines", 0)
        self._raises = document.get("raises", 0)

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """What its file says; NaN or an error of every so many."""
        if self._raises and np.any(batch.alert_id % self._raises == 0):
            raise ValueError("too much")
        scores = np.full((len(batch), 2), (self._says, 1 - self._says), np.float32)
        if self._declines:
            scores[batch.alert_id % self._declines == 0] = np.nan
        return scores

    def warm_up(self) -> None:
        """Nothing to do."""


class Noting(FakeEnricher):
    """Writes which models scored, too."""

    def write(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form,
        rows: NDArray[np.int64] | None,
        framing: FramingName = "container",
    ) -> list[Written]:
        written = super().write(batch, annotations, form, rows, framing)
        models = [list(each) for each in annotations.models]
        return [
            Written(json.dumps({**json.loads(one.value), "models": models}).encode(), one.key)
            for one in written
        ]


class Opened:
    """What was opened, or stood in the way."""

    def __init__(self, step: Callable[[], Running], late: bool) -> None:
        self._step = step
        self.is_done = not late

    def done(self) -> bool:
        return self.is_done

    def result(self) -> Running:
        return self._step()


class Opener:
    """Opens at once, or when it is told to."""

    def __init__(self) -> None:
        self.is_late = False
        self.all: list[Opened] = []

    def submit(self, step: Callable[[], Running], /) -> Opening:
        self.all.append(Opened(step, self.is_late))
        return self.all[-1]


class Watcher:
    """Notes what models and batches tell observers."""

    def __init__(self) -> None:
        self.live: list[int | None] = []
        self.shadows: list[int] = []
        self.pauses: list[tuple[str, str]] = []
        self.reports: list[AlertReport] = []

    def on_models(self, live: Any, shadows: Any) -> None:  # noqa: ANN401 - runnings
        self.live = [each.version and each.version.version for each in live]
        self.shadows = [each.version.version for each in shadows]

    def on_model_pause(self, name: str, cause: str) -> None:
        self.pauses.append((name, cause))

    def on_phase(self, phase: Phase) -> None:
        """Not noted."""

    def on_batch(self, report: AlertReport) -> None:
        self.reports.append(report)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Not noted."""


class Worker:
    """A worker with models, step by step."""

    def __init__(self, stage: Stage, name: str = "one", limits: ModelLimits | None = None) -> None:
        limits, kafka = limits or ModelLimits(), stage.kafka
        self.watcher, self.opener = Watcher(), Opener()
        self.slot = Slot(Scoring(FromFile(stage.own)))
        self.models = Models(
            MemoryControlTopic(kafka, "control", name=f"{name}'s control"),
            slots=[self.slot],
            limits=limits,
            by=f"worker {name}",
            clock=stage.clock,
            opens=self.opener,
            observer=self.watcher,
        )
        self.models.open()
        self.sink = sink = MemorySink(kafka, name=f"g-{name}")
        self.source = MemorySource(kafka, group="g", topics=["survey"], worker=name)
        self.runner = Runner(
            worker=name,
            source=self.source,
            sink=sink,
            processor=Pipeline(
                decoder=FakeDecoder(),
                stages=[self.slot],
                filters=FilterSet([], []),
                enricher=Noting(),
                topics=TOPICS,
                bytes_max=sink.bytes_max,
                clock=stage.clock,
                broker_version="test",
                beside=Shadows(
                    self.models,
                    topic=COMPARISONS,
                    cost_us_max=limits.cost_us_max,
                    bytes_max=sink.bytes_max,
                ),
            ),
            ledger_topic=TOPICS.ledger,
            main_topic=TOPICS.enriched,
            clock=stage.clock,
            limits=RunLimits(poll_messages_max=1_000, poll_wait_s=0),
            observer=self.watcher,
            between=self.models.look,
        )
        self.runner.start()

    def kill(self) -> None:
        """As `kill -9` does, between two batches."""
        self.source.kill()
        self.sink.kill()


class Stage:
    """A memory Kafka with a survey and a control topic, and a folder of files."""

    def __init__(self, folder: Path, *faults: Fault) -> None:
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, faults=faults)
        for topic in ("survey", "control", COMPARISONS, TOPICS.enriched, TOPICS.dead_letters):
            self.kafka.create_topic(topic)
        self.kafka.create_topic(TOPICS.ledger)
        self.control = MemoryControlTopic(self.kafka, "control", name="commander")
        self._folder = folder
        self.own = self.file("own")
        self.numbers = count(1)

    def file(self, version: str, **what: object) -> Path:
        """A model's file of that version."""
        path = self._folder / f"{version}.json"
        path.write_text(json.dumps({"version": version, **what}))
        return path

    def register(self) -> ModelRegister:
        """What stands on the control topic."""
        return ModelRegister().after(records_of(self.kafka.read("control")))

    def deploy(self, file: Path, *, sha256: str = "", name: str = NAME) -> ModelVersion:
        """Write a file as the next version, a shadow."""
        version = ModelVersion(
            name=name,
            version=self.register().next_version(name),
            model_version=file.stem,
            sha256=sha256 or hashlib.sha256(file.read_bytes()).hexdigest(),
            place=str(file),
            card="a card",
            reference="",
            by="ada@observatory",
            deployed_unix_s=self.clock.now_s(),
            previous_sha256=None,
        )
        self.control.write(version.key, version.encode())
        self.clock.advance(1)
        return version

    def change(self, version: ModelVersion, state: State) -> None:
        """Somebody says how it stands."""
        now = self.clock.now_s()
        change = Change(state, Cause.ASKED, "so be it", "ada@observatory", now)
        status = self.register().changed(version, change)
        self.control.write(status.key, status.encode())
        self.clock.advance(1)

    def night(self, alerts: int, *workers: Worker) -> None:
        """Send so many alerts and let the workers take them."""
        for _ in range(alerts):
            self.kafka.publish("survey", packet(next(self.numbers)))
        for worker in workers:
            worker.runner.step()

    def served(self) -> list[str]:
        """Of each published alert, the version of the model beside its score."""
        records = [json.loads(each.value) for each in self.kafka.read(TOPICS.enriched)]
        assert all(count == 1 for count in Counter(each["id"] for each in records).values())
        return [version for each in records for _, version, _ in each["models"]]

    def compared(self) -> list[Compared]:
        """All that shadows said."""
        return list(read_compared(self.kafka.read(COMPARISONS)))
