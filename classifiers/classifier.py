"""What a classifier is: something with a name that turns a batch into probabilities."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch


class ModelIdentity(NamedTuple):
    """Which model scored: written beside every score."""

    name: str
    version: str
    sha256: str
    """Of the served file, hexadecimal."""


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
        """The batch's columns that it reads; the scheduler orders classifiers by these."""
        ...

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Probabilities, float32 (n, labels), rows summing to 1; a NaN row where it declines."""
        ...

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        ...
