"""A light curve's embedding: what a network knew of it just before it named the classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.lightcurve import LightCurveClassifier
from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity

SUFFIX = "_embedding"
"""Of the vector's name, after the network's."""


@dataclass(frozen=True)
class Embedding:
    """A network as a stage that gives its probabilities, and its last hidden layer, of one run."""

    classifier: LightCurveClassifier

    @property
    def identity(self) -> Identity:
        """The network's."""
        return self.classifier.identity

    @property
    def reads(self) -> tuple[str, ...]:
        """The network's."""
        return self.classifier.reads

    @property
    def gives(self) -> tuple[Given, ...]:
        """Its labels' probabilities, and a vector of float32 without a unit."""
        name = self.identity.name
        numbers = tuple(map(str, range(self.classifier.width)))
        return (
            Given(name, "probabilities", self.classifier.labels),
            Given(f"{name}{SUFFIX}", "vector", numbers),
        )

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both, NaN where the network declines."""
        return self.classifier.learn(batch)

    def warm_up(self) -> None:
        """As the network does."""
        self.classifier.warm_up()
