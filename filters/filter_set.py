"""The active filters: all of them asked at once, and what each decided of a batch."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from filters.decision import FAULT, Fault
from filters.expressions.filter import ExpressionFilter
from filters.expressions.program import Decisions, Program
from filters.selection import Selection
from filters.slowness import Slowness
from schemas.errors import FilterError
from schemas.form import Form
from sky.catalogues import NO_SKY, CatalogueIdentity, Sky

LOG: Final = logging.getLogger("gueststar.filters")

Rows = NDArray[np.int64]

NO_ROWS: Final[Rows] = np.empty(0, np.int64)
NO_COUNTS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True)
class ActiveFilter:
    """One active filter, and what is written of it into each alert that it selects."""

    name: str
    version: str
    """Of a deployed filter its number; of a file's the first 12 digits of the file's sha256."""
    sha256: str
    topic: str
    clauses: tuple[str, ...]
    catalogues: tuple[CatalogueIdentity, ...] = ()
    """The regions and watchlists that it asks."""
    form: Form | None = None
    """Of the records on its topic; None where the configuration says."""
    shares: bool = False
    """Whether other filters publish to its topic, too: each record there names those it is for."""


class FilterDecision(NamedTuple):
    """One filter's decision, summed. Selected, refused, unknown and at fault sum to the batch."""

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
        return sum(len(fault.rows) for fault in self.faults)


class FilterSet:
    """Never changed: to activate a filter or pause one, a new set is made between two batches.

    Filters of expressions are judged together and share what they ask; the others one by one.
    """

    def __init__(
        self,
        selections: Sequence[Selection] = (),
        active: Sequence[ActiveFilter] = (),
        sky: Sky = NO_SKY,
        *,
        expressions: Sequence[ExpressionFilter] = (),
    ) -> None:
        """`active` describe the selections and the expressions, one each, by its name."""
        require_once("name", [each.name for each in active])
        require_once("topic", [each.topic for each in active if not each.shares])
        self.active = tuple(active)
        self._topics = {each.name: each.topic for each in active}
        self._selections = {each.name: each for each in selections}
        self._expressions = {each.name: each for each in expressions}
        asked = {name: place for place, name in enumerate([*self._selections, *self._expressions])}
        assert asked.keys() == self._topics.keys()
        self._order = [asked[name] for name in self._topics]
        self._alone = dict(self._selections)
        self._sky = sky
        self._slowness = Slowness()
        self._program = Program([[one.node for one in each.clauses] for each in expressions])
        self._clauses = [
            (place, one.name) for place, each in enumerate(expressions) for one in each.clauses
        ]

    def judge(self, batch: Table) -> list[FilterDecision]:
        """Every filter's decision, in the order of `active`; nothing that a filter does raises."""
        decisions = [
            self._slowness.timed(name, len(batch), partial(self.alone, name, batch))
            for name in self._selections
        ]
        if self._expressions:
            decisions += self._jointly(batch)
        return [decisions[place] for place in self._order]

    def alone(self, name: str, batch: Table) -> FilterDecision:
        """One filter's decision, by itself in the plain way; `name` is one of `active`."""
        if name not in self._alone:
            self._alone[name] = self._expressions[name].selection(self._topics[name])
        return _decision(self._alone[name], batch, self._sky)

    def _jointly(self, batch: Table) -> list[FilterDecision]:
        """The expressions' decisions; those that read what raised are asked alone."""
        try:
            found = self._program.judge(batch, self._sky)
        except Exception as error:  # want of memory, or a fault of ours: asked alone they need less
            LOG.warning("filters are asked one by one: %s: %s", type(error).__name__, error)
            return [self.alone(name, batch) for name in self._expressions]
        decisions = self._decisions(found)
        for place in found.broken:
            decisions[place] = self.alone(decisions[place].name, batch)
        return decisions

    def _decisions(self, found: Decisions) -> list[FilterDecision]:
        """Of each expression; what is empty is one object for all, since most of them are."""
        ends, rows = found.ends.tolist(), [NO_ROWS] * len(self._expressions)
        for place in np.flatnonzero(np.diff(found.ends)).tolist():
            rows[place] = found.selected[ends[place] : ends[place + 1]]
        known, unknown = found.counts[:, 0] - found.counts[:, 1], found.counts[:, 1]
        counts = self._counted(known), self._counted(unknown)
        return [*map(FilterDecision, self._expressions, rows, *counts)]

    def _counted(self, counts: NDArray[np.int64]) -> list[Mapping[str, int]]:
        """By expression what each clause counted, clauses that counted none left out."""
        counted: list[Mapping[str, int]] = [NO_COUNTS] * len(self._expressions)
        clauses = np.flatnonzero(counts)
        by_clause: dict[str, int] = {}
        last = -1
        for clause, number in zip(clauses.tolist(), counts[clauses].tolist(), strict=True):
            place, name = self._clauses[clause]
            if place != last:
                last, by_clause = place, {}
                counted[place] = by_clause
            by_clause[name] = number
        return counted


def _decision(selection: Selection, batch: Table, sky: Sky) -> FilterDecision:
    decision = selection.evaluate(batch, sky)
    assert int((decision.trace == FAULT).sum()) == sum(len(each.rows) for each in decision.faults)
    return FilterDecision(
        selection.name,
        np.flatnonzero(decision.selected),
        decision.refused_by,
        decision.unknown_by,
        decision.faults,
    )


def require_once(what: str, values: Iterable[str]) -> None:
    """Raises FilterError where two filters have one name or topic."""
    for value, count in Counter(values).items():
        if count > 1:
            raise FilterError(f"{count} filters have the {what} {value!r}; give each its own")
