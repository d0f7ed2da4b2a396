"""The filters on duty: all of them asked at once, and what each answered for a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from filters.selection import Selection
from filters.sky.catalogues import NO_SKY, CatalogueIdentity, Sky
from filters.verdict import FAULT, Fault
from schemas.errors import FilterError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Member:
    """One filter on duty, and what is written of it into each alert that it selects."""

    name: str
    version: str
    """Of a deployed filter its number; of a file's the first 12 digits of the file's sha256."""
    sha256: str
    topic: str
    clauses: tuple[str, ...]
    catalogues: tuple[CatalogueIdentity, ...] = ()
    """The regions and watchlists that it asks."""
    form: Literal["full", "lite"] | None = None
    """Of the records on its topic; None where the configuration says."""


class Ruling(NamedTuple):
    """What one filter answered. Selected, refused, unknown and at fault sum to the batch."""

    name: str
    selected: Rows
    """int64 (k,), rising."""
    refused: Mapping[str, int]
    """By clause; a clause that refused none may be missing."""
    unknown: Mapping[str, int]
    """By clause: refused because something it read was not measured."""
    faults: tuple[Fault, ...] = ()

    @property
    def errors(self) -> int:
        """Alerts that made it raise."""
        return sum(len(fault.rows) for fault in self.faults)


class Roster:
    """Never changed: to put a filter on duty or off, a new one is made between two batches."""

    def __init__(
        self,
        selections: Sequence[Selection] = (),
        members: Sequence[Member] = (),
        sky: Sky = NO_SKY,
    ) -> None:
        """`members` describe the selections, one each."""
        for what in ("name", "topic"):
            _once(what, [getattr(each, what) for each in members])
        self.members = tuple(members)
        self._selections = tuple(selections)
        self._sky = sky

    def judge(self, batch: Table) -> list[Ruling]:
        """Every filter's answer, in the order of `members`; nothing that a filter does raises."""
        return [_ruling(each, batch, self._sky) for each in self._selections]


def _ruling(selection: Selection, batch: Table, sky: Sky) -> Ruling:
    verdict = selection.evaluate(batch, sky)
    assert int((verdict.trace == FAULT).sum()) == sum(len(each.rows) for each in verdict.faults)
    return Ruling(
        selection.name,
        np.flatnonzero(verdict.selected),
        verdict.refused_by,
        verdict.unknown_by,
        verdict.faults,
    )


def _once(what: str, values: Iterable[str]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise FilterError(f"{count} filters have the {what} {value!r}; give each its own")
