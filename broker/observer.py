"""What the engine tells those who watch it: the phase it is in, and what became of each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters import DeadLetter
from broker.ledger import Entry
from broker.ports import Partition
from schemas.errors import BrokerError


class Phase(StrEnum):
    """Where the loop is; a killed worker's last phase says what was left undone."""

    JOINING = "joining"
    POLLING = "polling"
    SCORING = "scoring"
    """Decoding, scoring, selecting and encoding."""
    OPEN = "transaction open"
    OFFSETS_SENT = "offsets sent"
    COMMITTING = "committing"
    """From asking Kafka to commit until its answer."""
    STOPPED = "stopped"


class Step(StrEnum):
    """The steps of a batch whose durations are measured."""

    POLL = "poll"
    DECODE = "decode"
    SCORE = "score"
    """All stages together; each one's share stands in `stages_s`."""
    SELECT = "select"
    ENCODE = "encode"
    PUBLISH = "publish"
    """The transaction, from opening to committed."""


@dataclass(frozen=True)
class BatchReport:
    """One committed batch."""

    entry: Entry
    steps_s: Mapping[Step, float]
    committed_unix_s: float
    received_unix_s: NDArray[np.float64]
    """Of each alert on the enriched topic: Kafka's timestamp in the survey topic, NaN if none."""
    exposed_unix_s: NDArray[np.float64]
    """Of the same alerts: the exposure."""
    lag: Mapping[Partition, int]
    """Messages left behind this batch, by partition."""
    faults: Sequence[str]
    """What filters and classifiers raised, a line each."""
    dead: Sequence[DeadLetter] = ()
    """The alerts that could not be published."""
    disagreements: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By classifier and by who says real: alerts on which it and the survey strongly disagree."""
    stages_s: Mapping[str, float] = field(default_factory=dict)
    """By the stage's name; together they are all but a little of `Step.SCORE`."""


class Observer(Protocol):
    """Someone who watches; called from the loop, so it must be quick and must not raise."""

    def on_phase(self, phase: Phase) -> None:
        """The loop enters a phase."""
        ...

    def on_batch(self, report: BatchReport) -> None:
        """A batch was committed."""
        ...

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """A transaction was given up in that phase; its batch will be polled again."""
        ...


class Observers:
    """Several observers as one; of none, it is the observer that ignores everything."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def on_phase(self, phase: Phase) -> None:
        for observer in self._observers:
            observer.on_phase(phase)

    def on_batch(self, report: BatchReport) -> None:
        for observer in self._observers:
            observer.on_batch(report)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        for observer in self._observers:
            observer.on_abort(error, phase)
