"""A lake's embeddings: of each object the newest, those of one version apart from another's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.finding import Found, Hit
from lake.layout import LEARNED
from lake.part import Part
from lake.reading import Lake, LakeRows
from schemas.annotation import EMBEDDING
from schemas.errors import QuestionError
from schemas.vector_records import PLACE, VERSION_DIGITS, Vectors

MODELS: Final = "models"
PREFIX: Final = f"{LEARNED['vector']}{EMBEDDING}."
KEYED: Final = ("survey", "object_id", "alert_id")
Chosen = Callable[[LakeRows], NDArray[np.bool_]]
"""Which rows of a lake are wanted, (n,)."""


def vectors_of(
    lake: Lake, parts: Iterable[Part] | None = None, chosen: Chosen | None = None
) -> dict[str, Vectors]:
    """By version, the newest vector of each object, by survey and alert.

    parts: some of the lake's alone. Empty where no alert has one.
    """
    if parts is not None:  # no other part is opened
        lake = Lake.of(lake.path, [one.standing for one in parts], None)
    by_version = dict[str, list[Vectors]]()
    for rows in lake.tables():
        if EMBEDDING not in rows.given:
            continue
        kept = rows if chosen is None else rows.take(np.flatnonzero(chosen(rows)))
        names = (f"{PREFIX}{one}" for one in rows.given[EMBEDDING].columns)
        says_models = MODELS in rows.part.schema.names
        for each in _by_version(kept.column, [*names], says_models=says_models):
            by_version.setdefault(each.version, []).append(each)
    return {version: newest(Vectors.joined(each)) for version, each in by_version.items()}


def vector_of(nights: Iterable[Found], version: str = "") -> Vectors | None:
    """The newest vector of some alerts, one row; of a version alone, if named.

    nights: what was found, the newest first, read no farther than that takes. None where there is
    none.
    """
    for found in nights:
        each = [one for hit in found.hits for one in _of_hit(hit) if version in ("", one.version)]
        if each:
            return max(map(newest, each), key=lambda one: float(one.place[-1, 2]))
    return None


def _of_hit(hit: Hit) -> Iterator[Vectors]:
    """By version, of some rows of a part; no other column is read."""
    schema = hit.part.names
    names = [name for name in schema if name.startswith(PREFIX)]
    if not names:
        return
    says_models = MODELS in schema
    table, places = hit.part.around(hit.rows, [*KEYED, *PLACE, *names, *[MODELS] * says_models])
    few = table.take(places)

    def column(name: str) -> NDArray[Any]:
        return values_of(few.column(name))

    yield from _by_version(column, names, says_models=says_models)


def versions_of(rows: LakeRows) -> NDArray[np.str_]:
    """Of the file that made each row's vector, (n,); empty where the lake does not say."""
    if MODELS not in rows.part.schema.names:
        return np.full(len(rows), "", "U12")
    return _versions(rows.column(MODELS))


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


def _by_version(
    column: Callable[[str], NDArray[Any]], names: Sequence[str], *, says_models: bool
) -> Iterator[Vectors]:
    """By version; rows without a vector are left out. names: the columns of the vector."""
    vector = np.column_stack([column(one) for one in names])
    fine = np.flatnonzero(np.isfinite(vector).all(axis=1))
    versions = _versions(column(MODELS)[fine]) if says_models else np.full(len(fine), "", "U12")
    survey, object_id = (np.asarray(column(one))[fine].astype(np.str_) for one in KEYED[:2])
    whole = Vectors(
        "",
        survey,
        np.asarray(column(KEYED[2]))[fine],
        object_id,
        np.column_stack([column(name) for name in PLACE])[fine],
        vector[fine].astype(np.float32),
    )
    for version in np.unique(versions).tolist():
        yield replace(whole.take(versions == version), version=version)


def _versions(models: NDArray[Any]) -> NDArray[np.str_]:
    """Of the file that made each row's vector; empty where the lake does not say."""
    said, place = np.unique(np.asarray(models).astype(np.str_), return_inverse=True)
    return np.array([version_in(one) for one in said.tolist()], "U12")[place.ravel()]


def version_in(models: str) -> str:
    """Of "NAME VERSION SHA256" one after another, that of the embedding."""
    words = models.replace(",", " ").split()
    found = [words[at + 2] for at in range(len(words) - 2) if words[at] == EMBEDDING]
    return found[0][:VERSION_DIGITS] if found else ""
