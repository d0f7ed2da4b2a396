"""Steps 2 to 5, pure: what a batch of messages becomes, and what is counted of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from broker.alerts.counts import FILTERS
from broker.alerts.decided import DecidedBatch
from broker.alerts.disagreement import CERTAINTY, Certainty, disagreements
from broker.alerts.envelopes import Envelopes
from broker.alerts.outcome import AlertOutcome, Step
from broker.alerts.packer import Encode, Packed, Packer, Record, Refused, Shape, Topics
from broker.alerts.reasons import NOT_ENRICHABLE
from broker.alerts.repeats import IDS_KEPT_MAX, Repeats
from broker.alerts.unknown_schema import OnUnknownSchema, check_schemas
from broker.alerts.vectors import vector_outputs
from broker.alerts.wishes import wanted
from broker.dead_letters import DeadLetter
from broker.errors import TopicMissing
from broker.ledger import Counts
from broker.models.shadows import Besides, ModelsTold
from broker.ports import Clock, Message, Output
from broker.processor import Processed
from filters.filter_set import ActiveFilter, FilterDecision
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.enriched import Written
from schemas.enriched_framing import FramingName
from schemas.errors import SchemaError
from schemas.form import Form
from schemas.stage import Stage, StageFault, run_stage

BESIDE: Final = "shadows"
"""In place of a stage's name: all that ran beside them."""


class Decodes(Protocol):
    """From packets to columns: `schemas.decode.Decoder`."""

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        """Each packet is one row, or one entry of `rejected`."""
        ...


class Enriches(Protocol):
    """From columns to records: `schemas.enriched.Enricher`."""

    def write(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form,
        rows: NDArray[np.int64] | None,
        framing: FramingName,
    ) -> list[Written]:
        """The records of some rows. Raises SchemaError where a writer schema has no room."""
        ...


class Judges(Protocol):
    """The active filters: `filters.filter_set.FilterSet`, or one that changes between batches."""

    @property
    def active(self) -> Sequence[ActiveFilter]:
        """The filters asked; they may change between two batches, never within one."""
        ...

    def judge(self, batch: AlertBatch) -> Sequence[FilterDecision]:
        """Each filter's answer, in the order of `active`; nothing that a filter does raises."""
        ...


class RunsBeside(Protocol):
    """What learns of a batch beside its stages, and adds nothing to it: shadows of models."""

    def run(self, batch: AlertBatch) -> Besides:
        """What is published besides, and what observers are told. Raises nothing."""
        ...


class Pipeline:
    """Decoder, stages, filters and encoder in a row; between batches it keeps `Repeats` alone."""

    def __init__(
        self,
        *,
        decoder: Decodes,
        stages: Sequence[Stage],
        filters: Judges,
        enricher: Enriches,
        topics: Topics,
        bytes_max: Callable[[str], int],
        clock: Clock,
        broker_version: str,
        certainty: Certainty = CERTAINTY,
        withholds: bool = False,
        ids_kept_max: int = IDS_KEPT_MAX,
        unknown_schema: OnUnknownSchema = "dead-letter",
        beside: RunsBeside | None = None,
    ) -> None:
        """The stages run in the order given. `bytes_max`: of a topic (`Sink.bytes_max`).

        `ids_kept_max`: of so many of the last alerts it is known that they were seen before.
        `withholds`: not everybody may see every packet, so that no dead letter holds any of one.
        `unknown_schema`: whether the first alert of a schema that is not known stops the worker.
        """
        self._withholds = withholds
        self._beside = beside
        self._unknown_schema = unknown_schema
        self._broker_version = broker_version
        self._decoder = decoder
        self._stages = stages
        self._filters = filters
        self._enricher = enricher
        self._topics = topics
        self._bytes_max = bytes_max
        self._packer = Packer(bytes_max)
        self._clock = clock
        self._certainty = certainty
        self._repeats = Repeats(ids_kept_max)

    def process(self, messages: Sequence[Message]) -> Processed[AlertOutcome]:
        """Every message ends in one enriched record or in one dead letter, never in both.

        Raises TooManyDead where a schema is not known and that is to stop the worker.
        """
        watch = _Stopwatch(self._clock)
        ingested_unix_s = self._clock.now_s()
        with watch.measured(Step.DECODE):
            batch = self._decoder.decode([message.value for message in messages])
            _check_whole(batch, len(messages))
            self._repeats.mark(batch, messages)
        with watch.measured(Step.SCORE):
            faults = self._learn(batch, watch)
            disagreed = disagreements(batch, self._certainty)
            beside = self._run_beside(batch, watch)
        with watch.measured(Step.SELECT):
            active, decisions = self._filters.active, self._filters.judge(batch)
        decided = DecidedBatch(
            batch, messages, ingested_unix_s, faults, disagreed, active, decisions
        )
        with watch.measured(Step.ENCODE):
            decided = self._publishable(decided)
            packed = self._pack(decided)
            dead = _dead(decided, packed, withholds=self._withholds)
            if self._unknown_schema == "stop":
                check_schemas(dead)
            letters = self._letters(dead)
            vectors = vector_outputs(batch, self._stages, packed, self._topics.embeddings)
        outcome = _outcome(decided, packed, watch, beside.told)
        others = [*letters, *vectors, *beside.outputs]
        return _processed(decided, packed, dead, others, outcome, steps_s=watch.steps_s)

    def _learn(self, batch: AlertBatch, watch: _Stopwatch) -> tuple[StageFault, ...]:
        """Run the stages, each timed by itself."""
        faults: list[StageFault] = []
        for stage in self._stages:
            with watch.measured_stage(stage.identity.name):
                faults += run_stage(batch, stage)
        return tuple(faults)

    def _run_beside(self, batch: AlertBatch, watch: _Stopwatch) -> Besides:
        if self._beside is None:
            return Besides([], ModelsTold())
        with watch.measured_stage(BESIDE):
            return self._beside.run(batch)

    def _publishable(self, decided: DecidedBatch) -> DecidedBatch:
        """The same; what was selected for a topic that does not exist is a fault of its filter."""
        faults = dict[str, str]()
        for active, _ in decided.picked():
            try:
                self._bytes_max(active.topic)
            except TopicMissing as missing:
                faults[active.name] = f"filter {active.name!r}: {missing}"
        return decided.failing(faults) if faults else decided

    def _pack(self, decided: DecidedBatch) -> Packed:
        annotations, wished = self._annotations(decided), wanted(decided, self._topics)
        envelopes = Envelopes(decided.batch, decided.messages)

        def encode(rows: Sequence[int], shape: Shape) -> Sequence[Record]:
            written = self._enricher.write(
                decided.batch,
                _flagged(annotations, shape.flags) if shape.flags else annotations,
                shape.form,
                np.array(rows, dtype=np.int64),
                shape.framing,
            )
            return envelopes.records(rows, written, shape)

        try:
            return self._packer.pack(wished, encode)
        except SchemaError:
            refused = list(_unwritable(decided.batch, encode))
            return self._packer.pack(wished, encode, refused)

    def _letters(self, dead: Sequence[DeadLetter]) -> list[Output]:
        topic = self._topics.dead_letters
        bytes_max = self._bytes_max(topic) if dead else 0
        return [each.output(topic, bytes_max) for each in dead]

    def _annotations(self, decided: DecidedBatch) -> Annotations:
        batch, selected_by = decided.batch, decided.selected_by()
        return Annotations(
            broker_version=self._broker_version,
            models=[each.identity for each in self._stages],
            ingest_unix_us=np.full(len(batch), round(decided.ingested_unix_s * 1e6), np.int64),
            publish_unix_us=round(self._clock.now_s() * 1e6),
            learned=batch.learned,
            filters=[tuple(one.filter for one in by) for by in selected_by],
            flags=decided.flags(),
            selected_by=selected_by,
        )


