"""The objects of a lake that are most like one of them, from Python and for the command line."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.sources import load_file
from lake.likeness.gathering import Chosen, of_version, vectors_of
from lake.likeness.search import Likeness, Neighbour, opened
from lake.reading import Lake, LakeRows
from schemas.errors import QuestionError
from schemas.vector_records import Vectors

COUNT = 10


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
    Raises QuestionError where the lake has no embedding of it.
    """
    whole = Lake(Path(lake))
    own = _own(whole, str(asked))
    if night is None and filter_file is None:
        likeness = opened(whole, None if index is None else Path(index), own.version)
    else:
        some = Lake(Path(lake), [night]) if night else whole
        chosen = None if filter_file is None else _by_filter(Path(filter_file))
        likeness = Likeness.of(of_version(vectors_of(some, chosen=chosen), own.version))
    apart = str(own.survey[-1]), str(own.object_id[-1])
    return likeness.similar(own.vector[-1], count, apart)


def _own(lake: Lake, asked: str) -> Vectors:
    """Of the object, or the object of the alert, that is asked about: one row."""

    def is_asked(rows: LakeRows) -> NDArray[np.bool_]:
        object_id = np.asarray(rows.column("object_id"))
        return np.asarray((object_id == asked) | (rows.column("alert_id").astype(str) == asked))

    found = vectors_of(lake, chosen=is_asked)
    if not found:
        raise QuestionError(f"{lake.path} has no embedding of an object or an alert {asked!r}")
    return max(found.values(), key=lambda one: float(one.place[-1, 2]))


def _by_filter(path: Path) -> Chosen:
    selections = load_file(path)

    def chosen(rows: LakeRows) -> NDArray[np.bool_]:
        found = np.zeros(len(rows), np.bool_)
        for selection in selections:
            found[selection.judge(rows).selected] = True
        return found

    return chosen
