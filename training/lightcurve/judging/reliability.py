"""Whether a probability means what it says: said against found, bin by bin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.bootstrap import Floats
from training.lightcurve.judging.metrics import BINS, bins, with_prior
from training.lightcurve.judging.outcome import Predictions
from training.lightcurve.judging.sample import Sample, answered


class Reliability(NamedTuple):
    """Of the likeliest class at the training's shares; every column is (BINS,)."""

    counts: Floats
    """Objects of each bin, mean over networks."""
    said: Floats
    """Mean probability; NaN in an empty bin, as the next."""
    found: Floats
    """Share that is right."""
    low: Floats
    """With `high` the middle 95 % of draws of objects."""
    high: Floats


def reliability(answers: Predictions, sample: Sample) -> Reliability:
    """Of answers (seeds, n, C); the networks taken together, as each is served alone."""
    known = answered(answers)
    some = sample.rows(known)
    told = with_prior(answers[:, known], some.prior)
    parts = np.zeros((3, len(some.label), BINS))
    for one in told:
        _add(one, some, parts)
    counts, said, right = (some.weights @ part for part in parts)
    with np.errstate(invalid="ignore"):
        found = right / counts
        middle = said[0] / counts[0]
    ends = np.nanpercentile(np.nan_to_num(found[1:]), [2.5, 97.5], axis=0)
    return Reliability(counts[0] / len(answers), middle, found[0], *ends)


def _add(told: Floats, some: Sample, parts: Floats) -> None:
    """One network's counts, probabilities and right answers to `parts`, (3, n, BINS)."""
    confidence = told.max(axis=1)
    cells = np.arange(len(told)), bins(confidence)
    columns = (np.ones(len(told)), confidence, told.argmax(axis=1) == some.label)
    for part, column in zip(parts, columns, strict=True):
        part[cells] += column
