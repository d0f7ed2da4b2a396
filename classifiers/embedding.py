"""A light curve's embedding: what a network knew of it just before it named the classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Scoring
from classifiers.lightcurve import LightCurveClassifier
from schemas.batch import AlertBatch
from schemas.learned import Given

SUFFIX = "_embedding"
"""Of the vector's name, after the network's."""


@dataclass(frozen=True)
class Embedding(Scoring):
    """A network as a stage that gives its probabilities, and its last hidden layer, of one run."""

    classifier: LightCurveClassifier

    @property
    def gives(self) -> tuple[Given, ...]:
        """Its labels' probabilities at the prior, and a vector of float32 without a unit."""
        return (*super().gives, vector_of(self.classifier))

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float32], ...]:
        """Probabilities and hidden layer, a NaN row where the network declines."""
        scores, layers = self.classifier.learn(batch)
        return self.at_prior(scores), layers


def vector_of(classifier: LightCurveClassifier) -> Given:
    """What the last hidden layer is given as."""
    numbers = tuple(map(str, range(classifier.width)))
    return Given(f"{classifier.identity.name}{SUFFIX}", "vector", numbers)
