"""Step 3: every classifier scores the batch, and one that raises costs only the rows at fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Classifier
from schemas.batch import AlertBatch
from schemas.errors import ModelError
from schemas.isolation import isolate
from schemas.learned import Learned

RUNS_MAX = 128
"""Runs spent on finding the rows of one batch that make a classifier raise."""


class ScoringFault(NamedTuple):
    """Rows that a classifier did not score because it raised; their scores are NaN."""

    classifier: str
    rows: NDArray[np.int64]
    message: str

    @property
    def flag(self) -> str:
        """What the rows' enriched records say of it."""
        return f"classifier-error:{self.classifier}"


def score(batch: AlertBatch, classifiers: Sequence[Classifier]) -> tuple[ScoringFault, ...]:
    """Fill `batch.learned`; the classifiers run in the order given."""
    faults: list[ScoringFault] = []
    for classifier in classifiers:
        name = classifier.identity.name
        scores = np.full((len(batch), len(classifier.labels)), np.nan, dtype=np.float32)
        faults += _fill(classifier, batch, scores)
        batch.learned[name] = Learned.probabilities(classifier.labels, scores)
    return tuple(faults)


def _fill(
    classifier: Classifier, batch: AlertBatch, scores: NDArray[np.float32]
) -> Iterator[ScoringFault]:
    """Score all rows but those at fault; there are none in an empty batch."""
    if not len(batch):
        return

    def run(rows: NDArray[np.int64], part: AlertBatch) -> None:
        scores[rows] = _checked(classifier, part)

    for rows, error in isolate(batch, run, runs_max=RUNS_MAX):
        yield ScoringFault(classifier.identity.name, rows, _line(classifier, error))


def _checked(classifier: Classifier, batch: AlertBatch) -> NDArray[np.float32]:
    """The scores of a batch, in the shape that the protocol asks for."""
    scores = classifier.score(batch)
    expected = (len(batch), len(classifier.labels))
    if np.shape(scores) != expected:
        raise ModelError(f"the scores must be of shape {expected}, not {np.shape(scores)}")
    return scores


def _line(classifier: Classifier, error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"classifier {classifier.identity.name!r} raised {type(error).__name__}: {text}"
