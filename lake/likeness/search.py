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
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from lake.layout import night_date
from lake.likeness.faiss_index import Exact, Indexed, Inverted
from lake.likeness.gathering import newest, of_version, vectors_of
from lake.reading import Lake
from schemas.errors import QuestionError
from schemas.vector_records import COLUMNS, Vectors

CURRENT: Final = "current.json"
LAYOUT: Final = 2
"""Of the folder; an index of another is made again."""
INDEXED_DAYS: Final = 365.0
"""Of alerts before the lake's last night: objects that were not seen since are not indexed."""
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
    late = [one for one in parts if one.night >= facts["since"]]
    since = vectors_of(lake, late).get(built.version) if late else None
    kept = built.take(np.zeros(0, np.int64)) if since is None else _without_old(built, since)
    index = Inverted.read(folder / facts["name"] / "index.faiss") if facts["cells"] else None
    return Likeness(built, index or Exact(built.vector), kept)


def _without_old(built: Vectors, since: Vectors) -> Vectors:
    """What came since, less what the index has newer; both have rising surveys and objects."""
    newer = np.ones(len(since), np.bool_)
    for survey in np.unique(since.survey).tolist():
        begin, end = (built.survey.searchsorted(survey, side) for side in ("left", "right"))
        names = built.object_id[begin:end]
        own = np.flatnonzero(since.survey == survey)
        # Of the kept names' own type: else all of them would be copied to the other's.
        place = names.searchsorted(since.object_id[own].astype(names.dtype))
        there = place < len(names)
        own, place = own[there], place[there]
        is_same = names[place] == since.object_id[own]
        newer[own] = ~is_same | (since.place[own, 2] > built.place[begin:end][place, 2])
    return since.take(newer)


def build(lake: Lake, folder: Path, version: str = "", days_max: float = INDEXED_DAYS) -> Vectors:
    """Makes the index of a lake as it stands, in place of the one before. Raises QuestionError.

    days_max: nights that ended so long before the last one are left out.
    """
    first = _first_night(lake, days_max)
    recent = [one for one in lake.parts if one.night >= first]
    vectors = newest(of_version(vectors_of(lake, recent), version))
    parts = _marks(lake)
    name = f"{vectors.version or 'unknown'}-{secrets.token_hex(6)}"
    unfinished = folder / f".{name}.{os.getpid()}"
    unfinished.mkdir(parents=True)
    has_cells = len(vectors) >= COUNT_MIN
    if has_cells:
        Inverted.built(vectors.vector).write(unfinished / "index.faiss")
        vectors = replace(vectors, vector=vectors.vector[:, :0])  # the index has them
    for one in COLUMNS:
        np.save(unfinished / f"{one}.npy", getattr(vectors, one))
    unfinished.rename(folder / name)
    facts = {"version": vectors.version, "parts": parts, "since": first, "cells": has_cells}
    _point(folder, {"layout": LAYOUT, "name": name, **facts})
    for path in folder.iterdir():
        if path.is_dir() and path.name != name:
            shutil.rmtree(path, ignore_errors=True)
    return vectors


def _first_night(lake: Lake, days_max: float) -> str:
    """Of those that are indexed."""
    last = night_date(max(one.night for one in lake.parts))
    return f"{last - timedelta(days=days_max):%Y%m%d}"


def is_current(lake: Lake, folder: Path) -> bool:
    """Whether the index holds all parts of the lake, and no others."""
    facts = _facts(folder)
    parts = _marks(lake)
    return facts is not None and facts["parts"] == parts


def _marks(lake: Lake) -> list[str]:
    """Names of its parts: rows that are added or joined have another."""
    return sorted(one.standing.mark for one in lake.parts)


def _point(folder: Path, facts: dict[str, Any]) -> None:
    unfinished = folder / f".{CURRENT}.{os.getpid()}"
    unfinished.write_text(json.dumps(facts), encoding="utf-8")
    unfinished.replace(folder / CURRENT)


def _facts(folder: Path) -> dict[str, Any] | None:
    """What `_point` said; None where no index was ever finished, or one of another layout."""
    path = folder / CURRENT
    facts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return facts if facts.get("layout") == LAYOUT else None


def _read(folder: Path, version: str) -> Vectors:
    """What stands in the index, mapped: a search reads what it needs."""
    return Vectors(version, *(np.load(folder / f"{one}.npy", mmap_mode="r") for one in COLUMNS))
