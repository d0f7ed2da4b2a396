"""t2 over the folds: every object is scored by a network that saw nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, fingerprint, keep, kept, once
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import FOLDS, inner, six_band_folds
from training.lightcurve.rivals.resampled import Grid, resampled
from training.lightcurve.rivals.t2 import Recipe, fitted, probabilities, sequences
from training.workers import each

Chances = NDArray[np.float32]
OBJECTS, GRIDS, OUTCOME, MARKS = "objects.npz", "resampled.npz", "t2.npz", "t2"
"""Names in the working folder; the last is a folder of what each fit gave."""
APART_SHARE, APART_SEED = 0.1, 44
"""Of every class of a training fold, for early stopping."""


class Job(NamedTuple):
    """One network."""

    fold: int
    """That is scored, and not learnt from."""
    with_z: bool

    @property
    def name(self) -> str:
        """Of its file, without its ending."""
        return f"{'z' if self.with_z else 'no_z'}-{self.fold}"


@dataclass(frozen=True)
class T2Outcome(Columns):
    """In the order of the objects, out of fold; NaN where a fold is not done yet."""

    with_z: Chances
    """Float32 (n, 14), at even odds."""
    without_z: Chances


def crossed(folder: Path, recipe: Recipe, workers: int) -> T2Outcome:
    """Fit and score all networks over the objects in a working folder.

    What an interrupted run has resampled or fitted is not done again, and the outcome is written
    after every network. The same whatever `workers`.
    """
    grids_of(folder, workers)
    material = once(loaded, folder)
    marks = folder / MARKS / fingerprint(recipe, material)
    marks.mkdir(parents=True, exist_ok=True)
    jobs = [Job(fold, with_z) for with_z, fold in product((True, False), range(FOLDS))]
    run = partial(marked, folder, marks, recipe)
    for _ in each(run, jobs, workers, "fitting t2", len(jobs)):
        gathered(material, marks, jobs).save(folder / OUTCOME)
    return T2Outcome.load(folder / OUTCOME)


def grids_of(folder: Path, workers: int) -> Grid:
    """The resampled light curves of a working folder's objects, made where they are not there."""
    objects, path = Objects.load(folder / OBJECTS), folder / GRIDS
    if path.is_file():
        with np.load(path) as found:
            if np.array_equal(found["name"], objects.name):
                return np.asarray(found["grids"], np.float32)
    grids = resampled(objects, workers)
    keep(path, {"name": objects.name, "grids": grids})
    return grids


class Material(NamedTuple):
    """What the networks read and are told."""

    grids: Grid
    redshift: Floats
    label: Ints
    fold: Ints


def loaded(folder: Path) -> Material:
    """Of the objects in a working folder, whose grids are there."""
    objects = Objects.load(folder / OBJECTS)
    fold = six_band_folds(objects.name)
    return Material(grids_of(folder, workers=1), objects.redshift, objects.label, fold)


def marked(folder: Path, marks: Path, recipe: Recipe, job: Job) -> None:
    """Fit one network, and keep what it says of its fold; nothing where that is kept."""
    material = once(loaded, folder)
    kept(marks / f"{job.name}.npz", lambda: {"said": said(material, recipe, job)})


def said(material: Material, recipe: Recipe, job: Job) -> Chances:
    """The probabilities of a job's fold by its network."""
    read = sequences(material.grids, material.redshift if job.with_z else None)
    asked = material.fold == job.fold
    apart = inner(material.label, ~asked, APART_SEED + job.fold, APART_SHARE)[~asked]
    fit = fitted(read[~asked], material.label[~asked], apart, recipe)
    return probabilities(fit.net, read[asked])


def gathered(material: Material, marks: Path, jobs: Sequence[Job]) -> T2Outcome:
    """What the fits that are done have said, each in its place."""
    scores = np.full((2, len(material.label), len(SIX_BAND)), np.nan, np.float32)
    for job in jobs:
        path = marks / f"{job.name}.npz"
        if path.is_file():
            with np.load(path) as found:
                scores[int(not job.with_z), material.fold == job.fold] = found["said"]
    return T2Outcome(*scores)
