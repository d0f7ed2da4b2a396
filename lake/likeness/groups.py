"""Groups of objects that are alike and like nothing that has a class: the door to scikit-learn.

First those are taken that lie farther from all that is known than known objects do from one
another, then these are clustered by density (HDBSCAN: Campello, Moulavi & Sander 2013), so that
what is known costs no clustering and hides no group.
"""

# scikit-learn is an extra, and loaded by who seeks groups alone.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.likeness.faiss_index import Ints, Singles
from schemas.errors import QuestionError

BLOCK: Final = 1_024
Names = NDArray[np.str_]


@dataclass(frozen=True)
class GroupLimits:
    """What is far, and how many together are a group."""

    members_min: int = 8
    neighbour: int = 5
    """The known neighbour whose likeness says how near something is to what is known."""
    dense: int = 4
    """Neighbours by which density is told."""
    far_share: float = 0.2
    """Far is what is less like the known than all but this share of the known themselves."""
    objects_max: int = 20_000
    """Of more the farthest are clustered, which costs their number squared."""


LIMITS: Final = GroupLimits()


class Group(NamedTuple):
    """Some of the vectors."""

    rows: Ints
    """The most typical first."""
    known_class: str
    """Of most of the known objects that are nearest to its members."""
    cosine: float
    """To the known neighbour: the members' median."""


class Known(NamedTuple):
    """Vectors of objects that have a class."""

    vector: Singles
    """(m, numbers), of length 1."""
    label: Names


def groups_of(
    vector: Singles, known: Known, limits: GroupLimits = LIMITS
) -> tuple[list[Group], int]:
    """The groups among vectors (n, numbers) of length 1, largest first; how many were clustered.

    Raises QuestionError where too little is known, or scikit-learn is not installed.
    """
    if len(known.vector) <= limits.neighbour:
        raise QuestionError(
            f"{len(known.vector)} objects have a class and an embedding, and more than"
            f" {limits.neighbour} are needed; give more labels"
        )
    own, _ = _nearest(known.vector, known.vector, limits.neighbour, alone=True)
    cosine, near = _nearest(vector, known.vector, limits.neighbour)
    far = np.flatnonzero(cosine < np.quantile(own, limits.far_share))
    far = far[np.argsort(cosine[far], kind="stable")][: limits.objects_max]
    if len(far) < limits.members_min:
        return [], len(far)
    label, chance = _clustered(vector[far], limits)
    found = []
    for one in range(label.max() + 1):
        members = np.flatnonzero(label == one)
        rows = far[members[np.argsort(-chance[members], kind="stable")]]
        classes = Counter(known.label[near[rows].ravel()].tolist())
        found.append(Group(rows, classes.most_common(1)[0][0], float(np.median(cosine[rows]))))
    return sorted(found, key=lambda group: (-len(group.rows), group.cosine)), len(far)


def _nearest(
    asked: Singles, known: Singles, count: int, *, alone: bool = False
) -> tuple[Singles, Ints]:
    """The cosine to the `count`-th of the likest (n,), and the rows of all so many (n, count).

    alone: both are the same, and none is its own neighbour.
    """
    cosines, rows = [np.zeros(0, np.float32)], [np.zeros((0, count), np.int64)]
    for begin in range(0, len(asked), BLOCK):
        cosine = asked[begin : begin + BLOCK] @ known.T
        if alone:
            cosine[np.arange(len(cosine)), begin + np.arange(len(cosine))] = -np.inf
        near = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        rows.append(near)
        cosines.append(np.take_along_axis(cosine, near, axis=1).min(axis=1))
    return np.concatenate(cosines), np.concatenate(rows)


def _clustered(vector: Singles, limits: GroupLimits) -> tuple[Ints, NDArray[np.float64]]:
    """Of each its cluster, -1 for none, and how typical of it it is, 0 to 1.

    The densest are taken (leaves), not those that last longest: these hold several classes.
    """
    found = _hdbscan()(
        min_cluster_size=limits.members_min,
        min_samples=limits.dense,
        cluster_selection_method="leaf",
        copy=True,
        n_jobs=1,
    ).fit(vector)
    return found.labels_.astype(np.int64), found.probabilities_


def _hdbscan() -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Raises QuestionError where it is not installed."""
    try:
        from sklearn.cluster import HDBSCAN
    except ImportError:
        raise QuestionError("groups need scikit-learn: install gueststar[groups]") from None
    return HDBSCAN
