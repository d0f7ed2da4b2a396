"""The labelled set that is shipped: of each class and survey some objects, a view of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from classifiers.alert_embedding import AlertEmbedding
from classifiers.embedding_layout import SYSTEMS
from classifiers.labelled_set import LabelledSet
from schemas.vector_records import VERSION_DIGITS
from training.arrays import Mask, Singles
from training.embedding.crossing import known_and_asked
from training.embedding.material import CLASSES, SIMULATED, Material
from training.lightcurve.answers import SERVED

OBJECTS_MAX = 200
"""Of a class and a survey."""
SEED = 7


def chosen(some: Material) -> Mask:
    """(n,): one view, drawn, of each object of the set; none of those that are held out."""
    known, _ = known_and_asked(some, SERVED, np.ones(len(some.name), np.bool_))
    rows = np.random.default_rng(SEED).permutation(np.flatnonzero(known))
    simulated = some.source[rows] == SIMULATED
    _, first = np.unique(np.char.add(some.name[rows], simulated.astype("U1")), return_index=True)
    rows = rows[np.sort(first)]
    kind = some.label[rows] + len(CLASSES) * (some.source[rows] == SIMULATED)
    found = np.zeros(len(some.name), np.bool_)
    for one in np.unique(kind):
        found[rows[kind == one][:OBJECTS_MAX]] = True
    return found


def shipped(some: Material, stage: AlertEmbedding) -> LabelledSet:
    """The set, by the embedding that is served."""
    version = stage.identity.sha256[:VERSION_DIGITS]
    return set_of(some.take(chosen(some)), version, stage.embedded)


def set_of(own: Material, version: str, embedded: Callable[[Singles], Singles]) -> LabelledSet:
    """Of views, one an object."""
    system = np.array(SYSTEMS)[(own.source == SIMULATED).astype(int)]
    label = np.array(CLASSES)[own.label]
    return LabelledSet(version, system, own.name, label, embedded(own.rows))
