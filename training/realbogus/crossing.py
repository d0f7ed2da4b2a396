"""Every alert scored by networks that saw nothing of its night nor of its object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from training.progress import shown
from training.realbogus.alerts.examples import HIGH_SCORE, Examples, Mask
from training.realbogus.alerts.splits import field_nights, inner_split, training_rows
from training.realbogus.calibration import Calibration, calibrated, evenly
from training.realbogus.fitting import Lesson, Recipe, fitted, logits
from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.labels import LABELS, REAL
from training.realbogus.lessons import lesson_of_drb, lessons
from training.realbogus.material import FOLDS, Material
from training.realbogus.model import RealBogusNet
from training.workers import each

Floats = NDArray[np.float64]
OURS, DRB_ALONE = "ours", "taught by drb alone"
CALIBRATION_SHARE = 0.12
"""Of the training's alerts, in whole field-nights."""
DRB_STEPS_SHARE = 0.2
"""Of the recipe's steps, for the network taught by drb alone: it has a tenth of the examples, and
more steps on them agreed less with drb on other nights."""


class Job(NamedTuple):
    """One network of the cross-validation."""

    kind: str
    fold: int
    seed: int


class Marks(NamedTuple):
    """What one network gives its fold's alerts and its exam, (k, 5) each."""

    job: Job
    scores: Floats
    exam: Floats


def crossed(path: Path, seeds: Sequence[int], recipe: Recipe, workers: int) -> Outcome:
    """Fit and score all networks over the material at `path`; the same whatever `workers`."""
    jobs = [Job(*one) for one in product((OURS, DRB_ALONE), range(FOLDS), seeds)]
    material = Material.load(path)
    wanted = [job for job in jobs if np.any(material.fold == job.fold)]
    marks = each(partial(marked, path, recipe), wanted, workers)
    return outcome(material, shown(marks, "fitting networks", len(wanted)), seeds)


def marked(path: Path, recipe: Recipe, job: Job) -> Marks:
    """Fit one network to what its fold's networks may know, and score its fold."""
    material = loaded(path)
    rows = training_rows(material.examples, material.fold, job.fold)
    own = replace(recipe, seed=job.seed)
    net, calibration = (
        taught(material, rows, own) if job.kind == OURS else by_drb(material, rows, own)
    )
    return Marks(job, *probabilities(net, calibration, material, material.fold == job.fold))


def probabilities(
    net: RealBogusNet, calibration: Calibration, material: Material, rows: Mask
) -> tuple[Floats, Floats]:
    """Of some alerts, and of the exam's stamps that are drawn on them, (k, 5) each."""
    asked = material.images[rows], material.exam_images[rows[material.exam.row]]
    scores, exam = (calibration.probabilities(logits(net, images)) for images in asked)
    return scores, exam


def taught(material: Material, rows: Mask, recipe: Recipe) -> tuple[RealBogusNet, Calibration]:
    """A network of all lessons of some rows, and its calibration on field-nights set apart."""
    known, apart = set_apart(material, rows, recipe.seed)
    net = fitted(known, recipe)
    return net, _calibration(net, material, apart)


def set_apart(material: Material, rows: Mask, seed: int) -> tuple[list[Lesson], Mask]:
    """All lessons of some rows but for those set apart to calibrate on, and which those are."""
    examples = material.examples
    known, apart = inner_split(examples, rows, CALIBRATION_SHARE, seed)
    return lessons(examples, material.images, material.pool, known), apart


def by_drb(material: Material, rows: Mask, recipe: Recipe) -> tuple[RealBogusNet, Calibration]:
    """The same network taught by drb alone; not calibrated, as only its order is asked."""
    recipe = replace(recipe, steps=max(round(DRB_STEPS_SHARE * recipe.steps), 1))
    lesson = lesson_of_drb(material.examples, material.images, rows)
    return fitted(lesson, recipe), Calibration(1.0, 0.0)


def _calibration(net: RealBogusNet, material: Material, apart: Mask) -> Calibration:
    """On what was set apart, each side evenly: alerts with evidence or a drb, and drawn stamps.

    A drb says which side, not how sure. Some splits have few low ones; the drawn stamps keep
    the networks of all splits on one scale.
    """
    examples, pool = material.examples, material.pool
    some = apart & (examples.known_real | ~np.isnan(examples.teacher))
    drawn = apart[pool.row]
    said = (examples.known_real | (examples.teacher >= HIGH_SCORE))[some], pool.label[drawn] == REAL
    given = logits(net, material.images[some]), logits(net, pool.images[drawn])
    weight = evenly(said[0]), evenly(said[1])
    return calibrated(np.concatenate(given), np.concatenate(said), np.concatenate(weight))


@lru_cache(maxsize=1)
def loaded(path: Path) -> Material:
    """Once a process."""
    return Material.load(path)


def outcome(material: Material, marks: Iterable[Marks], seeds: Sequence[int]) -> Outcome:
    """All networks' marks beside what each alert is judged by."""
    examples, exam = material.examples, material.exam
    scores = {kind: np.full((len(seeds), len(examples), len(LABELS)), np.nan) for kind in KINDS}
    papers = {kind: np.full((len(seeds), len(exam), len(LABELS)), np.nan) for kind in KINDS}
    asked = material.fold[exam.row]
    for job, given, answers in marks:
        seed = seeds.index(job.seed)
        scores[job.kind][seed, material.fold == job.fold] = given
        papers[job.kind][seed, asked == job.fold] = answers
    return Outcome(
        Scored(
            ours=scores[OURS],
            taught_by_drb=scores[DRB_ALONE][:, :, REAL],
            scalars=by_scalars(examples, material.fold),
            field_night=field_nights(examples),
            drb=examples.teacher,
            asteroid=examples.asteroid,
            **{name: getattr(examples, name) for name in AS_READ},
        ),
        Exam(
            ours=papers[OURS],
            label=exam.label,
            snr=exam.snr,
            negative=exam.negative,
            survey=exam.survey,
            field_night=field_nights(examples)[exam.row],
        ),
    )


KINDS = (OURS, DRB_ALONE)
AS_READ = (
    *("survey", "alert_id", "night", "rb", "magnitude", "snr", "sky", "negative"),
    *("spectroscopic", "simbad", "dipole", "cosmic_ray", "streak"),
)
"""Columns that are handed on as they are."""


def by_scalars(examples: Examples, fold: NDArray[np.int64]) -> Floats:
    """P(drb says real) of boosted trees on the packet's numbers, (n,), out of fold."""
    found = np.full(len(examples), np.nan)
    has = ~np.isnan(examples.scalars).all(axis=1)
    for one in np.unique(fold):
        rows = training_rows(examples, fold, one) & has & ~np.isnan(examples.teacher)
        real = examples.teacher[rows] >= HIGH_SCORE
        held_out = (fold == one) & has
        if real.any() and not real.all() and held_out.any():
            trees = HistGradientBoostingClassifier(random_state=0, class_weight="balanced")
            trees.fit(examples.scalars[rows], real)
            found[held_out] = trees.predict_proba(examples.scalars[held_out])[:, 1]
    return found
