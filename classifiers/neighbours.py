"""What is near it? The nearest objects of known class, by the embedding, and what they are.

Objects are searched within the alert's own photometric system, and an object is never its own
neighbour. Which set was searched stands beside the values, so that places can be named again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.alert_embedding import WEIGHTS as EMBEDDING_WEIGHTS
from classifiers.labelled_set import Labelled, LabelledSet, read_labelled
from classifiers.nearest import Singles, fill_nearest
from schemas.annotation import EMBEDDING
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.errors import ModelError
from schemas.learned import Given
from schemas.stage import Identity
from schemas.vector_records import VERSION_DIGITS
from sky.files import sha256_of

NAME: Final = "neighbours"
VERSION: Final = "1"
LABELLED: Final = Path(__file__).with_suffix(".npz")
"""The set that is shipped: objects that the networks were taught."""
NEAREST: Final = 3
"""Neighbours that are given."""
VOTERS: Final = 20
"""Neighbours that vote, each worth one over its class's number: at even odds. Of a class of fewer
than so many it is worth one over VOTERS: else a class of two would win wherever one of them is."""
SET: Final = "set"
SET_DIGITS: Final = 12
"""Of the set's sha256, as a number: a float64 holds it exactly."""
OF_EACH: Final = ("distance", "class", "object")

Floats = NDArray[np.float64]


class _System(NamedTuple):
    """The objects of one photometric system."""

    code: int
    rows: NDArray[np.int64]
    """Their places in the set."""
    vectors: Singles
    """(numbers, m)."""
    label: NDArray[np.int64]
    """Places in the set's classes, (m,)."""
    weight: Floats
    """Of each one's vote, (m,)."""
    places: Mapping[str, int]
    """By object."""


class Neighbours:
    """Shares of the neighbours' votes and the nearest three, as a `schemas.stage.Stage`."""

    def __init__(self, served: Collection[str] = (EMBEDDING,), path: Path = LABELLED) -> None:
        """path: of the labelled set.

        Raises ModelError where the embedding is not served, or the set is not of its vectors.
        """
        if EMBEDDING not in served:
            raise ModelError(f"stage {NAME!r} needs the stage {EMBEDDING!r}; name that, too")
        found = read_labelled(path)
        version = sha256_of(EMBEDDING_WEIGHTS)[:VERSION_DIGITS]
        if found.version != version:
            raise ModelError(
                f"{path}: is of the embedding {found.version}, and {version} is served; make it"
                " again with `gueststar label-set`"
            )
        self.identity = Identity(NAME, VERSION, found.sha256)
        self.gives = (Given(NAME, "values", columns_of(found.classes)),)
        self.reads: tuple[str, ...] = ("photometric_system", "object_id", f"learned.{EMBEDDING}")
        self._set = set_number(found.sha256)
        self._classes = len(found.classes)
        self._systems = [*_systems(found)]

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, columns): NaN without an embedding, and where the set has none of the system."""
        found = np.full((len(batch), len(self.gives[0].columns)), np.nan)
        vector = np.asarray(batch.learned[EMBEDDING].values, np.float32)
        known = np.isfinite(vector).all(axis=1)
        for system in self._systems:
            rows = np.flatnonzero(known & (batch.photometric_system == system.code))
            if len(rows):
                found[rows] = self._of(system, vector[rows], batch.object_id[rows].tolist())
        return (found,)

    def _of(self, system: _System, vector: Singles, objects: list[str]) -> Floats:
        own = np.array([system.places.get(one, -1) for one in objects], np.int64)
        places = np.empty((len(vector), VOTERS), np.int64)
        cosine = np.empty((len(vector), VOTERS), np.float32)
        fill_nearest(np.ascontiguousarray(vector), system.vectors, own, places, cosine)
        found = np.full((len(vector), self._classes + NEAREST * len(OF_EACH) + 1), np.nan)
        found[:, : self._classes] = _shares(system, places, self._classes)
        near = places[:, :NEAREST]
        apart = np.sqrt(np.maximum(2 - 2 * cosine[:, :NEAREST].astype(np.float64), 0))
        told = np.stack([apart, system.label[near], system.rows[near]], axis=2)
        told[near < 0] = np.nan
        found[:, self._classes : -1] = told.reshape(len(vector), -1)
        found[:, -1] = self._set
        return found

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        for system in self._systems[:1]:
            self._of(system, np.zeros((1, len(system.vectors)), np.float32), [""])


def columns_of(classes: tuple[str, ...]) -> tuple[str, ...]:
    """A share for each class, then distance, class and object of each neighbour, then the set."""
    nearest = (f"{what}_{rank}" for rank in range(1, NEAREST + 1) for what in OF_EACH)
    return (*classes, *nearest, SET)


def set_number(sha256: str) -> float:
    """A set as a value: the first digits of its sha256."""
    return float(int(sha256[:SET_DIGITS], 16))


def named(values: Mapping[str, float], path: Path = LABELLED) -> list[Labelled]:
    """What the stage gave for an alert by its names, nearest first; empty where it gave nothing.

    Raises ModelError where that was found in another set.
    """
    if np.isnan(values.get(SET, np.nan)):
        return []
    known = _kept(path, path.stat().st_mtime_ns) if path.is_file() else read_labelled(path)
    if values[SET] != set_number(known.sha256):
        raise ModelError(f"{path}: the neighbours were found in another set; name that one")
    found = []
    for rank in range(1, NEAREST + 1):
        if not np.isnan(values[f"distance_{rank}"]):
            place = int(values[f"object_{rank}"])
            names = str(known.label[place]), str(known.object_id[place])
            found.append(Labelled(values[f"distance_{rank}"], *names))
    return found


@lru_cache(maxsize=4)
def _kept(path: Path, changed_ns: int) -> LabelledSet:
    return read_labelled(path)


def _systems(whole: LabelledSet) -> Iterator[_System]:
    label = np.searchsorted(whole.classes, whole.label)
    for name in np.unique(whole.system).tolist():
        if name not in SYSTEMS:
            raise ModelError(f"a labelled set has the photometric system {name!r}, which is none")
        rows = np.flatnonzero(whole.system == name)
        own = label[rows]
        yield _System(
            SYSTEMS.index(name),
            rows,
            np.ascontiguousarray(whole.vector[rows].T),
            own,
            1 / np.maximum(np.bincount(own), VOTERS)[own],
            {one: place for place, one in enumerate(whole.object_id[rows].tolist())},
        )


def _shares(system: _System, places: NDArray[np.int64], classes: int) -> Floats:
    """(n, classes), of the votes of those that were found; NaN where there are none."""
    votes, rows = np.zeros((len(places), classes)), np.arange(len(places))
    for column in places.T:
        there = column >= 0
        one = column[there]
        votes[rows[there], system.label[one]] += system.weight[one]
    total = votes.sum(axis=1, keepdims=True)
    return np.where(total > 0, votes / np.maximum(total, 1e-12), np.nan)
