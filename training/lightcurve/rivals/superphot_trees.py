"""Superphot+'s trees on our folds: twelve numbers of its curve, its LightGBM, its balancing.

de Soto et al. 2024 (ApJ 974, 169). Settings of the trees are those that its public model of 2025
says it was fitted with (`model_superphot_full.pt` of VTDA-Group/superphot-plus at 973e2a8). Unlike
there, no object is left out for having few detections. Superphot+ knows no window of 30 days: it is
shown the network's, and besides all that was seen until then, and whole light curves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats, Ints
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.windows import until
from training.lightcurve.objects.ztf import Material
from training.lightcurve.rivals.superphot import PARAMETERS, Fitting, Posterior, fitted
from training.lightcurve.rivals.trees import boosted
from training.lightcurve.ztf_asked import cut_windows
from training.workers import shown

Predictions = NDArray[np.float32]
FILES = {
    "Superphot+, same folds and windows": "superphot_windows.npz",
    "Superphot+, same folds, all until then": "superphot_until.npz",
    "Superphot+, same folds, whole light curves": "superphot_whole.npz",
}
"""By model: in the working folder. Whole light curves stand in the place of +40 days."""
TOLD = tuple(k for k, name in enumerate(PARAMETERS) if name not in ("amplitude, r", "t0, r"))
"""Twelve of the fourteen: brightness and date are left out."""
DAYS = {"+20 d": 20.0, "+40 d": 40.0}
DRAWS_LEARNT, DRAWS_ASKED = 1, 5
"""Of the posterior. Each object of the commonest type is learnt from once (there five times, which
took ten minutes a fold), those of rarer ones more often, until all types are as many; answers are
averaged when trees are asked."""
SETTINGS: dict[str, object] = {
    "objective": "multiclass",
    "num_class": len(SUPERNOVAE),
    "boosting": "dart",
    "data_sample_strategy": "goss",
    "max_depth": 5,
    "num_leaves": 20,
    "lambda_l1": 5.0,
    "seed": 42,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
ROUNDS = 250


def trained(work: Path, some: Material, fitting: Fitting, rounds: int = ROUNDS) -> None:
    """Fit all, and keep what was answered out of fold in the working folder."""
    rows = np.flatnonzero(some.supernova)
    objects, every = some.objects.take(rows), np.arange(len(rows))
    cut = cut_windows(some, some.supernova)
    contests = (
        {name: (cut[name].objects, cut[name].parent) for name in DAYS},
        {name: (until(objects, days), every) for name, days in DAYS.items()},
        {"+40 d": (objects, every)},
    )
    for (model, file), contest in zip(FILES.items(), contests, strict=True):
        types = np.full((len(WINDOWS), 1, len(rows), len(SUPERNOVAE)), np.nan, np.float32)
        for name, (curves, parent) in contest.items():
            answers = crossed(curves, some.fold[rows][parent], fitting, rounds)
            types[WINDOWS.index(name), 0, parent] = answers
        _outcome(model, some, rows, types).save(work / file)


def kept(work: Path) -> list[ZtfOutcome]:
    """What `trained` left, where it was run."""
    return [ZtfOutcome.load(work / file) for file in FILES.values() if (work / file).exists()]


def _outcome(model: str, some: Material, rows: Ints, types: Predictions) -> ZtfOutcome:
    there = np.isfinite(types[:, 0, :, 0])
    objects = some.objects
    names, label = objects.name[rows], objects.label[rows]
    return ZtfOutcome(model, names, label, some.fold[rows], some.held_out[rows], types, there)


def crossed(objects: Objects, fold: Ints, fitting: Fitting, rounds: int) -> Predictions:
    """(n, 5): of each object by trees of the other folds, at even odds."""
    posterior, found = fitted(objects, fitting), np.empty((len(fold), len(SUPERNOVAE)), np.float32)
    folds = np.unique(fold)
    for one in shown(folds, "fitting Superphot+'s trees", len(folds)):
        learnt, asked = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        found[asked] = said(posterior, objects.label, learnt, asked, rounds)
    return found


def said(posterior: Posterior, label: Ints, learnt: Ints, asked: Ints, rounds: int) -> Floats:
    """(k, 5): what trees say of some objects that learnt from others."""
    random = np.random.default_rng(0)
    often = balanced_draws(label[learnt])
    rows = np.repeat(learnt, often)
    trees = boosted(posterior.draws(rows, random)[:, TOLD], label[rows], SETTINGS, rounds)
    drawn = (posterior.draws(asked, random)[:, TOLD] for _ in range(DRAWS_ASKED))
    mean: Floats = np.mean([trees.probabilities(one) for one in drawn], axis=0)
    return mean


def balanced_draws(label: Ints) -> Ints:
    """How often each object (n,) is drawn, so that every type comes as often as the commonest."""
    counts = np.bincount(label, minlength=len(SUPERNOVAE))
    often: Ints = np.rint(DRAWS_LEARNT * counts.max() / counts[label]).astype(np.int64)
    return often
