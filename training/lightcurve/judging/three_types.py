"""A check on PLAsTiCC's test set: three types of supernovae in another mix.

The network is asked for one of fourteen classes; here its answer is held to the three that there
are, its probabilities for these alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.arrays import Floats, Ints
from training.bootstrap import ROUNDS, Measured, drawn
from training.lightcurve.judging.metrics import accuracy, class_losses, normalised
from training.lightcurve.judging.outcome import Redshift, ThreeTypes
from training.lightcurve.judging.sample import answered, over_seeds
from training.lightcurve.labels import SIX_BAND

TYPES = ("SNIa", "SNII", "SNIbc")
PLACES = [SIX_BAND.index(one) for one in TYPES]


@dataclass(frozen=True)
class Check:
    """Of one setting of the network."""

    redshift: Redshift
    counts: tuple[int, ...]
    """Objects of each type that were answered."""
    flat: Measured
    """Over the three, renormalised."""
    accuracy: Measured
    on_the_three: float
    """Mean probability that the three have together."""
    called: Floats
    """(3, 3) what objects of each type (rows) are called, as shares of the row."""


def checks(some: ThreeTypes, seed: int, rounds: int = ROUNDS) -> tuple[Check, ...]:
    """With and without photo-z."""
    return tuple(_check(some, told, seed, rounds) for told in some.answers)


def _check(some: ThreeTypes, told: Redshift, seed: int, rounds: int) -> Check:
    known = answered(some.answers[told])
    label = np.searchsorted(np.sort(PLACES), some.label[known])
    label = np.argsort(PLACES)[label]
    whole = normalised(some.answers[told][:, known])[..., PLACES]
    rows = normalised(whole)
    weights = drawn(label, np.random.default_rng(seed), rounds)
    flat = np.stack([class_losses(one, label, len(TYPES), weights).mean(axis=1) for one in rows])
    right = np.stack([accuracy(one, label, weights) for one in rows])
    return Check(
        told,
        tuple(map(int, np.bincount(label, minlength=len(TYPES)))),
        over_seeds(flat, seed),
        over_seeds(right, seed),
        float(whole.sum(axis=2).mean()),
        confusion(rows, label),
    )


def confusion(answers: Floats, label: Ints) -> Floats:
    """(C, C) of answers (seeds, n, C): by what objects are, the shares of what they are called."""
    classes = answers.shape[2]
    cells = label * classes + answers.argmax(axis=2)
    counts = np.bincount(cells.ravel(), minlength=classes**2).reshape(classes, classes)
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
