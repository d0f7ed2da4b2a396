"""n objects with draws of them: each figure with its error, of one model or of two apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import ROUNDS, Measured, drawn, measured
from training.bootstrap import over_seeds as mean_over_seeds
from training.lightcurve.judging import metrics
from training.lightcurve.judging.metrics import BINS, bins, with_prior
from training.lightcurve.judging.outcome import Predictions

FLAT, AUC, PRECISION, ACCURACY, CALIBRATION = "flat", "auc", "ap", "accuracy", "ece"
"""Flat log-loss; micro ROC-AUC, micro average precision, accuracy and calibration error."""
RANKED_ROUNDS = 200
"""Draws of what needs all answers in order; an error is then known to 5 %."""
FIGURES = (FLAT, AUC, PRECISION, ACCURACY, CALIBRATION)


@dataclass(frozen=True)
class Sample:
    """Objects, and draws with replacement within each class, so that no class vanishes."""

    label: Ints
    """(n,) in [0, C)."""
    prior: Floats
    """(n, C) of the folds that each object's networks learnt from."""
    weights: Floats
    """(1 + rounds, n), as `bootstrap.drawn` gives them: row 0 is each object once."""
    seed: int
    """Of the draws of networks."""

    @classmethod
    def of(cls, label: Ints, prior: Floats, seed: int, rounds: int = ROUNDS) -> Sample:
        """Draw within the classes."""
        return cls(label, prior, drawn(label, np.random.default_rng(seed), rounds), seed)

    @property
    def classes(self) -> int:
        """How many there are, C."""
        return int(self.prior.shape[1])

    def within(self, parts: Ints) -> Sample:
        """The same objects, drawn anew within each class of each part, (n,)."""
        rounds, strata = len(self.weights) - 1, self.label + self.classes * parts
        weights = drawn(strata, np.random.default_rng(self.seed), rounds)
        return Sample(self.label, self.prior, weights, self.seed)

    def rows(self, some: Mask) -> Sample:
        """Some of the objects, (n,), under the same draws."""
        return Sample(self.label[some], self.prior[some], self.weights[:, some], self.seed)

    def once(self) -> Sample:
        """The same objects as they are, not drawn."""
        return Sample(self.label, self.prior, self.weights[:1], self.seed)

    def class_losses(self, answers: Predictions) -> Floats:
        """The mean loss of each class, (seeds, 1 + rounds, C), of answers (seeds, n, C)."""
        some, known = self._known(answers)
        return np.stack(
            [metrics.class_losses(one, some.label, some.classes, some.weights) for one in known]
        )

    def flat(self, answers: Predictions) -> Floats:
        """The flat log-loss, (seeds, 1 + rounds); NaN where a class is not there."""
        mean: Floats = self.class_losses(answers).mean(axis=2)
        return mean

    def figures(self, answers: Predictions) -> dict[str, Floats]:
        """Each of FIGURES, (seeds, 1 + rounds); all but the flat one at the training's prior."""
        some, known = self._known(answers)
        each = [some._at_the_prior(one) for one in metrics.with_prior(known, some.prior)]
        told = {name: np.stack([one[name] for one in each]) for name in FIGURES[1:]}
        return {FLAT: self.flat(answers)} | told

    def macro_auc(self, answers: Predictions) -> Floats:
        """One class against the rest, mean over classes, of the answers as they are."""
        some, known = self._known(answers)
        rows = metrics.normalised(known)
        return np.stack([metrics.macro_auc(one, some.label, some.weights) for one in rows])

    def _known(self, answers: Predictions) -> tuple[Sample, Predictions]:
        """What no network declined."""
        known = answered(answers)
        return (self, answers) if known.all() else (self.rows(known), answers[:, known])

    def _at_the_prior(self, probabilities: Floats) -> dict[str, Floats]:
        ranking = metrics.micro(probabilities, self.label)
        auc, precision = ranking.both(self.weights[: 1 + RANKED_ROUNDS])
        return {
            AUC: auc,
            PRECISION: precision,
            ACCURACY: metrics.accuracy(probabilities, self.label, self.weights),
            CALIBRATION: metrics.calibration_error(probabilities, self.label, self.weights),
        }


def answered(answers: Predictions) -> Mask:
    """Which objects every network of (seeds, n, C) answered, (n,)."""
    known: Mask = np.logical_not(np.isnan(answers).any(axis=(0, 2)))
    return known


def over_seeds(figures: Floats, seed: int) -> Measured:
    """The mean over networks, (seeds, 1 + rounds), with each round's networks drawn as well."""
    return measured(mean_over_seeds(figures, np.random.default_rng(seed)))


def gain(
    sample: Sample,
    figure: Callable[[Sample, Predictions], Floats],
    ours: Predictions,
    rival: Predictions,
    *,
    lower_is_better: bool,
    same_networks: bool = False,
) -> Measured:
    """How far ours is ahead, over the objects that both answered, under the same draws.

    Each model's networks are drawn by themselves, as they were fitted by themselves, unless the
    two are forms of the same networks.
    """
    both = answered(ours) & answered(rival)
    some = sample if both.all() else sample.rows(both)
    means = [
        mean_over_seeds(
            figure(some, answers[:, both]),
            np.random.default_rng([sample.seed, 0 if same_networks else place]),
        )
        for place, answers in enumerate((ours, rival))
    ]
    return measured(means[1] - means[0] if lower_is_better else means[0] - means[1])


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
