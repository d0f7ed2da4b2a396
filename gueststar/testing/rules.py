"""What a filter says of an alert, and whether it keeps the rules that every filter must keep."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from filters.conformance import violations
from filters.decision import SELECTED, Decision
from filters.expressions.filter import ExpressionFilter
from filters.selection import Selection
from gueststar.filtering.candidates import candidates
from gueststar.filtering.lookahead import look_ahead
from gueststar.testing.crowd import crowd
from schemas.batch import ROW_COLUMNS, AlertBatch, LightCurves
from schemas.errors import FilterError
from sky.catalogues import NO_SKY, Sky

Filter = Selection | ExpressionFilter | str | Path
"""A `@selection` function, an expression filter, or the path of a file that holds one filter."""

COST_US_MAX = 100.0
"""Microseconds of CPU that a filter may take for an alert. Columns take well under one; a loop of
Python over rows and points takes more than this."""
COST_ALERTS = 512
COST_RUNS = 3
"""The shortest of so many runs counts: the others waited for the machine."""


def judge(
    what: Filter, alerts: AlertBatch | Sequence[AlertBatch], *, sky: Sky = NO_SKY
) -> list[str]:
    """What a filter does with each alert: "selected", or the name of the clause that refused it.

    `alerts` is a batch, or a list of them. Whatever the filter raises is raised.
    """
    selection = selection_of(what)
    batches = [alerts] if isinstance(alerts, AlertBatch) else alerts
    return [said for batch in batches for said in _said(selection.judge(batch, sky))]


def check(
    what: Filter,
    *,
    alerts: AlertBatch | None = None,
    sky: Sky = NO_SKY,
    cost_us_max: float = COST_US_MAX,
) -> None:
    """Raises AssertionError with a line for each rule that is broken; `check(mine)` is a test.

    The rules: how the stream is cut into batches does not show, an empty batch is no trouble,
    nothing later than an alert is used, nothing is written into the columns, and an alert costs no
    more than `cost_us_max` microseconds. Tried on `alerts`, by default those of `crowd()`.
    """
    __tracebackhide__ = True
    selection = selection_of(what)
    found = shortcomings(selection, alerts=alerts, sky=sky, cost_us_max=cost_us_max)
    complain("filter", selection.name, found)


def complain(kind: str, name: str, broken: Iterable[str]) -> None:
    """Raises AssertionError with a line for each rule that is broken, if any is."""
    __tracebackhide__ = True
    lines = "\n".join(f"- {line}" for line in broken)
    if lines:
        raise AssertionError(f"{kind} {name!r} breaks the rules of {kind}s:\n{lines}")


def shortcomings(
    what: Filter,
    *,
    alerts: AlertBatch | None = None,
    sky: Sky = NO_SKY,
    cost_us_max: float = COST_US_MAX,
) -> list[str]:
    """The lines of `check`; empty where a filter keeps the rules."""
    selection = selection_of(what)
    batch = crowd() if alerts is None else alerts
    before = digest(batch)
    try:
        selection.judge(batch, sky)
    except Exception as error:  # a filter may raise anything
        return [_raised(error)]
    found = violations(selection, batch, sky=sky)
    found += _looks_ahead(selection, batch, sky)
    if digest(batch) != before:
        found.append("it wrote into the alerts; make a new array instead")
    found += _costs(selection, batch, sky, cost_us_max)
    return list(dict.fromkeys(found))


def selection_of(what: Filter) -> Selection:
    """Any filter as a `Selection`. Raises FilterError for a file that does not hold one."""
    if isinstance(what, Selection):
        return what
    if isinstance(what, ExpressionFilter):
        return what.selection(what.name)
    found = candidates(str(what))
    if len(found) != 1:
        names = ", ".join(each.name for each in found)
        raise FilterError(f"{what} holds {len(found)} filters ({names}); import the one you mean")
    return found[0].selection


def _said(decision: Decision) -> list[str]:
    return [
        "selected" if at == SELECTED else decision.clauses[at] for at in decision.trace.tolist()
    ]


def _raised(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and "read-only" in text:
        return f"it writes into the alerts ({text}); make a new array instead"
    if isinstance(error, FilterError):
        return text
    return f"it raised {type(error).__name__}: {text}"


def _looks_ahead(selection: Selection, batch: AlertBatch, sky: Sky) -> Iterator[str]:
    trials = look_ahead(selection, [batch], sky)
    for clause in {**trials.used, **trials.would_use}:
        yield f"clause {clause!r} uses points of the light curve that are later than the alert"


def _costs(selection: Selection, batch: AlertBatch, sky: Sky, cost_us_max: float) -> Iterator[str]:
    if not len(batch):
        return
    many = batch.take(np.resize(np.arange(len(batch)), COST_ALERTS))
    shortest_us = min(_time_us(selection, many, sky) for _ in range(COST_RUNS)) / COST_ALERTS
    if shortest_us > cost_us_max:
        yield (
            f"it takes {shortest_us:,.0f} µs an alert, over the {cost_us_max:g} allowed; work on"
            " whole columns, not row by row"
        )


def _time_us(selection: Selection, batch: AlertBatch, sky: Sky) -> float:
    began_s = time.process_time()
    selection.judge(batch, sky)
    return (time.process_time() - began_s) * 1e6


def digest(batch: AlertBatch) -> str:
    """Of every value that a filter can reach."""
    whole = hashlib.sha256()
    for name in sorted(ROW_COLUMNS):
        whole.update(np.ascontiguousarray(getattr(batch, name)).tobytes())
    for curves in (batch.light_curve, batch.forced_photometry):
        for column in fields(LightCurves):
            whole.update(getattr(curves, column.name).tobytes())
    for learned in batch.learned.values():
        whole.update(learned.values.tobytes())
    return whole.hexdigest()
