"""The objects most like one: an index of what stood, and a scan of what came since.

The index is a folder whose name is told by one small file, replaced at the end: who is killed
while building leaves the one before. All that it holds comes from the lake, and is made again
from there.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from lake.likeness.faiss_index import Exact, Indexed, Inverted
from lake.likeness.gathering import newest, of_version, vectors_of
from lake.reading import Lake
from schemas.errors import QuestionError
from schemas.vector_records import COLUMNS, Vectors

CURRENT: Final = "current.json"
COUNT_MIN: Final = 1_000
"""Fewer vectors are compared one by one."""
MORE: Final = 16
"""Found besides what is asked for, as an object's own and outdated ones are left out."""


class Neighbour(NamedTuple):
    """An object that is like what was asked about."""

    survey: str
    object_id: str
    alert_id: int
    """Its newest that has an embedding."""
    mjd: float
    cosine: float
    """1 is the same."""


@dataclass(frozen=True)
class Likeness:
    """What is searched, all of one version."""

    indexed: Vectors
    index: Indexed
    since: Vectors
    """Newest vectors of objects that came after the index was built."""

    @classmethod
    def of(cls, vectors: Vectors) -> Likeness:
        """All of them compared one by one."""
        return cls(vectors, Exact(vectors.vector), vectors.take(np.zeros(0, np.int64)))

    @property
    def version(self) -> str:
        """Of the file that made all vectors."""
        return self.indexed.version

    @cached_property
    def _newer(self) -> frozenset[tuple[str, str]]:
        """Objects of which the index has an older vector, or none."""
        names = zip(self.since.survey.tolist(), self.since.object_id.tolist(), strict=True)
        return frozenset(names)

    def similar(
        self, vector: np.ndarray, count: int, apart: tuple[str, str] = ("", "")
    ) -> list[Neighbour]:
        """The objects likest to a vector, likest first; apart: survey and object that is none."""
        asked = np.asarray(vector, np.float32)[None]
        want, every = count + MORE, len(self.indexed)
        while True:
            found = _named(self.indexed, self.index, asked, min(want, every))
            old = [one for one in found if (one.survey, one.object_id) != apart]
            old = [one for one in old if (one.survey, one.object_id) not in self._newer]
            if len(old) >= count or want >= every:
                break
            want *= 4
        new = _named(self.since, Exact(self.since.vector), asked, min(count + 1, len(self.since)))
        both = [*old, *(one for one in new if (one.survey, one.object_id) != apart)]
        return sorted(both, key=lambda one: (-one.cosine, one.survey, one.object_id))[:count]


def _named(vectors: Vectors, index: Indexed, asked: np.ndarray, count: int) -> list[Neighbour]:
    if not count:
        return []
    cosine, rows = (each[0] for each in index.nearest(asked, count))
    return [
        Neighbour(
            str(vectors.survey[row]),
            str(vectors.object_id[row]),
            int(vectors.alert_id[row]),
            float(vectors.place[row, 2]),
            float(one),
        )
        for one, row in zip(cosine.tolist(), rows.tolist(), strict=True)
        if row >= 0
    ]


def opened(lake: Lake, folder: Path | None = None, version: str = "") -> Likeness:
    """What is searched of a lake as it stands: by an index, where `folder` has one.

    Raises QuestionError where no alert has an embedding, or the index is of another version.
    """
    facts = _facts(folder) if folder else None
    if folder is None or facts is None:
        return Likeness.of(of_version(vectors_of(lake), version))
    built = _read(folder / facts["name"], facts["version"])
    if version not in ("", built.version):
        raise QuestionError(f"the index {folder} is of version {built.version}, not {version}")
    known = set(facts["parts"])
    parts = [one for one in lake.parts if one.standing.mark not in known]
    since = vectors_of(lake, parts).get(built.version)
    kept = built if since is None else _without_old(built, since)
    index = Inverted.read(folder / facts["name"] / "index.faiss") if facts["cells"] else None
    return Likeness(built, index or Exact(built.vector), kept)


def _without_old(built: Vectors, since: Vectors) -> Vectors:
    """What came since, less what the index has newer."""
    own = zip(built.survey, built.object_id, strict=True)
    times = dict(zip(own, built.place[:, 2].tolist(), strict=True))
    theirs = zip(since.survey, since.object_id, since.place[:, 2].tolist(), strict=True)
    return since.take(np.array([mjd > times.get((a, b), -np.inf) for a, b, mjd in theirs], bool))


def build(lake: Lake, folder: Path, version: str = "") -> Vectors:
    """Makes the index of a lake as it stands, in place of the one before. Raises QuestionError."""
    vectors = newest(of_version(vectors_of(lake), version))
    parts = _marks(lake)
    name = f"{vectors.version or 'unknown'}-{secrets.token_hex(6)}"
    unfinished = folder / f".{name}.{os.getpid()}"
    unfinished.mkdir(parents=True)
    np.savez(unfinished / "rows.npz", **{one: getattr(vectors, one) for one in COLUMNS})
    has_cells = len(vectors) >= COUNT_MIN
    if has_cells:
        Inverted.built(vectors.vector).write(unfinished / "index.faiss")
    unfinished.rename(folder / name)
    _point(folder, name, vectors.version, parts, cells=has_cells)
    for path in folder.iterdir():
        if path.is_dir() and path.name != name:
            shutil.rmtree(path, ignore_errors=True)
    return vectors


def is_current(lake: Lake, folder: Path) -> bool:
    """Whether the index holds all parts of the lake, and no others."""
    facts = _facts(folder)
    parts = _marks(lake)
    return facts is not None and facts["parts"] == parts


def _marks(lake: Lake) -> list[str]:
    """Names of its parts: rows that are added or joined have another."""
    return sorted(one.standing.mark for one in lake.parts)


def _point(folder: Path, name: str, version: str, parts: Sequence[str], *, cells: bool) -> None:
    said = {"name": name, "version": version, "parts": list(parts), "cells": cells}
    unfinished = folder / f".{CURRENT}.{os.getpid()}"
    unfinished.write_text(json.dumps(said), encoding="utf-8")
    unfinished.replace(folder / CURRENT)


def _facts(folder: Path) -> dict[str, Any] | None:
    """What `_point` said; None where no index was ever finished."""
    path = folder / CURRENT
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _read(folder: Path, version: str) -> Vectors:
    with np.load(folder / "rows.npz") as kept:
        return Vectors(version, *(kept[one] for one in COLUMNS))
