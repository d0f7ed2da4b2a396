"""What the alert job tells its observers of a batch: times, faults, and what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from broker.alerts.counts import AlertCounts
from broker.alerts.disagreement import Disagreements
from broker.models.shadows import ModelsTold
from broker.observer import BatchReport


class Step(StrEnum):
    """The steps between poll and publish whose durations are measured."""

    DECODE = "decode"
    SCORE = "score"
    """All stages together; each one's share stands in `stages_s`."""
    SELECT = "select"
    ENCODE = "encode"


@dataclass(frozen=True)
class AlertOutcome:
    """Of one batch."""

    counts: AlertCounts
    received_unix_s: NDArray[np.float64]
    """Of each alert on the enriched topic: Kafka's timestamp in the survey topic, NaN if none."""
    exposed_unix_s: NDArray[np.float64]
    """Of the same alerts: the exposure."""
    faults: tuple[str, ...] = ()
    """What was not read, and what stages and filters raised, a line each."""
    disagreements: Disagreements = field(default_factory=dict)
    """Alerts on which a classifier and the survey strongly disagree."""
    stages_s: Mapping[str, float] = field(default_factory=dict)
    """By the stage's name; together they are all but a little of `Step.SCORE`."""
    models: ModelsTold = field(default_factory=ModelsTold)
    """What shadows said, and what was counted for drift."""


AlertReport = BatchReport[AlertOutcome]
"""A committed batch of the alert job."""
