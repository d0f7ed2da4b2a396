"""Does a filter keep the law that the cut of the stream into batches does not show?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from filters.decision import Decision
from filters.selection import Selection
from sky.catalogues import NO_SKY, Sky

Rows = NDArray[np.int64]

CUTS = 4
"""Random cuts of the batch that are tried, beside every row alone and the order reversed."""


def violations(
    selection: Selection, batch: Table, *, seed: int = 0, sky: Sky = NO_SKY
) -> list[str]:
    """How a filter breaks the law on this batch, a line each; empty where it keeps it.

    Write `assert not violations(my_filter, batch)` in a test, with a batch of a few dozen alerts
    of all kinds. The batch is judged whole, twice, then row by row, reversed, shuffled, in random
    cuts, and empty: every row must get the same decision from the same clauses. Whatever the
    filter raises on the whole batch is raised.
    """
    whole = selection.judge(batch, sky)
    found = [] if _same(whole, selection.judge(batch, sky)) else ["two runs on one batch differ"]
    for how, parts in _cuts(len(batch), np.random.default_rng(seed)):
        for rows in parts:
            found += _compared(lambda part: selection.judge(part, sky), batch, whole, rows, how)
    return list(dict.fromkeys(found))


def _cuts(rows: int, random: np.random.Generator) -> Iterator[tuple[str, list[Rows]]]:
    everything = np.arange(rows)
    yield "no rows", [everything[:0]]
    yield "rows alone", list(everything[:, None])
    yield "the order reversed", [everything[::-1]]
    yield "the order shuffled", [random.permutation(everything)]
    for _ in range(CUTS):
        places = np.sort(random.integers(0, rows + 1, size=3))
        yield "a random cut", np.split(random.permutation(everything), places)


def _compared(
    judge: Callable[[Table], Decision], batch: Table, whole: Decision, rows: Rows, how: str
) -> list[str]:
    try:
        part = judge(batch.take(rows))
    except Exception as error:
        return [f"{how}: raised {type(error).__name__}: {error}"]
    if part.clauses != whole.clauses:
        return [f"{how}: the clauses are {part.clauses}, on the whole batch {whole.clauses}"]
    differing = rows[(part.trace != whole.trace[rows]) | (part.unknown != whole.unknown[rows])]
    if not len(differing):
        return []
    return [f"{how}: {len(differing)} of {len(rows)} decisions differ, first row {differing[0]}"]


def _same(one: Decision, other: Decision) -> bool:
    return (
        one.clauses == other.clauses
        and bool((one.trace == other.trace).all())
        and bool((one.unknown == other.unknown).all())
    )
