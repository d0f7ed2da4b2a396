"""Every alert scored by networks that saw nothing of its night nor of its object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from training.arrays import Floats, Ints, Mask, once
from training.realbogus.alerts.examples import HIGH_SCORE, Examples
from training.realbogus.alerts.splits import field_nights, inner_split, training_rows
from training.realbogus.calibration import Calibration, calibrated, evenly
from training.realbogus.fitting import Lesson, Recipe, fitted, logits
from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.labels import LABELS, REAL
from training.realbogus.lessons import lesson_of_drb, lessons
from training.realbogus.material import FOLDS, Material
from training.realbogus.model import RealBogusNet
from training.workers import each

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
    survey: str = ""
    """Whose alerts alone it learns from and scores; of all, where none is named."""

    def held_out(self, material: Material) -> Mask:
        """(n,): the alerts that it scores."""
        rows: Mask = (material.fold == self.fold) & self.seen(material)
        return rows

    def seen(self, material: Material) -> Mask:
        """(n,): those of its survey."""
        survey = material.examples.survey
        return np.isin(survey, self.survey or np.unique(survey))


class Answers(NamedTuple):
    """What networks give all alerts and all of the exam; NaN where none was asked."""

    scored: Floats
    """(seeds, n, 5)."""
    exam: Floats
    """(seeds, m, 5)."""


def crossed(path: Path, seeds: Sequence[int], recipe: Recipe, workers: int) -> Outcome:
    """Fit and score all networks over the material at `path`; the same whatever `workers`."""
    material = Material.load(path)
    folds = [fold for fold in range(FOLDS) if np.any(material.fold == fold)]
    jobs = [Job(*one) for one in product((OURS, DRB_ALONE), folds, seeds)]
    found = answered(path, material, jobs, seeds, recipe, workers)
    return outcome(material, found[OURS], found[DRB_ALONE])


def answered(  # noqa: PLR0917 - all that a crossing depends on
    path: Path,
    material: Material,
    jobs: Sequence[Job],
    seeds: Sequence[int],
    recipe: Recipe,
    workers: int,
) -> dict[str, Answers]:
    """What all these networks give, by kind; the material is what stands at `path`."""
    alerts, exam = (len(seeds), len(material.examples)), (len(seeds), len(material.exam))
    found = {
        job.kind: Answers(*(np.full((*one, len(LABELS)), np.nan) for one in (alerts, exam)))
        for job in jobs
    }
    given = each(partial(marked, path, recipe), jobs, workers, "fitting networks", len(jobs))
    for job, (scores, answers) in zip(jobs, given, strict=True):
        rows, seed = job.held_out(material), seeds.index(job.seed)
        found[job.kind].scored[seed, rows] = scores
        found[job.kind].exam[seed, rows[material.exam.row]] = answers
    return found


def marked(path: Path, recipe: Recipe, job: Job) -> tuple[Floats, Floats]:
    """Fit one network to what it may know; its answers about what it holds out, (k, 5) each."""
    material = once(Material.load, path)
    rows = training_rows(material.examples, material.fold, job.fold) & job.seen(material)
    own = replace(recipe, seed=job.seed)
    net, calibration = (
        by_drb(material, rows, own) if job.kind == DRB_ALONE else taught(material, rows, own)
    )
    return probabilities(net, calibration, material, job.held_out(material))


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
    return net, calibration_of(net, material, apart)


def set_apart(material: Material, rows: Mask, seed: int) -> tuple[list[Lesson], Mask]:
    """All lessons of some rows but for those set apart to calibrate on, and which those are."""
    examples = material.examples
    known, apart = inner_split(examples, rows, CALIBRATION_SHARE, seed)
    return lessons(examples, material.variants, material.pool, known), apart


def by_drb(material: Material, rows: Mask, recipe: Recipe) -> tuple[RealBogusNet, Calibration]:
    """The same network taught by drb alone; not calibrated, as only its order is asked."""
    recipe = replace(recipe, steps=max(round(DRB_STEPS_SHARE * recipe.steps), 1))
    lesson = lesson_of_drb(material.examples, material.images, rows)
    return fitted(lesson, recipe), Calibration(1.0, 0.0)


def calibration_of(net: RealBogusNet, material: Material, apart: Mask) -> Calibration:
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


def outcome(material: Material, ours: Answers, by_drb_alone: Answers) -> Outcome:
    """All networks' answers beside what each alert is judged by."""
    examples, exam = material.examples, material.exam
    return Outcome(
        Scored(
            ours=ours.scored,
            taught_by_drb=by_drb_alone.scored[:, :, REAL],
            scalars=by_scalars(examples, material.fold),
            field_night=field_nights(examples),
            fold=material.fold,
            drb=examples.teacher,
            asteroid=examples.asteroid,
            **{name: getattr(examples, name) for name in AS_READ},
        ),
        Exam(
            ours=ours.exam,
            label=exam.label,
            snr=exam.snr,
            negative=exam.negative,
            survey=exam.survey,
            field_night=field_nights(examples)[exam.row],
        ),
    )


AS_READ = (
    *("survey", "alert_id", "night", "rb", "magnitude", "snr", "sky", "negative"),
    *("spectroscopic", "simbad", "dipole", "cosmic_ray", "streak"),
)
"""Columns that are handed on as they are."""


def by_scalars(examples: Examples, fold: Ints) -> Floats:
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
