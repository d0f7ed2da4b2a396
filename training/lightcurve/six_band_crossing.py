"""The six-band networks: what each is asked, and what all say of what they did not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifiers.observations.rows import rows
from training.arrays import Floats, Mask, Singles, once
from training.lightcurve import crossing
from training.lightcurve.calibration import chances_of, slope, slopes_across
from training.lightcurve.crossing import (
    FLOAT,
    Answers,
    Job,
    Kept,
    answered,
    calibrated,
    kept_answers,
)
from training.lightcurve.fitting import Recipe
from training.lightcurve.judging.outcome import DAYS, WHOLE, LeftOut, Outcome, Redshift
from training.lightcurve.judging.outcome import FLOAT as FLOAT_NAME
from training.lightcurve.judging.outcome import SERVED as SERVED_NAME
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.material import Material
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import hidden_zero
from training.lightcurve.objects.splits import SERVED
from training.lightcurve.objects.windows import until

NETS = "nets"
MASKED_SHARE = 0.5
"""Of every class, whose photo-z is masked for the third column."""
MASKING_SEED = 44
HELD_OUT_NAME = "the served file itself"
LEFT_OUT = ("KN", "TDE", "uLens-Single")
"""Classes that are new to the networks of the novelty study: one brief, one slow, one Galactic."""
NOVELTY_FOLD = 0


def jobs(seeds: Sequence[int]) -> list[Job]:
    """Of every fold and seed, with the first seed's of the novelty study."""
    return crossing.jobs(seeds, [Job(NOVELTY_FOLD, seeds[0], name) for name in LEFT_OUT])


def crossed(work: Path, todo: Sequence[Job], recipe: Recipe, workers: int) -> None:
    """Fit all of these and keep what they answer; what an interrupted run has fitted stays."""
    run, what = partial(_answered, work, recipe), "six-band networks"
    crossing.crossed(work / NETS, run, todo, workers, what)


def _answered(work: Path, recipe: Recipe, job: Job) -> None:
    some = once(Material.load, work)
    asked = some.objects.take(np.flatnonzero(asked_about(some, job)))
    lessons = partial(some.lessons, job.fold, job.left_out)
    answered(work / NETS, job, recipe, lessons, partial(_questions, asked))


def asked_about(some: Material, job: Job) -> Mask:
    """(n,): a fold's objects or the hold-out, and all of a class that was left out."""
    found = some.judged(job.fold)
    return found | (some.objects.label == SIX_BAND.index(job.left_out)) if job.left_out else found


def _questions(objects: Objects) -> Iterator[tuple[str, Singles]]:
    """Of the served form on all days, of the float form on whole light curves."""
    yield from questions(objects)
    yield from ((f"{FLOAT}{key}", told) for key, told in questions(objects, [WHOLE]))


def questions(objects: Objects, days: Sequence[float] = DAYS) -> Iterator[tuple[str, Singles]]:
    """Rows by "told|days": with and without redshift, and whole light curves with some masked."""
    for end in days:
        cut = objects if end == WHOLE else until(objects, end)
        for told in (Redshift.WITH, Redshift.WITHOUT):
            yield f"{told}|{end:g}", rows(cut.curves, told_redshift(objects, told))
    masked = told_redshift(objects, Redshift.MASKED)
    yield f"{Redshift.MASKED}|{WHOLE:g}", rows(objects.curves, masked)


def told_redshift(objects: Objects, told: Redshift) -> Floats:
    """(n, 3), as a network is told it."""
    if told == Redshift.WITH:
        return objects.redshift
    if told == Redshift.WITHOUT:
        return np.full_like(objects.redshift, np.nan)
    masked = np.random.default_rng(MASKING_SEED).random(len(objects)) < MASKED_SHARE
    return np.where(masked[:, None], np.nan, hidden_zero(objects.redshift))


class Gathered(NamedTuple):
    """What all networks answered, calibrated."""

    served: Outcome
    """Of the small files."""
    float_form: Outcome
    """Of the networks before they were made small."""
    slopes: Floats
    """(folds,): each from the other folds' answers."""
    slope: float
    """Of the network that is served: from all folds' answers."""


def gathered(work: Path, some: Material, seeds: Sequence[int]) -> Gathered:
    """Out-of-fold answers of `crossed`'s networks, put together and calibrated across folds."""
    kept = Kept.of(work / NETS, seeds)
    told = [f"{one}|{WHOLE:g}" for one in (Redshift.WITH, Redshift.WITHOUT)]
    by_seed = zip(*(kept.out_of_fold(key, some.fold) for key in told), strict=True)
    together = np.concatenate([one for parts in by_seed for one in parts])
    times = len(told) * len(seeds)
    label, fold = np.tile(some.objects.label, times), np.tile(some.fold, times)
    slopes = slopes_across(together, label, fold)
    return Gathered(
        _outcome(SERVED_NAME, some, kept, slopes),
        _outcome(FLOAT_NAME, some, kept, slopes, FLOAT),
        slopes,
        slope(together, label),
    )


def _outcome(name: str, some: Material, kept: Kept, slopes: Floats, before: str = "") -> Outcome:
    """Calibrated, of the served form or of another, whose answers have this before their names."""
    asked = _asked(next(iter(kept.answers.values())), before)
    answers = {
        key: calibrated(kept.out_of_fold(name, some.fold), slopes, some.fold).astype(np.float32)
        for key, name in asked
    }
    return Outcome(name, some.objects.label, some.fold, some.held_out, answers)


def _asked(answers: Answers, before: str = "") -> Iterator[tuple[tuple[Redshift, float], str]]:
    """What was told and shown, and the name of such an answer."""
    pairs = ((told, days) for told in Redshift for days in DAYS)
    named = (((told, days), f"{before}{told}|{days:g}") for told, days in pairs)
    return ((key, name) for key, name in named if name in answers)


def hold_out(work: Path, some: Material, sure: float) -> Outcome:
    """What the served file says of the hold-out; NaN for what it learnt from."""
    kept, answers = kept_answers(work / NETS, Job(SERVED, 0)), {}
    for key, name in _asked(kept):
        answers[key] = np.full((1, len(some.objects), len(SIX_BAND)), np.nan, np.float32)
        answers[key][0, some.held_out] = chances_of(kept[name] * sure)
    return Outcome(HELD_OUT_NAME, some.objects.label, some.fold, some.held_out, answers)


def novelties(work: Path, some: Material, seed: int, sure: float) -> list[LeftOut]:
    """What networks that never saw a class say of it, and of the fold that they are judged on."""
    found = []
    for name in LEFT_OUT:
        job = Job(NOVELTY_FOLD, seed, name)
        kept = kept_answers(work / NETS, job)
        unseen = some.objects.label[asked_about(some, job)] == SIX_BAND.index(name)
        for told in (Redshift.WITH, Redshift.WITHOUT):
            chances = chances_of(kept[f"{told}|{WHOLE:g}"] * sure)[None]
            found.append(LeftOut(name, told, unseen, chances.astype(np.float32)))
    return found
