"""The objects of a lake that are most like one of them, from Python and for the command line."""

from __future__ import annotations

from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.sources import load_file
from lake.finding import Finder
from lake.likeness.gathering import Chosen, of_version, vector_of, vectors_of
from lake.likeness.search import Likeness, Neighbour, opened
from lake.reading import Lake, LakeRows
from schemas.errors import QuestionError
from schemas.vector_records import Vectors

COUNT = 10
KEPT_MAX = 4
"""Indices that are kept open, by version."""


class Similar:
    """Objects like one, of a lake as it stood when it was opened; asked again, it reads less."""

    def __init__(
        self, lake: str | PathLike[str] | Lake, index: str | PathLike[str] | None = None
    ) -> None:
        """index: as `gueststar likeness` keeps it; without one all objects are compared.

        Raises ArchiveError where there is no lake.
        """
        self._lake = lake if isinstance(lake, Lake) else Lake(Path(lake))
        self._index = None if index is None else Path(index)
        self._finder = Finder(self._lake)
        self._likeness = lru_cache(maxsize=KEPT_MAX)(self._opened)

    def to(
        self,
        asked: str | int,
        *,
        night: str | None = None,
        filter_file: str | PathLike[str] | None = None,
        count: int = COUNT,
    ) -> list[Neighbour]:
        """As `similar`."""
        own = self._own(str(asked))
        if night is None and filter_file is None:
            likeness = self._likeness(own.version)
        else:
            some = Lake(self._lake.path, [night]) if night else self._lake
            chosen = None if filter_file is None else _by_filter(Path(filter_file))
            likeness = Likeness.of(of_version(vectors_of(some, chosen=chosen), own.version))
        apart = str(own.survey[-1]), str(own.object_id[-1])
        return likeness.similar(own.vector[-1], count, apart)

    def _opened(self, version: str) -> Likeness:
        return opened(self._lake, self._index, version)

    def _own(self, asked: str) -> Vectors:
        """Of the object's newest alert, or of the alert, that is asked about: one row."""
        found = vector_of(self._finder.newest_first(asked))
        if found is None and asked.isdecimal() and int(asked) < 2**63:
            found = vector_of([self._finder.alert(int(asked))])
        if found is None:
            raise QuestionError(
                f"{self._lake.path} has no embedding of an object or an alert {asked!r}"
            )
        return found


def similar(
    asked: str | int,
    lake: str | PathLike[str],
    *,
    index: str | PathLike[str] | None = None,
    night: str | None = None,
    filter_file: str | PathLike[str] | None = None,
    count: int = COUNT,
) -> list[Neighbour]:
    """The objects most like an object, by its id, or like an alert, by its number; likest first.

    index: as `gueststar likeness` keeps it; without one all objects are compared. night,
    filter_file: only objects with an alert of that night, or one that the filter selects; these are
    compared one by one. Its own alerts are no neighbours, nor is another file's embedding compared.
    Who asks often asks `gueststar.lake(...).similar`, which opens lake and index once.
    Raises QuestionError where the lake has no embedding of it.
    """
    return Similar(lake, index).to(asked, night=night, filter_file=filter_file, count=count)


def _by_filter(path: Path) -> Chosen:
    selections = load_file(path)

    def chosen(rows: LakeRows) -> NDArray[np.bool_]:
        found = np.zeros(len(rows), np.bool_)
        for selection in selections:
            found[selection.judge(rows).selected] = True
        return found

    return chosen
