"""How many alerts reach each clause of a filter, and how many it lets go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from filters.alerts import Table
from filters.decision import FAULT, Decision
from filters.selection import Selection
from schemas.errors import ArchiveError
from sky.catalogues import NO_SKY, Sky


class Step(NamedTuple):
    """One clause in the waterfall. `reached` is `refused`, `unknown` and `passed` together."""

    clause: str
    reached: int
    refused: int
    unknown: int
    """Refused because something was not measured."""
    alone: int
    """How many of all alerts it would let pass if it were asked alone."""

    @property
    def passed(self) -> int:
        return self.reached - self.refused - self.unknown


@dataclass
class Waterfall:
    """Sums over tables. Selected, refused, unknown and at fault sum to all."""

    alerts: int = 0
    selected: int = 0
    at_fault: int = 0
    _refused: Counter[str] = field(default_factory=Counter)
    _unknown: Counter[str] = field(default_factory=Counter)
    _alone: Counter[str] = field(default_factory=Counter)

    def add(self, decision: Decision, alone: Mapping[str, int]) -> None:
        """Count one table's: what `judge` gives."""
        self.alerts += len(decision.trace)
        self.selected += int(decision.selected.sum())
        self.at_fault += int((decision.trace == FAULT).sum())
        self._refused.update(decision.refused_by)
        self._unknown.update(decision.unknown_by)
        self._alone.update(alone)

    @property
    def pass_rate(self) -> float:
        """0 to 1; 0 where there were no alerts."""
        return self.selected / self.alerts if self.alerts else 0.0

    @property
    def steps(self) -> Iterator[Step]:
        reached = self.alerts - self.at_fault
        for clause in self._refused:
            refused, unknown = self._refused[clause], self._unknown[clause]
            step = Step(clause, reached, refused, unknown, self._alone[clause])
            yield step
            reached = step.passed


def judge(selection: Selection, table: Table, sky: Sky = NO_SKY) -> tuple[Decision, dict[str, int]]:
    """`Selection.evaluate`'s decision, and by clause what it would let pass by itself.

    Rows that make the filter raise are faults, and not counted by clause. Raises ArchiveError where
    the table cannot be read, which is no fault of the filter's.
    """
    alone = dict[str, int]()
    try:
        return selection.judge(table, sky, alone), alone
    except ArchiveError:
        raise
    except Exception:  # a filter may raise anything
        decision, alone = selection.evaluate(table, sky), {}
        sound = np.flatnonzero(decision.trace != FAULT)
        if len(sound):
            selection.judge(table.take(sound), sky, alone)
        return decision, alone
