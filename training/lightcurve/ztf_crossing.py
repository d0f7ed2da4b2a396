"""ZTF's networks: fitted side by side, and asked about objects that they did not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifiers.observations.rows import rows
from schemas.light_curves import first_detection_mjd, point_rows
from training.arrays import Floats, Ints, Mask, Singles, once
from training.lightcurve import crossing
from training.lightcurve.calibration import slope, slopes_across
from training.lightcurve.crossing import Job, Kept, answered, calibrated
from training.lightcurve.fitting import Recipe
from training.lightcurve.judging.outcome import SERVED as SERVED_NAME
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.labels import SUPERNOVAE, ZTF
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.splits import judged
from training.lightcurve.objects.windows import (
    Windows,
    drawn,
    every_detection,
    newest_after,
    nth_detection,
    windows,
)
from training.lightcurve.objects.ztf import FILE, Material
from training.lightcurve.teaching.lessons import Lessons, Wear

NETS = "ztf_nets"
WINDOWS_MAX = 16
"""Of one supernova, to learn from."""
EARLY_DAYS = 20.0
"""After the first detection: a window that ends then counts half of one that ends with it."""
SIMULATED_SHARE = 0.3
"""Of the others that are drawn to learn from; the rest are real."""
UNSIGNED_SHARE = 0.5
"""Of the others, whose signs are hidden: the archive of supernovae holds magnitudes alone, so that
a sign would tell where a light curve is from."""
WEAR = Wear(short_share=0.0, detected_sigmas=0.0)
"""Windows end early by themselves, and a packet never holds the flux of what it did not detect."""


def crossed(work: Path, todo: Sequence[Job], recipe: Recipe, workers: int) -> None:
    """Fit all of these and keep what they answer; what an interrupted run has fitted stays."""
    crossing.crossed(work / NETS, partial(_answered, work, recipe), todo, workers, "ZTF's networks")


def _answered(work: Path, recipe: Recipe, job: Job) -> None:
    some = once(Material.load, work / FILE)
    taught = partial(lessons, some, ~judged(some.fold, some.held_out, job.fold), job.seed)
    answered(work / NETS, job, recipe, taught, partial(questions, some, job.fold))


def lessons(some: Material, known: Mask, seed: int) -> Lessons:
    """Windows of known supernovae that end at any detection, and of known others."""
    random = np.random.default_rng(seed)
    whole = some.objects.take(np.flatnonzero(known & some.supernova))
    cut = windows(whole, drawn(whole, every_detection(whole), WINDOWS_MAX, random))
    others = np.flatnonzero(known & ~some.supernova)
    unlike = some.objects.take(others)
    return Lessons(
        joined([cut.objects, unsigned(unlike, random.random(len(unlike)) < UNSIGNED_SHARE)]),
        len(ZTF),
        hidden_share=1.0,
        wear=WEAR,
        importance=np.concatenate(
            [_early_first(cut, first_detection_mjd(whole.curves)), _others_importance(some, others)]
        ),
    )


def _early_first(cut: Windows, first_mjd: Floats) -> Floats:
    """(m,): a window the less the older its object is, all of an object's together alike."""
    curves = cut.objects.curves
    age = curves.mjd[curves.offsets[1:] - 1] - first_mjd[cut.parent]
    worth = 1 / (1 + age / EARLY_DAYS)
    together: Floats = worth / np.bincount(cut.parent, worth)[cut.parent]
    return together


def unsigned(objects: Objects, which: Mask) -> Objects:
    """The same, some of them without the signs of their fluxes."""
    points = which[point_rows(objects.curves)]
    flux = objects.curves.flux_njy
    bare = np.where(points, np.abs(flux), flux)
    return replace(objects, curves=replace(objects.curves, flux_njy=bare))


def _alike(objects: Objects) -> Floats:
    """(m,), so that each object's windows come as often together as another's."""
    _, place, count = np.unique(objects.name, return_inverse=True, return_counts=True)
    return 1.0 / count[place]


