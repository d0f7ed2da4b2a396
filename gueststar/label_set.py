"""A labelled set of one's own: a table of labels joined to a lake's embeddings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.alert_embedding import WEIGHTS
from classifiers.embedding_layout import SYSTEMS
from classifiers.labelled_set import LabelledSet
from gueststar.modelling.labels import read_labels
from lake.likeness.gathering import Chosen, of_version, vectors_of
from lake.reading import Lake, LakeRows
from schemas.columns import SYSTEMS as KNOWN_SYSTEMS
from schemas.errors import QuestionError
from schemas.vector_records import VERSION_DIGITS
from sky.files import sha256_of


def label_set(labels: Path, lake: Path, out: Path) -> LabelledSet:
    """Writes the newest embedding of each labelled object of a lake, with its class.

    labels: a CSV as the Transient Name Server gives it (`gueststar.modelling.labels`). Raises
    ModelError, ArchiveError, QuestionError where no labelled object has an embedding.
    """
    types, whole = read_labels(labels), Lake(lake)
    version = sha256_of(WEIGHTS)[:VERSION_DIGITS]
    parts = []
    for system in SYSTEMS:
        found = vectors_of(whole, chosen=_labelled(types, KNOWN_SYSTEMS.index(system)))
        if found:
            own = of_version(found, version)
            parts.append((np.full(len(own), system), own.object_id, own.vector))
    if not parts:
        raise QuestionError(f"no object of {labels} has an embedding in {lake}")
    of, names, vectors = (np.concatenate(each) for each in zip(*parts, strict=True))
    label = np.array([types[one] for one in names.tolist()])
    made = LabelledSet(version, of, names, label, vectors)
    made.write(out)
    return made


def _labelled(types: Collection[str], system: int) -> Chosen:
    wanted = np.array([*types])

    def chosen(rows: LakeRows) -> NDArray[np.bool_]:
        own = rows.column("photometric_system") == system
        return np.asarray(own & np.isin(rows.column("object_id").astype(np.str_), wanted))

    return chosen
