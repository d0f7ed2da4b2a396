"""Boosted trees on ZTF's windows: the rival of the network of five supernova types.

They are told what the network is told, the numbers of its rows, the plain statistics that the
trees of PLAsTiCC are told, and what a person reads off a packet. An object's answers come from
trees that saw none of its windows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import FEATURES
from classifiers.observations.rows import rows
from training.arrays import Columns, Floats, Ints, Mask, once
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.windows import (
    Windows,
    drawn,
    every_detection,
    newest_after,
    nth_detection,
    windows,
)
from training.lightcurve.objects.ztf import Material
from training.lightcurve.rivals.gp_features import plain_features
from training.lightcurve.rivals.packet_features import packet_features
from training.lightcurve.rivals.trees import Features, Recipe, fitted
from training.workers import each

Predictions = NDArray[np.float32]
FILE, DESCRIBED = "ztf_trees.npz", "ztf_windows.npz"
"""Names in the working folder."""
MODEL = "boosted trees, same folds"
DAYS = (20.0, 40.0)
THIRD = 3
EARLY_DETECTIONS = (2, 3, 4, 5, 6)
EARLY_DAYS = (10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0)
"""Windows that are learnt from whatever is drawn: of all detections of an object few are early."""
ZTF_RECIPE = Recipe(rounds=160, learning_rate=0.05, min_weight=80.0, l2=50.0, feature_fraction=0.1)
"""Chosen on an inner split of the training folds of fold 0, without the hold-out."""


@dataclass(frozen=True)
class WindowTeaching:
    """How trees are fitted to windows."""

    recipe: Recipe = field(default=ZTF_RECIPE)
    windows: int = 6
    """Of each object, drawn from all that end near its peak, besides the early ones."""
    seed: int = 0


@dataclass(frozen=True)
class WindowRows(Columns):
    """Windows of n objects, described."""

    label: Ints
    """(n,): place in labels.SUPERNOVAE."""
    fold: Ints
    learnt: Features
    """(m, F): what is learnt from."""
    learnt_parent: Ints
    asked: Features
    """(k, F): what is judged."""
    asked_parent: Ints
    asked_window: Ints
    """(k,): place in WINDOWS."""


def described(objects: Objects, fold: Ints, teaching: WindowTeaching) -> WindowRows:
    """All windows that are learnt from or judged, of n supernovae and their folds (n,)."""
    learnt = windows(objects, learnt_ends(objects, teaching))
    asked = judged(objects)
    return WindowRows(
        label=objects.label,
        fold=fold,
        learnt=window_features(learnt.objects),
        learnt_parent=learnt.parent,
        asked=np.concatenate([window_features(one.objects) for one in asked]),
        asked_parent=np.concatenate([one.parent for one in asked]),
        asked_window=np.repeat(np.arange(len(asked)), [len(one.parent) for one in asked]),
    )


def learnt_ends(objects: Objects, teaching: WindowTeaching) -> Ints:
    """Where the windows end that are learnt from, each once."""
    random = np.random.default_rng(teaching.seed)
    some = drawn(objects, every_detection(objects), teaching.windows, random)
    early = [nth_detection(objects, number) for number in EARLY_DETECTIONS]
    newest = [newest_after(objects, days) for days in EARLY_DAYS]
    return np.unique(np.concatenate([some, *early, *newest]))


def judged(objects: Objects) -> list[Windows]:
    """The windows of each kind in WINDOWS; an object may lack one."""
    ends = [nth_detection(objects, THIRD), *(newest_after(objects, days) for days in DAYS)]
    return [windows(objects, one) for one in ends]


def window_features(objects: Objects) -> Features:
    """(n, F): the network's features and both kinds of statistics; no redshift is in them."""
    unknown = np.full((len(objects), 3), np.nan)
    ours = rows(objects.curves, unknown)[:, :FEATURES]
    plain, read = plain_features(objects.curves, unknown), packet_features(objects.curves)
    return np.concatenate((ours, plain, read), axis=1)


def even(label: Ints, parent: Ints) -> Floats:
    """Weights (m,) of windows: each type has the same total, and each object within its type."""
    windows_of = np.bincount(parent, minlength=len(label))
    objects_of = np.bincount(label[np.unique(parent)], minlength=len(SUPERNOVAE))
    weight = 1.0 / (windows_of[parent] * objects_of[label[parent]])
    even_weight: Floats = weight / weight.mean()
    return even_weight


def crossed(path: Path, recipe: Recipe, workers: int) -> Predictions:
    """(windows, 1, n, 5) out of fold, of the rows at `path`; NaN where there is no window."""
    some = once(WindowRows.load, path)
    folds = np.unique(some.fold)
    found = np.full((len(WINDOWS), 1, len(some.label), len(SUPERNOVAE)), np.nan, np.float32)
    done = each(partial(said, path, recipe), folds, workers, "fitting trees", len(folds))
    for fold, given in zip(folds, done, strict=True):
        own = some.fold[some.asked_parent] == fold
        found[some.asked_window[own], 0, some.asked_parent[own]] = given
    return found


def said(path: Path, recipe: Recipe, fold: int) -> Predictions:
    """What trees of all other folds say of the windows judged in one."""
    some = once(WindowRows.load, path)
    learnt = some.fold[some.learnt_parent] != fold
    parent = some.learnt_parent[learnt]
    weight = even(some.label, parent)
    trees = fitted(some.learnt[learnt], some.label[parent], weight, recipe, len(SUPERNOVAE))
    return trees.probabilities(some.asked[some.fold[some.asked_parent] == fold])


def trained(work: Path, some: Material, teaching: WindowTeaching, workers: int) -> ZtfOutcome:
    """Fit a fold's trees after another's and keep the outcome in the working folder."""
    objects = some.objects.take(np.flatnonzero(some.supernova))
    fold, held_out = some.fold[some.supernova], some.held_out[some.supernova]
    described(objects, fold, teaching).save(work / DESCRIBED)
    found = outcome(objects, fold, held_out, crossed(work / DESCRIBED, teaching.recipe, workers))
    found.save(work / FILE)
    return found


def outcome(objects: Objects, fold: Ints, held_out: Mask, types: Predictions) -> ZtfOutcome:
    """What is judged: trees were asked about supernovae only."""
    return ZtfOutcome(
        model=MODEL,
        object_name=objects.name,
        label=objects.label,
        fold=fold,
        held_out=held_out,
        types=types,
        present=np.isfinite(types[:, 0, :, 0]),
    )
