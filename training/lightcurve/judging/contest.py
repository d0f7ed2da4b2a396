"""Ours against its rivals: means over folds, and claims on the pooled out-of-fold answers.

A figure is the mean over networks, as one network is served; that of their mean answer would be an
ensemble's, and flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Mask
from training.bootstrap import ROUNDS, Measured
from training.lightcurve.judging.outcome import (
    CLEAN,
    DAYS,
    FLOAT,
    SERVED,
    SPOILT_WHOLE,
    Outcome,
    Predictions,
    Redshift,
    priors,
)
from training.lightcurve.judging.sample import (
    FIGURES,
    Sample,
    answered,
    gain,
    over_seeds,
)
from training.lightcurve.labels import SIX_BAND


class OverFolds(NamedTuple):
    """A figure of each fold, taken together."""

    mean: float
    error: float
    """Standard error: the folds' standard deviation over the root of their number."""


@dataclass(frozen=True)
class Line:
    """One model at one setting."""

    model: str
    redshift: Redshift
    answered: int
    """Objects that it answered."""
    folds: Mapping[str, OverFolds]
    """By figure, as `sample.FIGURES`."""
    pooled: Mapping[str, Measured]
    """On all folds at once, with the errors of draws of objects and networks."""
    seeds: Mapping[str, tuple[float, ...]]
    """Of each network by itself, pooled."""
    by_class: tuple[Measured, ...]
    """The mean loss of each class."""


class Claim(NamedTuple):
    """That ours is ahead of a rival in flat log-loss."""

    rival: str
    redshift: Redshift
    gain: Measured
    """Rival less ours, pooled and paired: ahead if `gain.clear`."""


def sample_of(outcome: Outcome, seed: int, rounds: int = ROUNDS) -> Sample:
    """Every object of an outcome, with draws; the same for each model of the same objects."""
    prior = priors(outcome.label, outcome.fold, len(SIX_BAND))
    return Sample.of(outcome.label, prior, seed, rounds)


def line(outcome: Outcome, redshift: Redshift, sample: Sample) -> Line | None:
    """The figures of one model at one setting; None where it was not tried."""
    answers = outcome.of(redshift)
    if answers is None:
        return None
    drawn = sample.figures(answers)
    losses = sample.class_losses(answers)
    return Line(
        model=outcome.model,
        redshift=redshift,
        answered=int(answered(answers).sum()),
        folds=_over_folds(answers, outcome, sample),
        pooled={name: over_seeds(drawn[name], sample.seed) for name in FIGURES},
        seeds={name: tuple(map(float, drawn[name][:, 0])) for name in FIGURES},
        by_class=tuple(over_seeds(one, sample.seed) for one in np.moveaxis(losses, 2, 0)),
    )


def _over_folds(answers: Predictions, outcome: Outcome, sample: Sample) -> dict[str, OverFolds]:
    folds = [outcome.fold == one for one in np.unique(outcome.fold)]
    each = [sample.rows(rows).once().figures(answers[:, rows]) for rows in folds]
    return {name: over_folds(np.array([one[name].mean() for one in each])) for name in FIGURES}


def over_folds(figures: Floats) -> OverFolds:
    """Of the folds' figures, (folds,)."""
    return OverFolds(float(figures.mean()), float(figures.std(ddof=1) / np.sqrt(len(figures))))


def claims(ours: Outcome, rivals: Sequence[Outcome], sample: Sample) -> tuple[Claim, ...]:
    """Ours against each rival, at each setting that both were tried at."""
    pairs = [(rival, one) for rival in rivals for one in Redshift]
    found = [(rival, one, claim(ours, rival, one, sample)) for rival, one in pairs]
    return tuple(Claim(rival.model, one, ahead) for rival, one, ahead in found if ahead)


def changes(ours: Outcome, cases: Mapping[str, Outcome], sample: Sample) -> tuple[Claim, ...]:
    """How much more is lost in each case without photo-z; with outliers, than with every point."""
    clean = {SPOILT_WHOLE: cases[CLEAN]}
    told = Redshift.WITHOUT
    found = [(case, clean.get(case, ours), its) for case, its in cases.items()]
    gained = [
        (case, claim(mine, its, told, sample, same_networks=True)) for case, mine, its in found
    ]
    return tuple(Claim(case, told, one) for case, one in gained if one)


def claim(
    ours: Outcome,
    rival: Outcome,
    redshift: Redshift,
    sample: Sample,
    *,
    same_networks: bool = False,
) -> Measured | None:
    """How far ours is ahead of one rival; None where one of the two was not tried."""
    mine, its = ours.of(redshift), rival.of(redshift)
    if mine is None or its is None:
        return None
    same = same_networks or {ours.model, rival.model} == {SERVED, FLOAT}
    return gain(sample, Sample.flat, mine, its, lower_is_better=True, same_networks=same)


class HeldOut(NamedTuple):
    """The check on the objects that no choice was made by."""

    model: str
    setting: str
    """A Redshift, or one of ZTF's windows."""
    objects: int
    """That were held out."""
    held_out: Measured
    """Flat log-loss of the objects held out."""
    rest: Measured
    """Of all others."""
    difference: Measured
    """Held out less the rest: above zero by two errors would tell of choices that fitted noise."""


def held_out(outcome: Outcome, redshift: Redshift, sample: Sample) -> HeldOut | None:
    """Flat log-loss on the objects held out beside that on the rest; None where not tried."""
    answers = outcome.of(redshift)
    if answers is None or not outcome.held_out.any():
        return None
    parts = sample.within(outcome.held_out.astype(np.int64))
    apart, rest = (_flat(answers, rows, parts) for rows in (outcome.held_out, ~outcome.held_out))
    found = [over_seeds(one, sample.seed) for one in (apart, rest, apart - rest)]
    return HeldOut(outcome.model, redshift, int(outcome.held_out.sum()), *found)


def _flat(answers: Predictions, rows: Mask, sample: Sample) -> Floats:
    return sample.rows(rows).flat(answers[:, rows])


class Early(NamedTuple):
    """One model's flat log-loss by days since the first detection."""

    model: str
    redshift: Redshift
    days: tuple[float, ...]
    flat: tuple[Measured, ...]
    answered: tuple[int, ...]
    """Objects; a model may decline the first points."""


def early(outcome: Outcome, redshift: Redshift, sample: Sample) -> Early | None:
    """The days that a model was tried at; None where it was tried at none but the whole."""
    tried = [(days, outcome.of(redshift, days)) for days in DAYS]
    known = [(days, answers) for days, answers in tried if answers is not None]
    if len(known) < 2:
        return None
    return Early(
        outcome.model,
        redshift,
        tuple(days for days, _ in known),
        tuple(over_seeds(sample.flat(answers), sample.seed) for _, answers in known),
        tuple(int(answered(answers).sum()) for _, answers in known),
    )


def all_early(outcomes: Sequence[Outcome], sample: Sample) -> tuple[Early, ...]:
    """Every model with and without photo-z, where it was tried."""
    found = [early(one, told, sample) for told in Redshift for one in outcomes]
    return tuple(one for one in found if one)
