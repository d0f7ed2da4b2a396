"""Hundreds of expression filters judged together: what they share is worked out once a batch.

The plain way is `evaluation.evaluate`, clause by clause; here every row gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.decision import SELECTED
from filters.expressions import compiled
from filters.expressions.layout import Layout
from filters.expressions.shared_nodes import Shape, SharedNodes
from filters.expressions.steps import Work, steps
from filters.expressions.tree import Call, Column, Constant, Kind, Node, Operation
from filters.expressions.window import Window
from filters.handmade import handmade
from sky.catalogues import NO_SKY, Sky

Ints = NDArray[np.int64]

WORK_BYTES_MAX = 4 * 2**20
"""Of the arrays of a piece of a batch, beside what functions make; longer batches are cut. More
would not stay in a core's cache."""

PIECE_ROWS_MAX = 32_768
"""Rows judged at once, however few columns are read."""

COMPARED_ONE_BY_ONE = 32
"""Constants of one value and operator; of more each alert's place is searched among them."""


class Decisions(NamedTuple):
    """What every filter decided of a batch."""

    selected: Ints
    """The rows selected, rising, one filter's after another's."""
    ends: Ints
    """(filters + 1,) where each filter's begin in `selected`."""
    counts: Ints
    """(clauses, 2) rows refused, and how many of them are unknown; clauses as `Program.clauses`."""
    broken: dict[int, Exception]
    """Filters that read what raised, and what was raised; theirs above means nothing."""


class Traces(NamedTuple):
    """By filter and row, both (filters, n)."""

    trace: NDArray[np.int16]
    """The first clause that refused, counted within the filter; or decision.SELECTED."""
    unknown: NDArray[np.bool_]
    """Whether that clause had read a NaN."""


