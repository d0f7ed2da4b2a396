"""What the engine asks of a job: messages in, and out comes all that their batch becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters import DeadLetter
from broker.ledger import Counts
from broker.observer import Step
from broker.ports import Message, Output


@dataclass(frozen=True)
class Processed:
    """What a batch becomes."""

    outputs: Sequence[Output]
    """Enriched alerts, the filters' ones, dead letters; the ledger's entry is the runner's."""
    counts: Counts
    dead: Sequence[DeadLetter]
    filters: int
    """How many were asked."""
    steps_s: Mapping[Step, float]
    stages_s: Mapping[str, float]
    """By the stage's name, within `Step.SCORE`."""
    received_unix_s: NDArray[np.float64]
    """Of each alert published to the enriched topic: Kafka's timestamp, NaN where absent."""
    exposed_unix_s: NDArray[np.float64]
    """Of the same alerts: the exposure."""
    faults: tuple[str, ...]
    """What stages and filters raised, a line each."""
    disagreements: Mapping[str, Mapping[str, int]]
    """With the survey's own score, of the alerts that were decoded."""


class Processor(Protocol):
    """A job, pure: `broker.alerts.pipeline.Pipeline`."""

    def process(self, messages: Sequence[Message]) -> Processed:
        """What a batch becomes."""
        ...
