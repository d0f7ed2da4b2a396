"""Whether a network's own doubt tells a class that it never saw from those it knows.

PLAsTiCC asked for an unknown class in this way (Kessler et al. 2019, arXiv:1903.11756); confidence
as a score for it is the plain baseline of Hendrycks and Gimpel 2017 (arXiv:1610.02136).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from training.arrays import Floats
from training.bootstrap import ROUNDS, Measured, drawn
from training.lightcurve.judging.metrics import Ranking, normalised
from training.lightcurve.judging.outcome import LeftOut, Predictions, Redshift
from training.lightcurve.judging.sample import answered, over_seeds
from training.lightcurve.labels import SIX_BAND

CALLED = 3
"""Classes that are named for what an unseen one was taken for."""


def doubt(probabilities: Floats) -> Floats:
    """1 less the highest probability, (n,) of (n, C)."""
    rows: Floats = 1 - probabilities.max(axis=1)
    return rows


def entropy(probabilities: Floats) -> Floats:
    """In nats, (n,) of (n, C)."""
    rows: Floats = -(probabilities * np.log(probabilities)).sum(axis=1)
    return rows


SCORES = MappingProxyType({"1 - highest probability": doubt, "entropy": entropy})


class Novelty(NamedTuple):
    """One class left out of training."""

    name: str
    redshift: Redshift
    unseen: int
    """Objects of it."""
    seen: int
    """Objects of other classes, out of fold."""
    auc: dict[str, Measured]
    """By score of SCORES: the chance that an unseen one is doubted more than one of the others."""
    called: tuple[tuple[str, float], ...]
    """What the unseen were taken for most often, and their shares."""


def novelty(some: LeftOut, seed: int, rounds: int = ROUNDS) -> Novelty:
    """AUC of each score with the error of draws of objects, unseen and seen apart, and seeds."""
    known = answered(some.probabilities)
    unseen, answers = some.unseen[known], some.probabilities[:, known]
    weights = drawn(unseen.astype(np.int64), np.random.default_rng(seed), rounds)
    return Novelty(
        some.name,
        some.redshift,
        int(unseen.sum()),
        int((~unseen).sum()),
        {
            name: over_seeds(_auc(score, answers, unseen, weights), seed)
            for name, score in SCORES.items()
        },
        _called(answers[:, unseen]),
    )


def _auc(
    score: Callable[[Floats], Floats],
    answers: Predictions,
    unseen: np.ndarray[tuple[int], np.dtype[np.bool_]],
    weights: Floats,
) -> Floats:
    """(seeds, 1 + rounds)."""
    owner = np.arange(len(unseen))
    scores = [score(normalised(one)) for one in answers]
    return np.stack([Ranking.of(unseen, one, owner).auc(weights) for one in scores])


def _called(answers: Predictions) -> tuple[tuple[str, float], ...]:
    """The likeliest classes of (seeds, n, 14), most frequent first."""
    shares = np.bincount(answers.argmax(axis=2).ravel(), minlength=len(SIX_BAND))
    order = np.argsort(-shares, kind="stable")[:CALLED]
    return tuple((SIX_BAND[one], float(shares[one] / shares.sum())) for one in order)
