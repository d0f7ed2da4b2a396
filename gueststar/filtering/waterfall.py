"""How many alerts reach each clause of a filter, and how many it lets go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.selection import Selection
from filters.verdict import FAULT, SELECTED, Verdict
from schemas.errors import ArchiveError
from sky.catalogues import NO_SKY, Sky


class Judged(NamedTuple):
    """A filter's answer for a table, and what each clause would let pass by itself."""

    verdict: Verdict
    alone: dict[str, int]
    """By clause; rows at fault are not counted."""


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
        """How many go on to the next clause."""
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

    def add(self, judged: Judged) -> None:
        """Count one table's answers."""
        verdict = judged.verdict
        self.alerts += len(verdict.trace)
        self.selected += int(verdict.selected.sum())
        self.at_fault += int((verdict.trace == FAULT).sum())
        self._refused.update(verdict.refused_by)
        self._unknown.update(verdict.unknown_by)
        self._alone.update(judged.alone)

    @property
    def pass_rate(self) -> float:
        """0 to 1; 0 where there were no alerts."""
        return self.selected / self.alerts if self.alerts else 0.0

    @property
    def steps(self) -> Iterator[Step]:
        """The clauses in their order."""
        reached = self.alerts - self.at_fault
        for clause in self._refused:
            refused, unknown = self._refused[clause], self._unknown[clause]
            step = Step(clause, reached, refused, unknown, self._alone[clause])
            yield step
            reached = step.passed


def judge(selection: Selection, table: Table, sky: Sky = NO_SKY) -> Judged:
    """Ask every clause of every row; rows that make the filter raise are faults.

    The verdict is `Selection.evaluate`'s. Raises ArchiveError where the table cannot be read,
    which is no fault of the filter's.
    """
    try:
        return _asked(selection, table, sky)
    except ArchiveError:
        raise
    except Exception:  # a filter may raise anything
        verdict = selection.evaluate(table, sky)
        sound = np.flatnonzero(verdict.trace != FAULT)
        alone = _asked(selection, table.take(sound), sky).alone if len(sound) else {}
        return Judged(verdict, alone)


def _asked(selection: Selection, table: Table, sky: Sky) -> Judged:
    """One plain run, as `Selection.judge`, which keeps no count of a clause's own."""
    alerts, alone = Alerts(table, sky), dict[str, int]()
    trace = np.full(len(table), SELECTED, dtype=np.int16)
    unknown = np.zeros(len(table), dtype=np.bool_)
    for name, mask in selection.asked(alerts):
        refused = ~mask & (trace == SELECTED)
        if refused.any():
            trace[refused] = len(alone)
            unknown |= refused & alerts.unmeasured()
        alone[name] = _count(mask)
    return Judged(Verdict(tuple(alone), trace, unknown), alone)


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))
