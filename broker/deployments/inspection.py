"""What a deployed filter costs, and whether it answers alone as it does among all.

Filters are asked together, and share what they compute; so nobody can say what one of them costs,
nor see by looking that the sharing is right. Each batch therefore one of them, in turn, is asked
alone by the plain path too.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from broker.deployments.activation import Activated
from broker.deployments.records import Cause
from filters.filter_set import FilterDecision
from schemas.batch import AlertBatch

COST_ALERTS_MIN = 256
"""In a smaller batch the fixed cost of a call, tens of µs a clause, hides what an alert costs.

Small batches are those of a stream that is kept up with; who falls behind gets full ones.
"""

TIMINGS = 5
"""Of which the median counts: one that the machine held up is passed over."""


class Complaint(NamedTuple):
    """Why a deployed filter is to be paused."""

    activated: Activated
    cause: Cause
    reason: str


class Inspected(NamedTuple):
    """What was found of one filter in one batch."""

    decision: FilterDecision
    """Its answer by the plain path, which counts."""
    cost_us: float | None
    """An alert: the median of its last timings; None before there are TIMINGS."""
    complaint: Complaint | None


class Inspector:
    """Asks one filter a batch alone; those that are new to it first."""

    def __init__(
        self, cost_us_max: float, *, cpu_s: Callable[[], float] = time.thread_time
    ) -> None:
        """`cost_us_max`: µs of CPU an alert. `cpu_s`: CPU time of this thread."""
        self._cost_us_max = cost_us_max
        self._cpu_s = cpu_s
        self._timings: dict[str, deque[float]] = {}
        self._fresh: deque[Activated] = deque()
        self._known: deque[Activated] = deque()

    def assign(self, activated: Iterable[Activated]) -> None:
        """These are active now; one that was before keeps its timings."""
        before = {each.version.key: each for each in (*self._fresh, *self._known)}
        now = {each.version.key: each for each in activated}
        timings = {
            each.version.name: self._timings[each.version.name]
            for key, each in now.items()
            if before.get(key) is each
        }
        self._timings = {
            each.version.name: timings.get(each.version.name, deque(maxlen=TIMINGS))
            for each in now.values()
        }
        self._fresh = deque(each for each in now.values() if not self._is_timed(each))
        self._known = deque(each for each in now.values() if self._is_timed(each))

    def next_for(self, alerts: int) -> Activated | None:
        """The filter that is asked alone in a batch of so many; None where none is."""
        fresh_first = alerts >= COST_ALERTS_MIN or not self._known
        queue = self._fresh if self._fresh and fresh_first else self._known
        if not alerts or not queue:
            return None
        queue.rotate(-1)
        return queue[-1]

    def inspect(
        self,
        each: Activated,
        batch: AlertBatch,
        joint: FilterDecision,
        alone: Callable[[str, AlertBatch], FilterDecision],
    ) -> Inspected:
        """Ask one alone, by name, and hold its answer against that which it gave among all."""
        began_s = self._cpu_s()
        decision = alone(each.version.name, batch)
        took_s = self._cpu_s() - began_s
        if len(batch) >= COST_ALERTS_MIN:
            self._note(each, took_s * 1e6 / len(batch))
        return self._found(each, joint, decision)

    def _note(self, each: Activated, cost_us: float) -> None:
        timings = self._timings[each.version.name]
        timings.append(cost_us)
        if len(timings) == TIMINGS and self._fresh and self._fresh[-1] is each:
            self._known.append(self._fresh.pop())

    def _is_timed(self, each: Activated) -> bool:
        return len(self._timings[each.version.name]) == TIMINGS

    def _found(self, each: Activated, joint: FilterDecision, alone: FilterDecision) -> Inspected:
        timings = self._timings[each.version.name]
        cost_us = statistics.median(timings) if self._is_timed(each) else None
        complaint = None
        if alone.faults:
            complaint = Complaint(each, Cause.RAISED, alone.faults[0].message)
        elif not agree(joint, alone):
            complaint = Complaint(each, Cause.DIFFERS, _difference(joint, alone))
        elif cost_us is not None and cost_us > self._cost_us_max:
            complaint = Complaint(each, Cause.COST, _dear(cost_us, self._cost_us_max))
        return Inspected(alone, cost_us, complaint)


def agree(one: FilterDecision, other: FilterDecision) -> bool:
    """Whether two decisions say the same of every row, and count the same."""
    return (
        np.array_equal(one.selected, other.selected)
        and _counted(one.refused) == _counted(other.refused)
        and _counted(one.unknown) == _counted(other.unknown)
        and one.errors == other.errors
    )


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {clause: count for clause, count in counts.items() if count}


def _difference(joint: FilterDecision, alone: FilterDecision) -> str:
    return (
        f"a fault of ours: asked alone it selected {len(alone.selected)} alerts of a batch, asked"
        f" among all {len(joint.selected)}, or refused them by other clauses; please report it"
    )


def _dear(cost_us: float, cost_us_max: float) -> str:
    return (
        f"it took {cost_us:.1f} µs an alert, the median of {TIMINGS} timings, and [filters]"
        f" cost_us_max allows {cost_us_max:g}; let fewer or cheaper clauses come first"
    )
