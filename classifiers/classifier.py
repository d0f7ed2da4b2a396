"""What a classifier is: something with a name that turns a batch into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity

ModelIdentity = Identity
"""Which model scored: written beside every score."""


@runtime_checkable
class Classifier(Protocol):
    """A model that scores a batch."""

    @property
    def identity(self) -> ModelIdentity:
        """Name, version and file hash."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `score` are."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """The batch's columns that it reads, as of `Stage`."""
        ...

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Probabilities, float32 (n, labels), rows summing to 1; a NaN row where it declines."""
        ...

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        ...


@dataclass(frozen=True)
class Scoring:
    """A classifier as a stage: it gives probabilities under its own name."""

    classifier: Classifier

    @property
    def identity(self) -> Identity:
        return self.classifier.identity

    @property
    def reads(self) -> tuple[str, ...]:
        return self.classifier.reads

    @property
    def gives(self) -> tuple[Given, ...]:
        return (Given(self.identity.name, "probabilities", self.classifier.labels),)

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float32], ...]:
        return (self.classifier.score(batch),)

    def warm_up(self) -> None:
        self.classifier.warm_up()