class _Stopwatch:
    """How long each step took, and each stage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.steps_s: dict[str, float] = {}
        self.stages_s: dict[str, float] = {}

    def measured(self, step: Step) -> AbstractContextManager[None]:
        return self._measured(self.steps_s, step)

    def measured_stage(self, name: str) -> AbstractContextManager[None]:
        return self._measured(self.stages_s, name)

    @contextmanager
    def _measured(self, into: dict[str, float], key: str) -> Iterator[None]:
        began_s = self._clock.monotonic_s()
        yield
        into[key] = self._clock.monotonic_s() - began_s


def _check_whole(batch: AlertBatch, messages: int) -> None:
    """The law's first half: a decoder that loses or doubles a packet must not go unseen."""
    rejected = [each.index for each in batch.rejected]
    answered = np.sort(np.concatenate([batch.source_index, np.array(rejected, dtype=np.int64)]))
    assert np.array_equal(answered, np.arange(messages)), "each packet: one row, or rejected once"


def _unwritable(batch: AlertBatch, encode: Encode) -> Iterator[Refused]:
    """The rows whose writer schema has no room for our field, found by one row of each schema."""
    for schema in np.unique(batch.schema).tolist():
        rows = np.flatnonzero(batch.schema == schema).tolist()
        try:
            encode(rows[:1], Shape("lite"))
        except SchemaError as error:
            yield from (Refused(row, NOT_ENRICHABLE, str(error)) for row in rows)


def _flagged(annotations: Annotations, more: tuple[str, ...]) -> Annotations:
    """The same with more flags on every row."""
    return replace(annotations, flags=[(*flags, *more) for flags in annotations.flags])


def _dead(decided: DecidedBatch, packed: Packed, *, withholds: bool) -> list[DeadLetter]:
    """What the decoder rejected and what cannot be published, in the order consumed."""
    sources = decided.batch.source_index.tolist()
    dead = [(each.index, each.reason.value, each.detail) for each in decided.batch.rejected]
    dead += [(sources[each.row], each.reason, each.detail) for each in packed.refused]
    return [
        DeadLetter(reason, detail, decided.messages[index], without_packet=withholds)
        for index, reason, detail in sorted(dead)
    ]


def _processed(
    decided: DecidedBatch,
    packed: Packed,
    dead: Sequence[DeadLetter],
    others: Sequence[Output],
    outcome: AlertOutcome,
    *,
    steps_s: Mapping[str, float],
) -> Processed[AlertOutcome]:
    died = Counter(letter.reason for letter in dead)
    return Processed(
        outputs=[*packed.outputs, *others],
        dead=dead,
        counts=Counts(packed.published, died, vars(outcome.counts)),
        outcome=outcome,
        steps_s=steps_s,
        notes={FILTERS: len(decided.active)},
    )


def _outcome(
    decided: DecidedBatch, packed: Packed, watch: _Stopwatch, models: ModelsTold
) -> AlertOutcome:
    live = np.delete(np.arange(len(decided.batch)), [each.row for each in packed.refused])
    stamps = np.array([message.timestamp_ms for message in decided.messages], dtype=np.float64)
    received = stamps[decided.batch.source_index[live]]
    return AlertOutcome(
        counts=decided.counts(packed),
        received_unix_s=np.where(received < 0, np.nan, received / 1e3),
        exposed_unix_s=decided.batch.exposed_unix_s[live],
        faults=tuple(decided.fault_lines()),
        disagreements=decided.disagreements,
        stages_s=watch.stages_s,
        models=models,
    )