def _others_importance(some: Material, rows: Ints) -> Floats:
    """(m,), so that simulated others have their share whatever their number."""
    found, real = _alike(some.objects.take(rows)), some.real[rows]
    # As many as there are real objects, so that the label's weight is of what was observed.
    observed = found[real].sum()
    found[real] *= 1 - SIMULATED_SHARE
    if not real.all():
        found[~real] *= SIMULATED_SHARE * observed / found[~real].sum()
    return found


def supernova_windows(some: Material) -> dict[str, Windows]:
    """By `WINDOWS`: the windows that figures are quoted on, of all supernovae."""
    whole = some.objects.take(np.flatnonzero(some.supernova))
    ends = (nth_detection(whole, 3), newest_after(whole, 20.0), newest_after(whole, 40.0))
    return {name: windows(whole, end) for name, end in zip(WINDOWS, ends, strict=True)}


def questions(some: Material, fold: int) -> Iterator[tuple[str, Singles]]:
    """Rows by window, of a fold's supernovae; and of its real others."""
    own = judged(some.fold, some.held_out, fold)
    for name, cut in supernova_windows(some).items():
        asked = np.flatnonzero(own[some.supernova][cut.parent])
        yield name, _rows(cut.objects.take(asked))
    yield OTHERS, _rows(some.objects.take(np.flatnonzero(own & other_rows(some))))


OTHERS = "others"


def other_rows(some: Material) -> Mask:
    """(n,): real windows of what is no supernova."""
    return some.real & ~some.supernova


def _rows(objects: Objects) -> Singles:
    return rows(objects.curves, objects.redshift)


class Gathered(NamedTuple):
    """What all networks answered, calibrated, and the slope of the served one."""

    outcome: ZtfOutcome
    slope: float


def gathered(work: Path, some: Material, seeds: Sequence[int]) -> Gathered:
    """Out-of-fold answers of `crossed`'s networks, put together and calibrated across folds."""
    kept = Kept.of(work / NETS, seeds)
    whole = some.objects.take(np.flatnonzero(some.supernova))
    fold, other_fold = some.fold[some.supernova], some.fold[other_rows(some)]
    found = np.full((len(WINDOWS), len(seeds), len(whole), len(ZTF)), np.nan, np.float32)
    for place, (name, cut) in enumerate(supernova_windows(some).items()):
        found[place][:, cut.parent] = kept.out_of_fold(name, fold[cut.parent])
    unlike = kept.out_of_fold(OTHERS, other_fold)
    slopes, served = _slopes(found, unlike, whole.label, fold, other_fold)
    sure = calibrated(found, slopes, fold)
    types = sure[..., : len(SUPERNOVAE)]
    outcome = ZtfOutcome(
        SERVED_NAME,
        whole.name,
        whole.label,
        fold,
        some.held_out[some.supernova],
        (types / types.sum(axis=-1, keepdims=True)).astype(np.float32),
        sure[..., -1].astype(np.float32),
        np.isfinite(found[:, 0, :, 0]),
        some.kind[other_rows(some)],
        calibrated(unlike, slopes, other_fold)[..., -1].astype(np.float32),
    )
    return Gathered(outcome, served)


def _slopes(
    found: Singles,
    unlike: Singles,
    label: Ints,
    fold: Ints,
    other_fold: Ints,
) -> tuple[Floats, float]:
    """Each fold's slope from the others' answers, and that of all answers, of the first seed."""
    parts = [*found[:, 0], unlike[0]]
    labels = [*([label] * len(WINDOWS)), np.full(len(other_fold), len(SUPERNOVAE))]
    places = [*([fold] * len(WINDOWS)), other_fold]
    logit, named, place = (np.concatenate(one) for one in (parts, labels, places))
    known = np.isfinite(logit).all(axis=1)
    logit, named, place = logit[known], named[known], place[known]
    return slopes_across(logit, named, place), slope(logit, named)
