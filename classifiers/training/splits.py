"""Splits that share no night of a field and no object, made before any augmentation.

Alerts of one field and night share sky, seeing, satellites and mistakes of subtraction, and an
object's alerts share its host: either on both sides would be measured as skill.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.training.examples import Examples

Ints = NDArray[np.int64]


def field_nights(examples: Examples) -> Ints:
    """The number of each row's (night, field), int64 (n,)."""
    pairs = np.stack([examples.night, examples.field], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def inseparable(examples: Examples) -> Ints:
    """The number of each row's group, int64 (n,): field-nights that share an object are one."""
    group = field_nights(examples)
    objects = np.unique(examples.object_id, return_inverse=True)[1].ravel()
    while True:
        joined = _lowest(_lowest(group, objects), group)
        if np.array_equal(joined, group):
            return np.unique(group, return_inverse=True)[1].ravel().astype(np.int64)
        group = joined


def folds(examples: Examples, count: int) -> Ints:
    """A fold for each row, int64 (n,) in [0, count): groups whole, low scores spread evenly.

    Groups go, richest in low scores first, to the fold that has fewest; no randomness.
    """
    group = inseparable(examples)
    low = np.bincount(group, examples.low)
    size = np.bincount(group)
    fold_of_group = np.zeros(len(size), np.int64)
    load = np.zeros((count, 2))
    for one in np.lexsort((-size, -low)):
        lightest = np.lexsort((load[:, 1], load[:, 0]))[0]
        fold_of_group[one] = lightest
        load[lightest] += low[one], size[one]
    return fold_of_group[group]


def _lowest(group: Ints, key: Ints) -> Ints:
    """Each row's lowest group among the rows of its key."""
    lowest = np.full(key.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(lowest, key, group)
    return lowest[key]
