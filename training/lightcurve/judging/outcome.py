"""What was predicted out of fold: everything that tables, cards and pictures are made from.

Probabilities are float32 of a flat prior, as the networks give them, and out of fold: an object's
are of networks that learnt from other folds. A row of NaN is a declined object. The first axis is
the seeds of the training; trees and others of one seed have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, Mask

Predictions = NDArray[np.float32]
WHOLE = np.inf
"""Days of a light curve that is not cut."""
DAYS = (3.0, 10.0, 30.0, WHOLE)
"""Since the first detection: how much of a light curve was shown."""


def days_name(days: float) -> str:
    return "whole" if days == WHOLE else f"+{days:g} d"


class Redshift(StrEnum):
    """What a network was told of the host's photo-z."""

    WITH = "with"
    WITHOUT = "without"
    MASKED = "masked"
    """Hidden at the same rate in every class, and 0 taken as unknown."""


SERVED = "this network, as served"
FLOAT = "this network in float32"
TREES_GP = "boosted trees, Gaussian process"
TREES = "boosted trees, no Gaussian process"
T2 = "t2, re-trained"
CLEAN, SPOILT, SPOILT_WHOLE, SELDOM = (
    "nothing left out",
    "spoilt",
    "spoilt, nothing left out",
    "less often",
)
"""Cases that the six-band network is asked about besides: every point of the light curve; with
gross outliers, as the live path gathers it and with every point; deep fields with fewer points."""
"""How the six-band models are called, in `Outcome.model`."""


@dataclass(frozen=True)
class Outcome:
    """One six-band model's answers about n PLAsTiCC objects, in the order of the metadata."""

    model: str
    label: Ints
    """(n,) place in labels.SIX_BAND."""
    fold: Ints
    """(n,) the fold that an object's networks did not learn from."""
    held_out: Mask
    """(n,) set apart; the cards say when they were looked at."""
    answers: Mapping[tuple[Redshift, float], Predictions]
    """(seeds, n, 14) by what was told and by days shown; what was not tried is not there."""

    def of(self, redshift: Redshift, days: float = WHOLE) -> Predictions | None:
        """(seeds, n, 14), or None where it was not tried."""
        return self.answers.get((redshift, days))


WINDOWS = ("third detection", "+20 d", "+40 d")
"""Where ZTF's windows of 30 days end: at the third detection, or at the last one up to then."""


@dataclass(frozen=True)
class ZtfOutcome(Columns):
    """One ZTF model's answers about n spectroscopic supernovae."""

    model: str
    """SERVED or another name."""
    object_name: NDArray[np.str_]
    label: Ints
    """(n,) place in labels.SUPERNOVAE."""
    fold: Ints
    held_out: Mask
    types: Predictions
    """(windows, seeds, n, 5) of a supernova's types alone; NaN where a model declined."""
    present: Mask
    """(windows, n) whether the object has such a window."""

    def of_names(self, names: NDArray[np.str_]) -> ZtfOutcome:
        """The answers about the objects of these names, in their own order."""
        rows = np.isin(self.object_name, names)
        return ZtfOutcome(
            self.model,
            self.object_name[rows],
            self.label[rows],
            self.fold[rows],
            self.held_out[rows],
            self.types[:, :, rows],
            self.present[:, rows],
        )


@dataclass(frozen=True)
class LeftOut:
    """Answers of networks that never saw one class: about all of it, and out of fold of others."""

    name: str
    """Of the class."""
    redshift: Redshift
    """What the networks were told."""
    unseen: Mask
    """(n,) whether an object is of that class."""
    probabilities: Predictions
    """(seeds, n, 14); the column of the class that was left out is whatever the network says."""


@dataclass(frozen=True)
class ThreeTypes:
    """Answers about supernovae of PLAsTiCC's test set, of which none was learnt from."""

    label: Ints
    """(n,) place in labels.SIX_BAND."""
    answers: Mapping[Redshift, Predictions]
    """(seeds, n, 14), with and without photo-z."""


def priors(label: Ints, fold: Ints, classes: int) -> Floats:
    """(n, C): the shares of the classes in the folds that an object's networks learnt from."""
    one_hot = label[:, None] == np.arange(classes)
    shares = np.stack([one_hot[fold != one].mean(axis=0) for one in range(int(fold.max()) + 1)])
    return shares[fold]
