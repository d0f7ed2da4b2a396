"""What the engine tells those who watch it: the phase it is in, and what became of each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from broker.dead_letters import DeadLetter
from broker.ledger import Entry
from broker.ports import Partition
from schemas.errors import BrokerError


class Phase(StrEnum):
    """Where the loop is; a killed worker's last phase says what was left undone."""

    JOINING = "joining"
    POLLING = "polling"
    SCORING = "scoring"
    """The job is at work; the word is the alert job's, and metrics have it as a label."""
    OPEN = "transaction open"
    OFFSETS_SENT = "offsets sent"
    COMMITTING = "committing"
    """From asking Kafka to commit until its answer."""
    STOPPED = "stopped"


POLL: Final = "poll"
PUBLISH: Final = "publish"
"""The engine's own steps; publishing is the transaction, from opening to committed."""

Outcome = TypeVar("Outcome")
Outcome_co = TypeVar("Outcome_co", covariant=True)
Outcome_contra = TypeVar("Outcome_contra", contravariant=True)
"""What a job tells its observers of a batch; the engine hands it on unread."""


@dataclass(frozen=True)
class BatchReport(Generic[Outcome_co]):
    """One committed batch."""

    entry: Entry
    steps_s: Mapping[str, float]
    """By step: the engine's two, and the job's own between them."""
    committed_unix_s: float
    lag: Mapping[Partition, int]
    """Messages left behind this batch, by partition."""
    dead: Sequence[DeadLetter]
    """The messages that could not be published."""
    outcome: Outcome_co


class Observer(Protocol[Outcome_contra]):
    """Someone who watches; called from the loop, so it must be quick and must not raise."""

    def on_phase(self, phase: Phase) -> None:
        """The loop enters a phase."""
        ...

    def on_batch(self, report: BatchReport[Outcome_contra]) -> None:
        """A batch was committed."""
        ...

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """A transaction was given up in that phase; its batch will be polled again."""
        ...


class Observers(Generic[Outcome_contra]):
    """Several observers as one; of none, it is the observer that ignores everything."""

    def __init__(self, *observers: Observer[Outcome_contra]) -> None:
        self._observers = observers

    def on_phase(self, phase: Phase) -> None:
        for observer in self._observers:
            observer.on_phase(phase)

    def on_batch(self, report: BatchReport[Outcome_contra]) -> None:
        for observer in self._observers:
            observer.on_batch(report)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        for observer in self._observers:
            observer.on_abort(error, phase)
