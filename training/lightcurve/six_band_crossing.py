"""The six-band networks: what each is asked, and what all say of what they did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifiers.observations.rows import rows
from schemas.batch import LightCurves
from training.arrays import Floats, Mask, Singles, once
from training.lightcurve import crossing
from training.lightcurve.answers import SERVED
from training.lightcurve.calibration import calibrated, chances_of
from training.lightcurve.crossing import (
    FLOAT,
    Answers,
    Job,
    Kept,
    answered,
    kept_answers,
)
from training.lightcurve.fitting import Recipe
from training.lightcurve.judging.outcome import (
    CLEAN,
    DAYS,
    SELDOM,
    SPOILT,
    SPOILT_WHOLE,
    WHOLE,
    LeftOut,
    Outcome,
    Redshift,
)
from training.lightcurve.judging.outcome import FLOAT as FLOAT_NAME
from training.lightcurve.judging.outcome import SERVED as SERVED_NAME
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.material import Material
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import hidden_zero
from training.lightcurve.objects.seen import Seen, is_deep, left_out, less_often, spoilt
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.objects.windows import until
from training.lightcurve.six_band_answers import SixBandAnswers

NETS = "nets"
MASKED_SHARE = 0.5
"""Of every class, whose photo-z is masked for the third column."""
MASKING_SEED = 44
HELD_OUT_NAME = "the served file itself"
LEFT_OUT = ("KN", "TDE", "uLens-Single")
"""Classes that are new to the networks of the novelty study: one brief, one slow, one Galactic."""
NOVELTY_FOLD = 0
KEPT = ((Redshift.WITH, WHOLE), *((Redshift.WITHOUT, days) for days in DAYS))
"""What was told and shown, of the answers that are committed and that calibration is fitted to."""


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
    """Of the served form on all days and in all cases, of the float form on whole light curves."""
    yield from questions(objects)
    unknown = told_redshift(objects, Redshift.WITHOUT)
    yield from ((case, rows(change(objects.curves), unknown)) for case, change in CASES.items())
    yield from ((f"{FLOAT}{key}", told) for key, told in questions(objects, [WHOLE]))


CASES: Mapping[str, Callable[[LightCurves], LightCurves]] = {
    CLEAN: lambda curves: curves,
    SPOILT: lambda curves: left_out(spoilt(curves)),
    SPOILT_WHOLE: spoilt,
    SELDOM: lambda curves: left_out(less_often(curves)),
}
"""What is asked besides about whole light curves without a redshift."""


def questions(objects: Objects, days: Sequence[float] = DAYS) -> Iterator[tuple[str, Singles]]:
    """Rows by "told|days", of what the live path would gather.

    With and without redshift, and whole light curves with some masked.
    """
    for end in days:
        curves = left_out(until(objects, end).curves)
        for told in (Redshift.WITH, Redshift.WITHOUT):
            yield f"{told}|{end:g}", rows(curves, told_redshift(objects, told))
    masked = told_redshift(objects, Redshift.MASKED)
    yield f"{Redshift.MASKED}|{WHOLE:g}", rows(left_out(objects.curves), masked)


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
    cases: Mapping[str, Outcome]
    """By name, without photo-z, of whole light curves."""
    across: Floats
    """(folds, 2, 2, classes): how sure each fold's may be, from the other folds' answers."""
    calibration: Floats
    """(2, 2, classes), of the network that is served: from all folds' answers."""


def gathered(work: Path, some: Material, seeds: Sequence[int]) -> Gathered:
    """Out-of-fold answers of `crossed`'s networks, put together and calibrated across folds.

    NaN where the served classifier would decline.
    """
    kept, first = Kept.of(work / NETS, seeds), answers_of(work, some, seeds[0])
    across = first.across()
    return Gathered(
        _outcome(SERVED_NAME, some, kept, across),
        _outcome(FLOAT_NAME, some, kept, across, FLOAT),
        {case: _case(case, some, kept, across) for case in CASES},
        across,
        first.calibration(),
    )


