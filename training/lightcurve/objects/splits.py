"""Splits of the objects, made once from their labels and before any copy of an object is made."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
FOLDS = 5
FOLD_SEED = 42
HELD_OUT_SHARE = 0.15
HELD_OUT_SEED = 43


def folds(label: Ints) -> Ints:
    """A fold for each object, int64 (n,) in [0, 5), every class spread evenly.

    Raises ValueError where a class has fewer objects than there are folds.
    """
    fold = np.empty(len(label), np.int64)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED)
    for number, (_, rows) in enumerate(splitter.split(label, label)):
        fold[rows] = number
    return fold


def held_out(label: Ints) -> Mask:
    """The 15 % of every class that are looked at once, at the end, bool (n,)."""
    return inner(label, np.ones(len(label), np.bool_), HELD_OUT_SEED, HELD_OUT_SHARE)


def inner(label: Ints, rows: Mask, seed: int, share: float) -> Mask:
    """Of `rows`, the share of every class that is set apart, bool (n,); never outside `rows`.

    For early stopping and calibration within a training fold. Raises ValueError where a class has
    one object only among `rows`.
    """
    among = np.flatnonzero(rows)
    splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    _, apart = next(splitter.split(among, label[among]))
    mask = np.zeros(len(label), np.bool_)
    mask[among[apart]] = True
    return mask


def sha256_of_folds(fold: Ints) -> str:
    """A fingerprint to write down beside every figure that rests on these folds."""
    return hashlib.sha256(np.ascontiguousarray(fold, "<i8").tobytes()).hexdigest()
