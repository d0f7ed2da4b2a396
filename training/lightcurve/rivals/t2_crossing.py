"""t2 over the folds: every object is scored by a network that saw nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.splits import FOLDS, folds, inner
from training.lightcurve.rivals.resampled import Grid, resampled
from training.lightcurve.rivals.t2 import Recipe, fitted, probabilities, sequences
from training.progress import shown
from training.workers import each

Chances = NDArray[np.float32]
OBJECTS, GRIDS, OUTCOME, MARKS = "objects.npz", "resampled.npz", "t2.npz", "t2"
"""Names in the working folder; the last is a folder of what each fit gave."""
APART_SHARE, APART_SEED = 0.1, 44
"""Of every class of a training fold, for early stopping."""
TOLD = ("epochs", "best_epoch", "loss_apart")
"""Of each fit, besides its probabilities."""


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
class T2Outcome:
    """In the order of the objects, out of fold; NaN where a fold is not done yet."""

    with_z: Chances
    """Float32 (n, 14), at even odds."""
    without_z: Chances
    epochs: NDArray[np.float32]
    """(2, 5): that each network was trained for, with z and without, by fold."""
    best_epoch: NDArray[np.float32]
    loss_apart: NDArray[np.float32]
    """Flat log-loss of what was set apart to stop by, at the best epoch."""

    def save(self, path: Path) -> None:
        """Write it as one file of arrays."""
        _kept_whole(path, {one.name: getattr(self, one.name) for one in fields(self)})

    @classmethod
    def load(cls, path: Path) -> T2Outcome:
        """What `save` wrote."""
        with np.load(path) as kept:
            return cls(**{name: kept[name] for name in kept.files})


def crossed(folder: Path, recipe: Recipe, workers: int) -> T2Outcome:
    """Fit and score all networks over the objects in a working folder.

    What an interrupted run has resampled or fitted is not done again, and the outcome is written
    after every network. The same whatever `workers`.
    """
    grids_of(folder, workers)
    material = loaded(folder)
    marks = folder / MARKS / fingerprint(material, recipe)
    marks.mkdir(parents=True, exist_ok=True)
    jobs = [Job(fold, with_z) for with_z, fold in product((True, False), range(FOLDS))]
    done = each(partial(marked, folder, marks, recipe), jobs, workers)
    outcome = gathered(material, marks, jobs)
    for _ in shown(done, "fitting t2", len(jobs)):
        outcome = gathered(material, marks, jobs)
        outcome.save(folder / OUTCOME)
    return outcome


def grids_of(folder: Path, workers: int) -> Grid:
    """The resampled light curves of a working folder's objects, made where they are not there."""
    objects, path = Objects.load(folder / OBJECTS), folder / GRIDS
    if path.is_file():
        with np.load(path) as kept:
            if np.array_equal(kept["name"], objects.name):
                return np.asarray(kept["grids"], np.float32)
    grids = resampled(objects, workers)
    _kept_whole(path, {"name": objects.name, "grids": grids})
    return grids


class Material(NamedTuple):
    """What the networks read and are told."""

    grids: Grid
    redshift: NDArray[np.float64]
    label: NDArray[np.int64]
    fold: NDArray[np.int64]


@lru_cache(maxsize=1)
def loaded(folder: Path) -> Material:
    """Once a process."""
    objects = Objects.load(folder / OBJECTS)
    return Material(
        grids_of(folder, workers=1), objects.redshift, objects.label, folds(objects.label)
    )


def fingerprint(material: Material, recipe: Recipe) -> str:
    """Eight letters that are others for other objects or another recipe."""
    so_far = crc32(repr(recipe).encode())
    for column in material:
        so_far = crc32(np.ascontiguousarray(column).tobytes(), so_far)
    return f"{so_far:08x}"


def marked(folder: Path, marks: Path, recipe: Recipe, job: Job) -> Path:
    """Fit one network, and keep what it says of its fold; nothing where that is kept."""
    path = marks / f"{job.name}.npz"
    if not path.is_file():
        _kept_whole(path, said(loaded(folder), recipe, job))
    return path


def said(material: Material, recipe: Recipe, job: Job) -> dict[str, NDArray[Any]]:
    """A job's network: its fold's probabilities, and how it came about."""
    read = sequences(material.grids, material.redshift if job.with_z else None)
    asked = material.fold == job.fold
    apart = inner(material.label, ~asked, APART_SEED + job.fold, APART_SHARE)[~asked]
    fit = fitted(read[~asked], material.label[~asked], apart, recipe)
    told = {name: np.array(getattr(fit, name), np.float32) for name in TOLD}
    return {"probabilities": probabilities(fit.net, read[asked]), **told}


def gathered(material: Material, marks: Path, jobs: Sequence[Job]) -> T2Outcome:
    """What the fits that are done have said, each in its place."""
    n = len(material.label)
    scores = {with_z: np.full((n, len(SIX_BAND)), np.nan, np.float32) for with_z in (True, False)}
    told = {name: np.full((2, FOLDS), np.nan, np.float32) for name in TOLD}
    for job in jobs:
        path = marks / f"{job.name}.npz"
        if path.is_file():
            with np.load(path) as kept:
                scores[job.with_z][material.fold == job.fold] = kept["probabilities"]
                for name, values in told.items():
                    values[int(not job.with_z), job.fold] = kept[name]
    return T2Outcome(scores[True], scores[False], **told)


def _kept_whole(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Whole or not at all: who reads it meanwhile finds the one before."""
    unfinished = path.with_name(f"unfinished_{path.name}")
    np.savez(unfinished, allow_pickle=False, **arrays)
    unfinished.replace(path)