def answers_of(work: Path, some: Material, seed: int) -> SixBandAnswers:
    """Of one seed: out of fold, and the served network's about the hold-out."""
    return SixBandAnswers.joined(
        [
            _answers(some, fold, days, f"{told}|{days:g}", kept)
            for fold in (*range(FOLDS), SERVED)
            for kept in [kept_answers(work / NETS, Job(fold, seed))]
            for told, days in KEPT
            if fold != SERVED or days == WHOLE
        ]
    )


def _answers(some: Material, fold: int, days: float, asked: str, kept: Answers) -> SixBandAnswers:
    own = np.flatnonzero(some.judged(fold))
    seen = Seen.of(some.objects.take(own), days)
    rows, count = own[seen.answered], int(seen.answered.sum())
    return SixBandAnswers(
        some.objects.name[rows],
        np.full(count, asked),
        some.objects.label[rows],
        np.full(count, fold, np.int64),
        some.held_out[rows],
        seen.detections[seen.answered],
        SixBandAnswers.rounded(kept[asked][seen.answered]),
    )


def _outcome(name: str, some: Material, kept: Kept, across: Floats, before: str = "") -> Outcome:
    """Calibrated, of the served form or of another, whose answers have this before their names."""
    answers = {}
    for key, asked in _asked(next(iter(kept.answers.values())), before):
        seen = Seen.of(some.objects, key[1])
        logits = kept.out_of_fold(asked, some.fold)
        answers[key] = told_chances(logits, across[some.fold], seen)
    return Outcome(name, some.objects.label, some.fold, some.held_out, answers)


def _case(case: str, some: Material, kept: Kept, across: Floats) -> Outcome:
    """Of the objects that the case is about; NaN for the others."""
    changed = replace(some.objects, curves=CASES[case](some.objects.curves))
    said = told_chances(kept.out_of_fold(case, some.fold), across[some.fold], Seen.of(changed))
    if case == SELDOM:
        said[:, ~is_deep(some.objects.curves)] = np.nan
    answers = {(Redshift.WITHOUT, WHOLE): said}
    return Outcome(case, some.objects.label, some.fold, some.held_out, answers)


def told_chances(logits: Singles, given: Floats, seen: Seen) -> Singles:
    """(seeds, n, classes) of logits, as sure as `given` has them; NaN of what is declined."""
    sure = np.stack([chances_of(calibrated(one, given, seen.detections)) for one in logits])
    return np.where(seen.answered[:, None], sure, np.nan).astype(np.float32)


def _asked(answers: Answers, before: str = "") -> Iterator[tuple[tuple[Redshift, float], str]]:
    """What was told and shown, and the name of such an answer."""
    pairs = ((told, days) for told in Redshift for days in DAYS)
    named = (((told, days), f"{before}{told}|{days:g}") for told, days in pairs)
    return ((key, name) for key, name in named if name in answers)


def hold_out(work: Path, some: Material, sure: Floats) -> Outcome:
    """What the served file says of the hold-out; NaN for what it learnt from."""
    kept, answers = kept_answers(work / NETS, Job(SERVED, 0)), {}
    for key, name in _asked(kept):
        seen = Seen.of(some.objects.take(np.flatnonzero(some.held_out)), key[1])
        answers[key] = np.full((1, len(some.objects), len(SIX_BAND)), np.nan, np.float32)
        answers[key][0, some.held_out] = told_chances(kept[name][None], sure, seen)[0]
    return Outcome(HELD_OUT_NAME, some.objects.label, some.fold, some.held_out, answers)


def novelties(work: Path, some: Material, seed: int, sure: Floats) -> list[LeftOut]:
    """What networks that never saw a class say of it, and of the fold that they are judged on.

    Of those that were fitted.
    """
    found = []
    for job in (Job(NOVELTY_FOLD, seed, name) for name in LEFT_OUT):
        if not (work / NETS / f"{job.name}.npz").is_file():
            continue
        kept, asked = kept_answers(work / NETS, job), np.flatnonzero(asked_about(some, job))
        unseen = some.objects.label[asked] == SIX_BAND.index(job.left_out)
        seen = Seen.of(some.objects.take(asked))
        for told in (Redshift.WITH, Redshift.WITHOUT):
            chances = told_chances(kept[f"{told}|{WHOLE:g}"][None], sure, seen)
            found.append(LeftOut(job.left_out, told, unseen, chances))
    return found
