"""What the engine asks of a job: messages in, and out comes all that their batch becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol

from broker.dead_letters import DeadLetter
from broker.ledger import Counts
from broker.observer import Outcome_co
from broker.ports import Message, Output


@dataclass(frozen=True)
class Processed(Generic[Outcome_co]):
    """What a batch becomes: each message one output on the job's main topic, or one dead letter."""

    outputs: Sequence[Output]
    """On every topic, the dead letters' too; the ledger's entry is the runner's."""
    dead: Sequence[DeadLetter]
    counts: Counts
    outcome: Outcome_co
    """What the job tells its observers."""
    steps_s: Mapping[str, float] = field(default_factory=dict)
    """How long each step of the job took."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """What the job says in the ledger beside what is counted (`Entry.notes`)."""


class Processor(Protocol[Outcome_co]):
    """A job; that of the alerts is `broker.alerts.pipeline.Pipeline`."""

    def process(self, messages: Sequence[Message]) -> Processed[Outcome_co]:
        """What a batch becomes. A BrokerError ends the worker, with nothing of it committed."""
        ...
