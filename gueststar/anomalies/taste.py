"""What a user's answers make of a ranking: weights of a forest's leaves, and likeness.

After Active Anomaly Discovery (Das et al. 2016, ICDM): the leaves in which alerts end are what is
weighed, and the weights begin as the forest has them and follow the answers. Beside the shared
leaves stands how alike two embeddings are. Both are one kernel of a logistic regression, whose
offset is how far an alert is from all of known class; so without an answer the farthest is first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAVES_SHARE: Final = 0.3
"""Of the kernel; the rest is likeness."""
SHARPNESS: Final = 4.0
"""Of likeness: exp(SHARPNESS (cosine - 1))."""
RIDGE: Final = 0.05
"""Held against the weights."""
OFFSET_PER_RARITY: Final = 1.0
RARITY_EVEN: Final = 2.0
"""log10 of one in how many, at which an alert is as likely interesting as not."""
STEPS: Final = 25
ANSWERS_MAX: Final = 1_000
"""The newest that a ranking goes by."""
AT_ONCE: Final = 65_536

Floats = NDArray[np.float64]


class Seen(NamedTuple):
    """What a ranking reads of n alerts."""

    rarity: Floats
    """(n,): log10 of one in how many is this far from what is known."""
    leaves: NDArray[np.int16]
    """(n, trees)."""
    vector: NDArray[np.float32]
    """(n, numbers), of length 1."""

    def __len__(self) -> int:
        return len(self.rarity)

    def take(self, rows: NDArray[np.int64] | slice) -> Seen:
        """Some of them."""
        return Seen(self.rarity[rows], self.leaves[rows], self.vector[rows])


def rarity_among(distance: Floats) -> Floats:
    """(n,): log10 of one in how many of these is so far from what is known."""
    found = np.empty(len(distance))
    found[np.argsort(-distance, kind="stable")] = np.arange(1, len(distance) + 1)
    return np.asarray(np.log10(len(distance) / found))


def scores(seen: Seen, answered: Seen, liked: NDArray[np.bool_]) -> Floats:
    """(n,): log-odds of being interesting, of alerts seen, given answers on others or the same."""
    offset = _offset(seen)
    if not len(liked):
        return offset
    answered, liked = answered.take(slice(-ANSWERS_MAX, None)), liked[-ANSWERS_MAX:]
    weights = _fitted(_kernel(answered, answered), _offset(answered), liked)
    parts = range(0, len(seen), AT_ONCE)
    pieces = [seen.take(slice(begin, begin + AT_ONCE)) for begin in parts]
    return np.asarray(offset + np.concatenate([_weighed(one, answered, weights) for one in pieces]))


def _offset(seen: Seen) -> Floats:
    return OFFSET_PER_RARITY * (np.asarray(seen.rarity, np.float64) - RARITY_EVEN)


def _kernel(one: Seen, other: Seen) -> Floats:
    """(n, m)."""
    shared = np.stack([(other.leaves == row).mean(axis=1) for row in one.leaves])
    return np.asarray(LEAVES_SHARE * shared + (1 - LEAVES_SHARE) * _likeness(one, other))


def _likeness(one: Seen, other: Seen) -> Floats:
    cosine = np.asarray(one.vector, np.float64) @ np.asarray(other.vector, np.float64).T
    return np.asarray(np.exp(SHARPNESS * (cosine - 1)))


def _fitted(kernel: Floats, offset: Floats, liked: NDArray[np.bool_]) -> Floats:
    """(m,): a weight of each answer, by Newton's steps."""
    weights: Floats = np.zeros(len(liked))
    for _ in range(STEPS):
        told = kernel @ weights
        chance = 1 / (1 + np.exp(-(offset + told)))
        spread = np.maximum(chance * (1 - chance), 1e-6)
        wanted = told + (liked - chance) / spread
        weights = np.asarray(np.linalg.solve(kernel + np.diag(RIDGE / spread), wanted))
    return weights


def _weighed(seen: Seen, answered: Seen, weights: Floats) -> Floats:
    """The kernel with each answer times its weight, (n,): leaves by a table, not one by one."""
    trees = np.arange(answered.leaves.shape[1])
    table = np.zeros((len(trees), int(max(seen.leaves.max(), answered.leaves.max())) + 1))
    np.add.at(table, (trees, answered.leaves), weights[:, None] / len(trees))
    shared = table[trees, seen.leaves].sum(axis=1)
    alike = _likeness(seen, answered) @ weights
    return np.asarray(LEAVES_SHARE * shared + (1 - LEAVES_SHARE) * alike)
