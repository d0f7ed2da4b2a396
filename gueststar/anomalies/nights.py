"""The oddest objects of a lake's nights, and what a ranking reads of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifiers.anomaly import GIVES, NAME, Anomaly, has_row, rows_of
from classifiers.embedding_layout import NAME as EMBEDDING
from classifiers.embedding_layout import STAMPS_BEGIN
from classifiers.neighbours import Neighbours
from gueststar.anomalies.taste import Seen, rarity_among, scores
from lake.likeness.gathering import versions_of
from lake.reading import Lake, LakeRows
from schemas.errors import QuestionError
from schemas.vector_records import VERSION_DIGITS

CANDIDATES_MAX: Final = 20_000
"""Of the nights' alerts the oddest, which are ranked by answers."""
REAL_MIN: Final = 0.5
"""Of the real/bogus network at even odds, where it answered."""
REALBOGUS, REAL = "realbogus", "real"
ROWS_MAX: Final = 4_096
KNOWN: Final = "distance_2"
"""To the second nearest of known class, which one stray neighbour does not hide."""

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Odd:
    """n objects, each by its oddest alert."""

    survey: NDArray[np.str_]
    object_id: NDArray[np.str_]
    alert_id: NDArray[np.int64]
    rarities: Floats
    """(n, GIVES)."""
    distance: Floats
    """(n,), to what is known; NaN where nothing of its photometric system is."""
    seen: Seen

    def __len__(self) -> int:
        return len(self.alert_id)

    def take(self, rows: Rows) -> Odd:
        """Some of them."""
        return Odd(
            self.survey[rows],
            self.object_id[rows],
            self.alert_id[rows],
            self.rarities[rows],
            self.distance[rows],
            self.seen.take(rows),
        )

    @classmethod
    def joined(cls, parts: Sequence[Odd]) -> Odd:
        """One after another."""
        names = ("survey", "object_id", "alert_id", "rarities", "distance")
        columns = {name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
        each = {name: [getattr(one.seen, name) for one in parts] for name in Seen._fields}
        return cls(
            **columns, seen=Seen(**{name: np.concatenate(one) for name, one in each.items()})
        )

    def ranked(self, answered: Seen, liked: NDArray[np.bool_]) -> Odd:
        """By falling score, given answers."""
        return self.take(np.argsort(-scores(self.seen, answered, liked), kind="stable"))


def oddest(
    lake: Lake, stage: Anomaly, *, real_min: float = REAL_MIN, alerts_max: int = CANDIDATES_MAX
) -> Odd:
    """The oddest of the lake's alerts, an object each, the farthest from what is known first.

    Raises QuestionError where none has a value of the stage.
    """
    version = stage.embedding[:VERSION_DIGITS]
    least = _least([one for _, one in _told(lake, version, real_min)], alerts_max)
    pieces = (
        rows.take(np.flatnonzero(told >= least)) for rows, told in _told(lake, version, real_min)
    )
    known = Neighbours()
    every = [_looked_at(one, stage, known) for one in pieces if len(one)]
    return _from_known(_one_an_object(Odd.joined(every)))


def _least(told: list[Floats], alerts_max: int) -> float:
    """The value from which on no more than `alerts_max` alerts are."""
    every = np.concatenate(told) if told else np.zeros(0)
    every = np.sort(every[every > 0])[::-1]
    if not len(every):
        raise QuestionError(
            f'no alert of these nights has a value of "{NAME}"; let workers run the stages'
            f' "{EMBEDDING}" and "{NAME}"'
        )
    return float(every[:alerts_max][-1])


def _told(lake: Lake, version: str, real_min: float) -> Iterator[tuple[LakeRows, Floats]]:
    """Rows with the stage's values and one in how many, (n,): 0 for what is no candidate."""
    for rows in lake.tables(ROWS_MAX):
        told = one_in(rows, real_min)
        if told is None or EMBEDDING not in rows.given:
            continue
        told[~np.isin(versions_of(rows), ["", version])] = 0
        yield rows, told


def one_in(rows: LakeRows, real_min: float = REAL_MIN) -> Floats | None:
    """One in how many alerts is as odd as each, (n,): 0 for what is held for bogus or not told.

    None where no stage told it of any.
    """
    if NAME not in rows.given:
        return None
    told = np.nan_to_num(rows.learned_column(NAME, GIVES[0]).astype(np.float64))
    if REALBOGUS in rows.given:
        told[rows.learned_column(REALBOGUS, REAL) < real_min] = 0
    return told


def _looked_at(some: LakeRows, stage: Anomaly, known: Neighbours) -> Odd:
    batch = some.batch(with_packets=False)
    batch = batch.take(np.flatnonzero(has_row(batch)))
    rows = rows_of(batch)
    found = stage.looked_at(rows)
    seen = Seen(found.rarity[:, 0], found.leaves, rows[:, STAMPS_BEGIN:])
    names = (batch.survey.astype(np.str_), batch.object_id.astype(np.str_))
    (near,) = known.run(batch)
    distance = near[:, known.gives[0].columns.index(KNOWN)]
    return Odd(*names, batch.alert_id, found.rarity, distance, seen)


def _one_an_object(every: Odd) -> Odd:
    """The oddest of each."""
    order = np.lexsort((every.alert_id, -every.rarities[:, 0]))
    every = every.take(order)
    names = np.char.add(np.char.add(every.survey, " "), every.object_id)
    _, first = np.unique(names, return_index=True)
    return every.take(np.sort(first))


def _from_known(every: Odd) -> Odd:
    """A ranking begins at how far each is from what is known, among those of its survey.

    Where nothing is known it begins at the oddness. The first in the ranking comes first.
    """
    rarity = every.seen.rarity.copy()
    for survey in np.unique(every.survey):
        own = np.flatnonzero((every.survey == survey) & np.isfinite(every.distance))
        rarity[own] = rarity_among(every.distance[own])
    begun = replace(every, seen=Seen(rarity, every.seen.leaves, every.seen.vector))
    return begun.take(np.argsort(-rarity, kind="stable"))
