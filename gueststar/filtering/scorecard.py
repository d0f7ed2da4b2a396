"""How complete and how pure a filter is by class, where a table says what is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Table as Shown

from filters.alerts import Table
from gueststar.table import plain_table
from lake.simulated.truth import Truth


class Line(NamedTuple):
    """What a filter made of one class, in objects or in alerts."""

    name: str
    seen: int
    found: int
    """Of those: selected, an object at least once."""
    found_of_all: int
    """Selected, of whatever class."""
    alerts: int
    """Selected."""

    @property
    def completeness(self) -> float:
        """The share of the class that was found."""
        return self.found / self.seen

    @property
    def purity(self) -> float:
        """The share of this class in what was found; NaN where nothing was."""
        return self.found / self.found_of_all if self.found_of_all else float("nan")


class Scorecard:
    """Counts what a filter selected of each class, object by object or alert by alert."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self._seen = np.zeros(len(truth.keys), np.bool_)
        self._found = np.zeros(len(truth.keys), np.bool_)
        self._alerts = np.zeros(len(truth.classes), np.int64)
        self.unknown = 0
        """Selected alerts of which the table says nothing."""

    def add(self, table: Table, selected: NDArray[np.bool_]) -> None:
        """Count a table's alerts, and which of them were selected."""
        rows = self.truth.rows(table.column(self.truth.key))
        known = rows >= 0
        self.unknown += int((selected & ~known).sum())
        self._seen[rows[known]] = True
        chosen = rows[known & selected]
        self._found[chosen] = True
        count = len(self.truth.classes)
        self._alerts += np.bincount(self.truth.codes[chosen], minlength=count)

    def rows(self) -> Iterator[Line]:
        """A line a class, that of the most first."""
        codes, count = self.truth.codes, len(self.truth.classes)
        seen, found = (np.bincount(codes[m], minlength=count) for m in (self._seen, self._found))
        order = np.argsort(-seen, kind="stable")
        for code in order[seen[order] > 0].tolist():
            alerts = int(self._alerts[code])
            counts = int(seen[code]), int(found[code]), int(found.sum())
            yield Line(self.truth.classes[code], *counts, alerts)

    @property
    def unit(self) -> str:
        """What completeness and purity count."""
        return "objects" if self.truth.key == "object_id" else "alerts"


def scorecard_table(card: Scorecard) -> Shown:
    """A row a class."""
    table = plain_table()
    table.add_column("what is true", no_wrap=True)
    for name in (card.unit, "found", "complete", "pure", "alerts"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in card.rows():
        shares = _percent(line.completeness), _percent(line.purity)
        table.add_row(line.name, f"{line.seen:,}", f"{line.found:,}", *shares, f"{line.alerts:,}")
    return table


def _percent(share: float) -> str:
    return "" if np.isnan(share) else f"{share:.1%}"
