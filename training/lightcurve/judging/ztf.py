"""The ZTF network: five types of supernovae by object, and what it does with other objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Mask
from training.bootstrap import ROUNDS, Measured, drawn
from training.lightcurve.judging.contest import HeldOut, OverFolds, over_folds
from training.lightcurve.judging.metrics import Ranking
from training.lightcurve.judging.outcome import (
    WINDOWS,
    Predictions,
    ZtfOutcome,
    priors,
)
from training.lightcurve.judging.quoted import ZTF_TREES
from training.lightcurve.judging.sample import (
    FIGURES,
    Sample,
    answered,
    gain,
    over_seeds,
)
from training.lightcurve.judging.three_types import confusion
from training.lightcurve.labels import SUPERNOVAE

LIKELY = 0.5
"""Of "not shown to be a supernova": from here on it is likelier than all types together."""


@dataclass(frozen=True)
class Window:
    """One model on one kind of window."""

    model: str
    window: str
    counts: tuple[int, ...]
    """Objects of each type that have such a window and were answered."""
    declined: int
    """Objects that have such a window and were not."""
    flat: Measured
    auc: Measured
    """Macro."""
    flat_folds: OverFolds
    auc_folds: OverFolds
    others: dict[str, float]
    """Micro AUC, micro average precision, accuracy and calibration error, at the training's prior.

    By name, as `sample.FIGURES`.
    """
    by_type: tuple[Measured, ...]
    """The mean loss of each type."""
    called: Floats
    """(5, 5) at a flat prior: shares of the row."""
    seeds: tuple[float, ...]
    """Flat log-loss of each network."""


class ZtfClaim(NamedTuple):
    """That ours is ahead on one kind of window."""

    rival: str
    window: str
    flat: Measured
    """Rival less ours, paired where its answers are at hand, else against the figure quoted."""
    auc: Measured
    """Ours less the rival."""


class NotShown(NamedTuple):
    """How the label "not shown to be a supernova" tells others from supernovae of one window."""

    window: str
    auc: Measured
    called: Measured
    """Share of the supernovae to which the label is likelier than not."""


class Others(NamedTuple):
    """Objects of one kind that are no supernovae."""

    kind: str
    objects: int
    answered: int
    mean: float
    """Mean probability of "not shown"; NaN where all were declined."""
    called: float
    """Share to which it is likelier than not."""


def sample_of(outcome: ZtfOutcome, seed: int, rounds: int = ROUNDS) -> Sample:
    """Every supernova, with draws."""
    prior = priors(outcome.label, outcome.fold, len(SUPERNOVAE))
    return Sample.of(outcome.label, prior, seed, rounds)


def windows(outcome: ZtfOutcome, sample: Sample) -> tuple[Window, ...]:
    """One model on all three."""
    return tuple(_window(outcome, place, sample) for place in range(len(WINDOWS)))


def held_out(outcome: ZtfOutcome, sample: Sample) -> tuple[HeldOut, ...]:
    """The check on the objects that no choice was made by, on each window."""
    parts = sample.within(outcome.held_out.astype(np.int64))
    return tuple(_held_out(outcome, place, parts) for place in range(len(WINDOWS)))


def _held_out(outcome: ZtfOutcome, place: int, parts: Sample) -> HeldOut:
    answers = _present(outcome, place)
    known = answered(answers)
    sides = [known & outcome.held_out, known & ~outcome.held_out]
    apart, rest = (parts.rows(one).flat(answers[:, one]) for one in sides)
    found = [over_seeds(one, parts.seed) for one in (apart, rest, apart - rest)]
    return HeldOut(outcome.model, WINDOWS[place], int(sides[0].sum()), *found)


def _window(outcome: ZtfOutcome, place: int, sample: Sample) -> Window:
    answers = _present(outcome, place)
    known = answered(answers)
    mine, label, fold = answers[:, known], outcome.label[known], outcome.fold[known]
    some = sample.rows(known)
    losses, figures = some.class_losses(mine), some.once().figures(mine)
    flat, auc = losses.mean(axis=2), some.macro_auc(mine)
    once = some.once()
    folds = [(once.rows(fold == one), mine[:, fold == one]) for one in np.unique(fold)]
    return Window(
        outcome.model,
        WINDOWS[place],
        tuple(map(int, np.bincount(label, minlength=len(SUPERNOVAE)))),
        int((outcome.present[place] & ~known).sum()),
        over_seeds(flat, sample.seed),
        over_seeds(auc, sample.seed),
        over_folds(np.array([part.flat(one).mean() for part, one in folds])),
        over_folds(np.array([part.macro_auc(one).mean() for part, one in folds])),
        {name: float(figures[name].mean()) for name in FIGURES[1:]},
        tuple(over_seeds(one, sample.seed) for one in np.moveaxis(losses, 2, 0)),
        confusion(mine.astype(np.float64), label),
        tuple(map(float, flat[:, 0])),
    )


def _present(outcome: ZtfOutcome, place: int) -> Predictions:
    """(seeds, n, 5), NaN where an object has no such window."""
    kept: Predictions = np.where(
        outcome.present[place][:, None], outcome.types[place], np.float32(np.nan)
    )
    return kept


def claims(ours: ZtfOutcome, rivals: Sequence[ZtfOutcome], sample: Sample) -> tuple[ZtfClaim, ...]:
    """Ours against each rival on each window, paired, and against the trees' figures as quoted."""
    paired = [
        ZtfClaim(
            rival.model,
            window,
            gain(sample, Sample.flat, *both, lower_is_better=True),
            gain(sample, Sample.macro_auc, *both, lower_is_better=False),
        )
        for rival in rivals
        for place, window in enumerate(WINDOWS)
        for both in [(_present(ours, place), _present(rival, place))]
    ]
    return (*paired, *(_against_quoted(one) for one in windows(ours, sample)))


