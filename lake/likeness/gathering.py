"""A lake's embeddings: of each object the newest, those of one version apart from another's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lake.part import Part
from lake.reading import Lake, LakeRows
from schemas.annotation import EMBEDDING
from schemas.errors import QuestionError
from schemas.vector_records import PLACE, VERSION_DIGITS, Vectors

MODELS = "models"
Chosen = Callable[[LakeRows], NDArray[np.bool_]]
"""Which rows of a lake are wanted, (n,)."""


def vectors_of(
    lake: Lake, parts: Iterable[Part] | None = None, chosen: Chosen | None = None
) -> dict[str, Vectors]:
    """By version, the newest vector of each object, by survey and alert.

    parts: some of the lake's alone. Empty where no alert has one.
    """
    wanted = None if parts is None else {id(one) for one in parts}
    by_version = dict[str, list[Vectors]]()
    for rows in lake.tables():
        if EMBEDDING not in rows.given or (wanted is not None and id(rows.part) not in wanted):
            continue
        kept = rows if chosen is None else rows.take(np.flatnonzero(chosen(rows)))
        for each in _of_rows(kept):
            by_version.setdefault(each.version, []).append(each)
    return {version: newest(Vectors.joined(each)) for version, each in by_version.items()}


def newest(vectors: Vectors) -> Vectors:
    """One of each object: the last by time, then by alert; whatever pieces they came in."""
    order = np.lexsort((vectors.alert_id, vectors.place[:, 2], vectors.object_id, vectors.survey))
    one = vectors.take(order)
    last = np.ones(len(one), np.bool_)
    last[:-1] = (one.object_id[1:] != one.object_id[:-1]) | (one.survey[1:] != one.survey[:-1])
    return one.take(last)


def of_version(found: dict[str, Vectors], version: str = "") -> Vectors:
    """Those of a version, or of that which most objects have. Raises QuestionError."""
    if not found:
        raise QuestionError('no alert has an embedding; let workers run the stage "embedding"')
    if version and version not in found:
        raise QuestionError(f"no embedding is of version {version}; there are {', '.join(found)}")
    return found[version or max(found, key=lambda one: (len(found[one]), one))]


def _of_rows(rows: LakeRows) -> Iterator[Vectors]:
    """By version; rows without a vector are left out."""
    columns = rows.given[EMBEDDING].columns
    vector = np.column_stack([rows.learned_column(EMBEDDING, one) for one in columns])
    fine = np.flatnonzero(np.isfinite(vector).all(axis=1))
    versions = _versions(rows)[fine]
    names = (rows.column("survey"), rows.column("object_id"))
    survey, object_id = (np.asarray(one)[fine].astype(np.str_) for one in names)
    whole = Vectors(
        "",
        survey,
        np.asarray(rows.column("alert_id"))[fine],
        object_id,
        np.column_stack([rows.column(name) for name in PLACE])[fine],
        vector[fine].astype(np.float32),
    )
    for version in np.unique(versions).tolist():
        yield replace(whole.take(versions == version), version=version)


def _versions(rows: LakeRows) -> NDArray[np.str_]:
    """Of the file that made each row's vector; empty where the lake does not say."""
    if MODELS not in rows.part.schema.names:
        return np.full(len(rows), "", "U12")
    said, place = np.unique(np.asarray(rows.column(MODELS)).astype(np.str_), return_inverse=True)
    return np.array([version_in(one) for one in said.tolist()], "U12")[place.ravel()]


def version_in(models: str) -> str:
    """Of "NAME VERSION SHA256" one after another, that of the embedding."""
    words = models.replace(",", " ").split()
    found = [words[at + 2] for at in range(len(words) - 2) if words[at] == EMBEDDING]
    return found[0][:VERSION_DIGITS] if found else ""
