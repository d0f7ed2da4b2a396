"""What a filter decided of a batch: every row selected, refused, unknown or at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SELECTED = -1
"""In `Decision.trace`: no clause refused the row."""

FAULT = -2
"""In `Decision.trace`: the filter raised on the row."""


class Fault(NamedTuple):
    """Rows on which a filter raised, int64 (k,), and what it said, in one line."""

    rows: NDArray[np.int64]
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One filter's, of n alerts. Selected, refused, unknown and at fault sum to n.

    A row is unknown where the clause that refused it had read a NaN: it was not looked at and
    found wanting, it was not measured.
    """

    clauses: tuple[str, ...]
    """The clauses' names, in the order asked."""
    trace: NDArray[np.int16]
    """(n,) the first clause that refused, as an index into `clauses`; or SELECTED, or FAULT."""
    unknown: NDArray[np.bool_]
    """(n,) the refused rows whose refusing clause had read a NaN."""
    faults: tuple[Fault, ...] = ()

    @property
    def selected(self) -> NDArray[np.bool_]:
        """The rows that every clause let pass, bool (n,)."""
        return np.equal(self.trace, SELECTED)

    @property
    def refused_by(self) -> dict[str, int]:
        """By clause: rows it refused on what it read, unknown ones not counted."""
        return self._by_clause(~self.unknown)

    @property
    def unknown_by(self) -> dict[str, int]:
        """By clause: rows it refused because something it read was not measured."""
        return self._by_clause(self.unknown)

    def _by_clause(self, rows: NDArray[np.bool_]) -> dict[str, int]:
        counts = np.bincount(self.trace[rows & (self.trace >= 0)], minlength=len(self.clauses))
        return dict(zip(self.clauses, counts.tolist(), strict=True))


def assembled(
    rows: int, parts: Sequence[tuple[NDArray[np.int64], Decision]], faults: Sequence[Fault]
) -> Decision:
    """One for a batch of `rows` from its parts' (each row in one part or one fault)."""
    clauses = tuple(dict.fromkeys(name for _, part in parts for name in part.clauses))
    trace = np.full(rows, FAULT, dtype=np.int16)
    unknown = np.zeros(rows, dtype=np.bool_)
    for where, part in parts:
        # A part may lack a clause that another has, so its indices are translated; the last
        # entry is what index -1, SELECTED, finds.
        translated = np.array([*map(clauses.index, part.clauses), SELECTED], dtype=np.int16)
        trace[where] = translated[part.trace]
        unknown[where] = part.unknown
    return Decision(clauses, trace, unknown, _merged(faults))


def _merged(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Faults of one message as one."""
    rows: dict[str, list[NDArray[np.int64]]] = {}
    for fault in faults:
        rows.setdefault(fault.message, []).append(fault.rows)
    return tuple(Fault(np.sort(np.concatenate(found)), text) for text, found in rows.items())