def _against_quoted(ours: Window) -> ZtfClaim:
    """With our own error alone, as that of a quoted figure is not known."""
    trees = ZTF_TREES[ours.window]
    return ZtfClaim(
        "boosted trees, as quoted",
        ours.window,
        _shifted(ours.flat, trees.flat, -1),
        _shifted(ours.auc, trees.macro_auc, 1),
    )


def _shifted(ours: Measured, figure: float, sign: int) -> Measured:
    """How far ours is above a figure, or, with sign -1, below it."""
    low, high = sorted(sign * (one - figure) for one in (ours.low, ours.high))
    return Measured(sign * (ours.value - figure), low, high, ours.error)


def not_shown(outcome: ZtfOutcome, seed: int, rounds: int = ROUNDS) -> tuple[NotShown, ...]:
    """Of each window; none where the model has no such label."""
    lines = [_not_shown(outcome, place, seed, rounds) for place in range(len(WINDOWS))]
    return tuple(one for one in lines if one)


def _not_shown(outcome: ZtfOutcome, place: int, seed: int, rounds: int) -> NotShown | None:
    mine = outcome.not_shown[place][:, outcome.present[place]]
    mine, others = (one[:, ~np.isnan(one).any(axis=0)] for one in (mine, outcome.other_not_shown))
    if not mine.size or not others.size:
        return None
    score = np.concatenate([mine, others], axis=1).astype(np.float64)
    other: Mask = np.arange(score.shape[1]) >= mine.shape[1]
    weights = drawn(other.astype(np.int64), np.random.default_rng(seed), rounds)
    owner = np.arange(len(other))
    auc = np.stack([Ranking.of(other, one, owner).auc(weights) for one in score])
    own = weights[:, ~other]
    share = (own @ (mine > LIKELY).T / own.sum(axis=1, keepdims=True)).T
    return NotShown(WINDOWS[place], over_seeds(auc, seed), over_seeds(share, seed))


def others(outcome: ZtfOutcome) -> tuple[Others, ...]:
    """What real objects that are no supernovae are called, by kind, the most frequent first."""
    kinds, counts = np.unique(outcome.other_kind, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(_others(outcome, str(kinds[one])) for one in order)


def _others(outcome: ZtfOutcome, kind: str) -> Others:
    score = outcome.other_not_shown[:, outcome.other_kind == kind]
    known = score[:, ~np.isnan(score).any(axis=0)]
    if not known.size:
        return Others(kind, score.shape[1], 0, np.nan, np.nan)
    called = float((known > LIKELY).mean())
    return Others(kind, score.shape[1], known.shape[1], float(known.mean()), called)