class Program:
    """Filters as one; never changed. `clauses` (filters + 1,) is where each one's clauses begin."""

    def __init__(self, filters: Sequence[Sequence[Node]]) -> None:
        """Of each filter's clauses in their order, at least one."""
        shared = SharedNodes()
        numbers = [[shared.number(node) for node in clauses] for clauses in filters]
        self.clauses: Ints = np.cumsum([0, *map(len, numbers)], dtype=np.int64)
        self._numbers = numbers
        self._shapes = shared.shapes
        layout = Layout(self._shapes)
        self._layout = layout
        self._steps = steps(self._shapes, layout)
        self._constants, self._pairs = layout.constants, layout.pairs
        self._groups, self._compared, moved = layout.compared()
        places = layout.places(moved)
        self._joins = layout.joins(places)
        self._bits = sum(map(len, places))
        sets = _Readings(self._shapes, layout)
        self._asked = np.array(
            [
                (places[layout.bits[each].part][layout.bits[each].at], sets.of(each))
                for each in chain.from_iterable(numbers)
            ],
            np.int64,
        ).reshape(-1, 2)
        self._readings, self._offsets, self._members = sets.arrays()

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def distinct(self) -> int:
        """Distinct columns, constants, operations and calls of all clauses."""
        return len(self._shapes)

    def judge(self, table: Table, sky: Sky = NO_SKY) -> Decisions:
        """Every filter's decision. Raises nothing that a filter does, but MemoryError."""
        counts = np.zeros((len(self._asked), 2), np.int64)
        passed, rows = list[Ints](), list[Ints]()
        failed: dict[int, Exception] = {}
        for begin, piece in self._pieces(table):
            bits, missing = self._truths(piece, sky, failed)
            alive = np.empty((len(self), bits.shape[1]), np.uint64)
            passed.append(np.empty(len(self), np.int64))
            compiled.count(
                len(piece), bits, missing, self.clauses, self._asked, alive, counts, passed[-1]
            )
            rows.append(np.empty(passed[-1].sum(), np.int64))
            compiled.gather(begin, alive, rows[-1])
        return Decisions(*_gathered(passed, rows), counts, self._broken(failed))

    def traces(self, table: Table, sky: Sky = NO_SKY) -> Traces:
        """Every filter's decision row by row. What a filter raises is raised."""
        size = len(self), len(table)
        found = Traces(np.empty(size, np.int16), np.empty(size, np.bool_))
        failed: dict[int, Exception] = {}
        for begin, piece in self._pieces(table):
            bits, missing = self._truths(piece, sky, failed)
            for error in failed.values():
                raise error
            compiled.trace(
                len(piece), bits, missing, self.clauses, self._asked, begin, *found, SELECTED
            )
        return found

    def _pieces(self, table: Table) -> Iterator[tuple[int, Table]]:
        rows = min(PIECE_ROWS_MAX, max(64, WORK_BYTES_MAX // self._bytes_a_row()))
        if len(table) <= rows:
            yield 0, table
            return
        for begin in range(0, len(table), rows):
            yield begin, Window(table, begin, min(begin + rows, len(table)))

    def _bytes_a_row(self) -> int:
        layout = self._layout
        in_bits = self._bits + len(self._readings) + len(self._offsets) + len(self)
        return 8 * len(layout.rows) + len(layout.given) + len(layout.noted) + in_bits // 8 + 1

    def _truths(
        self, piece: Table, sky: Sky, failed: dict[int, Exception]
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Rows of bits, and of what was not measured by set of readings."""
        work = self._worked_out(piece, sky, failed)
        words = (len(piece) + 63) // 64
        bits = np.empty((self._bits, words), np.uint64)
        compiled.fill_bits(
            work.values,
            self._constants,
            self._groups,
            self._compared,
            COMPARED_ONE_BY_ONE,
            self._pairs,
            work.given,
            self._joins,
            bits,
        )
        holes = np.empty((len(self._readings), words), np.uint64)
        missing = np.empty((len(self._offsets) - 1, words), np.uint64)
        compiled.fill_missing(
            work.values, work.noted, self._readings, self._offsets, self._members, holes, missing
        )
        return bits, missing

    def _worked_out(self, piece: Table, sky: Sky, failed: dict[int, Exception]) -> Work:
        rows, layout = len(piece), self._layout
        work = Work(
            piece,
            Alerts(piece, sky),
            np.empty((len(layout.rows), rows), np.float64),
            np.empty((len(layout.given), rows), np.bool_),
            np.empty((len(layout.noted), rows), np.bool_),
        )
        # A clause may well take the logarithm of nothing: NaN compares false, which is the answer.
        with np.errstate(all="ignore"):
            for step in self._steps:
                try:
                    step.run(work)
                except Exception as error:  # a function may raise anything
                    failed.update(dict.fromkeys(step.shapes, error))
        return work

    def _broken(self, failed: dict[int, Exception]) -> dict[int, Exception]:
        """The filters that read what failed."""
        if not failed:
            return {}
        reached = dict(failed)
        for number, shape in enumerate(self._shapes):
            for each in shape.operands:
                if each in reached:
                    reached.setdefault(number, reached[each])
        return {
            place: reached[number]
            for place, numbers in enumerate(self._numbers)
            for number in reversed(numbers)
            if number in reached
        }


class _Readings:
    """Which clauses read the same: a row refused by a clause is unknown where one of its is NaN."""

    def __init__(self, shapes: Sequence[Shape], layout: Layout) -> None:
        self._read: list[frozenset[int]] = []
        """By shape: rows of values, or ~i for what the i-th function noted."""
        self._sets: dict[frozenset[int], int] = {}
        for number, shape in enumerate(shapes):
            found = frozenset[int]().union(*(self._read[each] for each in shape.operands))
            if number in layout.noted:
                found |= {~layout.noted[number]}
            elif number in layout.rows and _is_noted(shape):
                found |= {layout.rows[number]}
            self._read.append(found)

    def of(self, number: int) -> int:
        return self._sets.setdefault(self._read[number], len(self._sets))

    def arrays(self) -> tuple[Ints, Ints, Ints]:
        """The readings; where each set begins; which readings each holds."""
        readings = sorted(frozenset[int]().union(*self._sets))
        places = {reading: place for place, reading in enumerate(readings)}
        members = [places[each] for one in self._sets for each in sorted(one)]
        offsets = np.cumsum([0, *map(len, self._sets)], dtype=np.int64)
        return np.array(readings, np.int64), offsets, np.array(members, np.int64)


def _is_noted(shape: Shape) -> bool:
    """As the plain way notes them: every column, and what every function gives."""
    return shape.form is Column or shape.form is Call


def _gathered(passed: Sequence[Ints], rows: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Pieces' rows by filter, and where each filter's begin."""
    ends = np.zeros(len(passed[0]) + 1, np.int64)
    np.cumsum(sum(passed), out=ends[1:])
    if len(rows) == 1:
        return rows[0], ends
    filters = np.concatenate([np.repeat(np.arange(len(each)), each) for each in passed])
    return np.concatenate(rows)[np.argsort(filters, kind="stable")], ends


def warm_up() -> None:
    """Compile the loops, or read them from numba's cache; a first batch would wait for it."""
    column = Column("magnitude", Kind.NUMBER)
    clause = Operation("<", (column, Constant(20.0, Kind.NUMBER)), Kind.TRUTH)
    program, alerts = Program([[clause]]), handmade(magnitude=[19.0, 21.0])
    compiled.compute(np.zeros((1, 2)), np.zeros(1), np.zeros((1, 4), np.int64))
    program.judge(alerts)
    program.traces(alerts)
