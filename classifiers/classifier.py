"""What a classifier is: something with a name that turns a batch into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.prior import EVEN, Shares, reweighed
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
        """Probabilities at even odds, float32 (n, labels), rows summing to 1.

        A NaN row where it declines.
        """
        ...

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        ...


@dataclass(frozen=True)
class Scoring:
    """A classifier as a stage: it gives probabilities under its own name, at a prior."""

    classifier: Classifier
    prior: Shares = EVEN

    @property
    def identity(self) -> Identity:
        return self.classifier.identity

    @property
    def reads(self) -> tuple[str, ...]:
        return self.classifier.reads

    @property
    def gives(self) -> tuple[Given, ...]:
        return (Given(self.identity.name, "probabilities", self.classifier.labels, self.prior),)

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float32], ...]:
        return (self.at_prior(self.classifier.score(batch)),)

    def at_prior(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the classifier said at even odds, brought to the prior."""
        return reweighed(self.identity.name, self.classifier.labels, scores, EVEN, self.prior)

    def warm_up(self) -> None:
        self.classifier.warm_up()
