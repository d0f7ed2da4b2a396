"""ZTF's networks: fitted side by side, and asked about objects that they did not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from classifiers.observations.rows import rows, with_history
from schemas.light_curves import first_detection_mjd, point_rows
from training.arrays import Floats, Ints, Mask, Singles, once
from training.lightcurve import crossing
from training.lightcurve.answers import SERVED
from training.lightcurve.crossing import Job, answered, kept_answers
from training.lightcurve.fitting import Recipe, logits
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.labels import ZTF
from training.lightcurve.model import LightCurveNet
from training.lightcurve.objects.history import as_packets_say
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.splits import FOLDS, judged
from training.lightcurve.objects.windows import Windows, drawn, every_detection, windows
from training.lightcurve.objects.ztf import FILE, Material
from training.lightcurve.teaching.lessons import Lessons
from training.lightcurve.teaching.wear import Wear
from training.lightcurve.ztf_answers import Answers
from training.lightcurve.ztf_asked import Asked, asked_windows

NETS = "ztf_nets"
WINDOWS_MAX = 16
"""Of one supernova, to learn from."""
EARLY_DAYS = 20.0
"""After the first detection: a window that ends then counts half of one that ends with it."""
SIMULATED_SHARE = 0.3
"""Of the others of a label that are drawn to learn from; the rest are real."""
REAL_MIN = 100
"""Real objects of a label; simulated ones stand for those that are missing."""
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
    """Windows of known supernovae and disruptions that end at any detection; known others."""
    random = np.random.default_rng(seed)
    whole = some.objects.take(np.flatnonzero(known & some.whole))
    cut = windows(whole, drawn(whole, every_detection(whole), WINDOWS_MAX, random))
    others = np.flatnonzero(known & ~some.whole)
    unlike = some.objects.take(others)
    return Lessons(
        joined([cut.objects, unsigned(unlike, random.random(len(unlike)) < UNSIGNED_SHARE)]),
        len(ZTF),
        hidden_share=1.0,
        wear=WEAR,
        importance=np.concatenate(
            [_early_first(cut, first_detection_mjd(whole.curves)), _others_importance(some, others)]
        ),
        history=np.concatenate(
            [as_packets_say(cut.history, cut.parent, random), some.history[others]]
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
    """(m,), so that simulated others have their share of each label whatever their number."""
    found, real, label = _alike(some.objects.take(rows)), some.real[rows], some.objects.label[rows]
    for one in np.unique(label[~real]):
        observed, simulated = (label == one) & real, (label == one) & ~real
        # As many as there are real objects, so that a label's weight is of what was observed.
        count = max(found[observed].sum(), REAL_MIN)
        share = max(SIMULATED_SHARE, 1 - found[observed].sum() / REAL_MIN)
        found[observed] *= (1 - share) * count / max(found[observed].sum(), 1)
        found[simulated] *= share * count / found[simulated].sum()
    return found


def questions(some: Material, fold: int) -> Iterator[tuple[str, Singles]]:
    """Rows by what is asked, of a fold's objects, or the hold-out's."""
    own = judged(some.fold, some.held_out, fold)
    for name, asked in asked_windows(some).items():
        yield name, _told(asked.take(np.flatnonzero(own[asked.origin])))


def _told(asked: Asked) -> Singles:
    return with_history(rows(asked.objects.curves, asked.objects.redshift), asked.history)


def gathered(work: Path, some: Material, seed: int) -> Answers:
    """Out-of-fold answers of `crossed`'s networks of one seed; the served one's of the hold-out."""
    asked = asked_windows(some)
    parts: list[Answers] = []
    for fold in (*range(FOLDS), SERVED):
        own = judged(some.fold, some.held_out, fold)
        kept = kept_answers(work / NETS, Job(fold, seed))
        parts.extend(
            _answers(some, name, one.take(np.flatnonzero(own[one.origin])), kept[name], fold)
            for name, one in asked.items()
        )
    return Answers.joined(parts)


def of_what_it_learnt(net: LightCurveNet, some: Material) -> Answers:
    """What the served network says of the supernovae that it learnt, as if it were asked."""
    known = ~judged(some.fold, some.held_out, SERVED)
    parts, windows_of = [], asked_windows(some)
    for name in WINDOWS:
        asked = windows_of[name]
        mine = asked.take(np.flatnonzero(known[asked.origin]))
        parts.append(_answers(some, name, mine, logits(net, _told(mine)), SERVED))
    return Answers.joined(parts)


def _answers(some: Material, name: str, asked: Asked, said: Singles, fold: int) -> Answers:
    curves, last = asked.objects.curves, asked.objects.curves.offsets[1:] - 1
    return Answers(
        asked.objects.name,
        np.full(len(last), name),
        asked.objects.label,
        np.full(len(last), fold, np.int64),
        some.held_out[asked.origin],
        np.add.reduceat(curves.detected, curves.offsets[:-1], dtype=np.int64),
        Answers.rounded(said),
        asked.kind,
        np.ceil(asked.history[:, 0]).astype(np.int64),
        curves.flux_njy[last] > 0,
    )
