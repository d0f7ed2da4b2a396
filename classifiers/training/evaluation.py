"""How well scores agree with the teacher, with the shortcuts' own figures beside every one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.training.examples import Examples
from classifiers.training.progress import shown
from classifiers.training.splits import field_nights

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
ROUNDS = 1000
INTERVAL_PERCENT = (2.5, 97.5)
RICHEST = 3
"""Field-nights, of which so many low scores come that they are also left out in turn."""
ASTEROID_ARCSEC = 1.5
REFUSED_SHARE = 0.95
"""Of the low-scored alerts, at the threshold where recall is read off."""


class Measured(NamedTuple):
    """A figure and its 95 % interval, from a bootstrap over field-nights."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As a card shows it."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class Row(NamedTuple):
    """One line of the table: some of the examples, and each score's AUC on them."""

    part: str
    alerts: int
    low: int
    auc: dict[str, Measured]
    """By score: the network's own, and those that it must beat."""


class Recall(NamedTuple):
    """How many alerts known to be real pass the threshold."""

    threshold: float
    passed: int
    known: int


def table(examples: Examples, network: Floats, seed: int) -> list[Row]:
    """Each part of the examples with the AUC of the network and of four shortcuts."""
    scores = {
        "network": network,
        "rb": examples.rb,
        "magnitude": examples.magnitude,
        "sky": examples.sky,
        "sign": np.where(examples.negative, 0.0, 1.0),
    }
    parts = _parts(examples)
    return [
        _row(name, examples.take(mask), {key: one[mask] for key, one in scores.items()}, seed)
        for name, mask in shown(parts.items(), "resampling field-nights", len(parts))
    ]


def auc(low: Mask, score: Floats, weight: Floats | None = None) -> float:
    """The chance that an alert not called bogus scores above one that is; half for a tie.

    `weight` is how often each row counts.
    """
    weight = np.ones(len(score)) if weight is None else weight
    rank = np.unique(score, return_inverse=True)[1].ravel()
    lows, highs = np.bincount(rank, weight * low), np.bincount(rank, weight * ~low)
    lows_below = np.cumsum(lows) - lows / 2
    return float(highs @ lows_below / (highs.sum() * lows.sum()))


def measured(low: Mask, score: Floats, groups: NDArray[np.int64], seed: int) -> Measured:
    """The AUC with its interval: whole groups drawn with replacement, rounds of one class passed.

    Rows without a score take no part.
    """
    known = ~np.isnan(score)
    low, score = low[known], score[known]
    groups = np.unique(groups[known], return_inverse=True)[1].ravel()
    random, count = np.random.default_rng(seed), int(groups.max()) + 1
    drawn = []
    for _ in range(ROUNDS):
        weight = np.bincount(random.integers(count, size=count), minlength=count)[groups]
        if _both(low[weight > 0]):
            drawn.append(auc(low, score, weight.astype(np.float64)))
    return Measured(auc(low, score), *np.percentile(drawn, INTERVAL_PERCENT))


def recall(low_scores: Floats, known_real: Floats) -> Recall:
    """Of alerts known to be real, at the threshold that refuses 95 % of the low-scored ones."""
    threshold = float(np.quantile(low_scores, REFUSED_SHARE))
    return Recall(threshold, int((known_real > threshold).sum()), len(known_real))


def unseen_asteroids(examples: Examples) -> Mask:
    """Known asteroids that the teacher never scored, so neither did it choose them."""
    return (examples.asteroid_distance_arcsec < ASTEROID_ARCSEC) & np.isnan(examples.teacher)


def _parts(examples: Examples) -> dict[str, Mask]:
    """Subsets by name, those left out that hold low scores only, or none."""
    groups = field_nights(examples)
    lows = np.bincount(groups, examples.low)
    rich = np.isin(groups, np.argsort(-lows, kind="stable")[:RICHEST])
    nights, counts = np.unique(examples.night, return_counts=True)
    longest = nights[np.argmax(counts)]
    parts = {
        "all": np.ones(len(examples), np.bool_),
        f"without the {RICHEST} field-nights richest in low scores": ~rich,
        f"those {RICHEST} only": rich,
        f"night MJD {longest} only": examples.night == longest,
        "brightened": ~examples.negative,
        "faded": examples.negative,
    }
    return {name: mask for name, mask in parts.items() if _both(examples.low[mask])}


def _both(low: Mask) -> bool:
    """Whether there is a low and a high score to be told apart."""
    return bool(low.any() and not low.all())


def _row(part: str, examples: Examples, scores: Mapping[str, Floats], seed: int) -> Row:
    groups, low = field_nights(examples), examples.low
    figures = {name: measured(low, score, groups, seed) for name, score in scores.items()}
    return Row(part, len(examples), int(low.sum()), figures)
