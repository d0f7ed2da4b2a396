"""The ZTF network: five types of supernovae by object; `ztf_others` has what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.arrays import Floats
from training.bootstrap import ROUNDS, Measured
from training.lightcurve.judging.contest import HeldOut, OverFolds, over_folds
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


def sample_of(outcome: ZtfOutcome, seed: int, rounds: int = ROUNDS) -> Sample:
    """Every supernova, with draws."""
    prior = priors(outcome.label, outcome.fold, len(SUPERNOVAE))
    return Sample.of(outcome.label, prior, seed, rounds)


def windows(outcome: ZtfOutcome, sample: Sample) -> tuple[Window, ...]:
    """One model on those of the three that it was asked about."""
    asked = np.flatnonzero(outcome.present.any(axis=1)).tolist()
    return tuple(_window(outcome, place, sample) for place in asked)


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
        if rival.present[place].any()
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
