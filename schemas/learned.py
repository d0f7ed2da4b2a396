"""What stages learn of a batch: columns of numbers under a name, each of one kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.prior import EVEN, Priors, Shares, check_named, prior_of, reweighed, shares_of

Kind = Literal["probabilities", "values", "vector"]
"""Probabilities: a row sums to 1, and is NaN as a whole where the stage declined. Values: each
column means something by itself, NaN where it is not known. Vector: a row means something as a
whole, and is NaN as a whole where there is none."""

FLOATS: dict[Kind, type[np.floating[Any]]] = {
    "probabilities": np.float32,
    "values": np.float64,
    "vector": np.float32,
}
"""The numbers of each kind."""


class Given(NamedTuple):
    """What a stage says that it gives."""

    name: str
    kind: Kind
    columns: tuple[str, ...]
    """Labels, the values' names, or one name for each of a vector's numbers."""
    prior: Shares = EVEN
    """Of the labels, for which the probabilities are."""


class Learned(NamedTuple):
    """What was learned of n alerts."""

    kind: Kind
    columns: tuple[str, ...]
    values: NDArray[np.floating[Any]]
    """(n, columns), of the kind's own floats."""
    prior: Shares = EVEN
    """Of the labels, for which the probabilities are."""

    @classmethod
    def probabilities(cls, labels: Sequence[str], values: NDArray[Any]) -> Learned:
        """Of labels, (n, labels)."""
        return cls("probabilities", tuple(labels), np.asarray(values, np.float32))

    @property
    def is_scores(self) -> bool:
        return self.kind == "probabilities"

    def column(self, name: str) -> NDArray[np.floating[Any]]:
        """One column, (n,). Raises ValueError where there is none of that name."""
        return self.values[:, self.columns.index(name)]

    def at(self, name: str, prior: Shares) -> Learned:
        """Probabilities that a classifier of that name gave, brought to another prior."""
        values = reweighed(name, self.columns, self.values, self.prior, prior)
        return self._replace(values=values, prior=prior)

    def take(self, rows: NDArray[np.int64]) -> Learned:
        return self._replace(values=self.values[rows])


def labels_of(given: Mapping[str, Given]) -> dict[str, tuple[str, ...]]:
    """The labels of those that are probabilities, by name."""
    return {name: each.columns for name, each in given.items() if each.kind == "probabilities"}


def brought(learned: Mapping[str, Learned], priors: Priors) -> dict[str, Learned]:
    """All of it, probabilities at another prior. Raises ModelError as `shares_of` does."""
    check_named(priors, [name for name, each in learned.items() if each.is_scores])
    return {
        name: each.at(name, shares_of(name, each.columns, prior_of(priors, name)))
        if each.is_scores
        else each
        for name, each in learned.items()
    }
