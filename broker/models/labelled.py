"""Scores beside what the alerts turned out to be: confusion, recall, log loss and calibration.

Labels come later, by object (a table of the TNS's), so all alerts of an object get its label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

PROBABILITY_MIN: Final = 1e-6
"""A label that was thought impossible costs as if it had been thought this unlikely."""
CALIBRATION_BINS: Final = 10
NONE: Final = -1
"""No label."""

Scores = NDArray[np.float32]
"""(n, labels), a NaN row where the model declined."""


@dataclass(frozen=True)
class Marks:
    """How well scores fit their labels."""

    alerts: int
    objects: int
    """That these are of."""
    recall: float
    """Mean of the labels' recalls, of those that any alert has."""
    log_loss: float
    """In nats."""
    calibration_error: float
    """By how much the probability of the most probable label and the share of right ones differ, on
    average over ten bins of the probability."""


def places(
    objects: Sequence[str], known: Mapping[str, str], labels: Sequence[str]
) -> NDArray[np.int64]:
    """By alert, (n,), the place of its object's label among a model's labels, or NONE."""
    by_label = {label: place for place, label in enumerate(labels)}
    return np.array([by_label.get(known.get(each, ""), NONE) for each in objects], np.int64)


def marks(scores: Scores, truth: NDArray[np.int64], objects: NDArray[np.str_]) -> Marks | None:
    """Of alerts that have a label and were scored; None where there is none."""
    fine = (truth != NONE) & ~np.isnan(scores).any(axis=1)
    if not fine.any():
        return None
    told, real = scores[fine].astype(np.float64), truth[fine]
    said = told.argmax(axis=1)
    given = told[np.arange(len(told)), real]
    return Marks(
        alerts=int(fine.sum()),
        objects=len(np.unique(objects[fine])),
        recall=float(np.mean([np.mean(said[real == each] == each) for each in np.unique(real)])),
        log_loss=float(-np.log(np.maximum(given, PROBABILITY_MIN)).mean()),
        calibration_error=_calibration_error(told.max(axis=1), said == real),
    )


def confusion(scores: Scores, truth: NDArray[np.int64]) -> NDArray[np.int64]:
    """(labels, labels + 1): alerts by label and by the most probable one, the last: declined."""
    labels = scores.shape[1]
    declined = np.isnan(scores).any(axis=1)
    said = np.where(declined, labels, np.nan_to_num(scores, nan=0.0).argmax(axis=1))
    known = truth != NONE
    counts = np.zeros((labels, labels + 1), np.int64)
    np.add.at(counts, (truth[known], said[known]), 1)
    return counts


def _calibration_error(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    apart = np.bincount(bins, weights=probability - right, minlength=CALIBRATION_BINS)
    return float(np.abs(apart).sum() / len(right))
