"""What is done in NumPy for a batch, before the compiled loops turn numbers into bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.compiled import compute
from filters.expressions.evaluation import OPERATORS
from filters.expressions.functions import FUNCTIONS, Works
from filters.expressions.layout import ARITHMETIC, Layout
from filters.expressions.names import IDENTIFIERS
from filters.expressions.sharing import Shape
from filters.expressions.tree import Call, Column, Constant, Kind, Membership

Values = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of a batch under judgement, n alerts."""

    table: Table
    alerts: Alerts
    values: NDArray[np.float64]
    """(values, n)"""
    given: NDArray[np.bool_]
    """(given, n) truths found by NumPy."""
    noted: NDArray[np.bool_]
    """(noted, n) where a function that sees the alerts has read a NaN, or gave one."""


class Step(NamedTuple):
    """One thing to do. Only the steps of one shape can raise."""

    shape: int
    """Its number, -1 of a compiled loop."""
    run: Callable[[Work], None]


Operand = Callable[[Work], Values]


def steps(shapes: Sequence[Shape], layout: Layout) -> list[Step]:
    """All of them, in an order that works."""
    return _Steps(shapes, layout).all()


class _Steps:
    def __init__(self, shapes: Sequence[Shape], layout: Layout) -> None:
        self._shapes = shapes
        self._layout = layout

    def all(self) -> list[Step]:
        by_phase: dict[int, list[int]] = {}
        for number, phase in self._layout.phases.items():
            by_phase.setdefault(phase, []).append(number)
        found: list[Step] = []
        for phase in sorted(by_phase):
            found += [
                Step(each, self._filling(each))
                for each in by_phase[phase]
                if not self._is_arithmetic(each)
            ]
            operations = [
                self._operation(each) for each in by_phase[phase] if self._is_arithmetic(each)
            ]
            if operations:
                block = np.array(operations, np.int64)
                found.append(Step(-1, partial(_compute, block, self._layout.constants)))
        return found + [
            Step(each, self._giving(place, each)) for place, each in enumerate(self._layout.given)
        ]

    def _is_arithmetic(self, number: int) -> bool:
        shape = self._shapes[number]
        return shape.form not in {Column, Call} and shape.name in ARITHMETIC

    def _operation(self, number: int) -> tuple[int, int, int, int]:
        shape = self._shapes[number]
        operands = [self._layout.operand(each) for each in shape.operands]
        return ARITHMETIC[shape.name], self._layout.rows[number], operands[0], operands[-1]

    def _filling(self, number: int) -> Callable[[Work], None]:
        """A row of values."""
        shape, row = self._shapes[number], self._layout.rows[number]
        if shape.form is Column:
            return partial(_fetch, shape.name, row)
        if number in self._layout.noted:
            return partial(_fill_asked, self._asked(number), row)
        return partial(_fill, *self._called(number), row)

    def _giving(self, place: int, number: int) -> Callable[[Work], None]:
        """A row of given truths."""
        shape = self._shapes[number]
        if number in self._layout.noted:
            return partial(_give_asked, self._asked(number), place)
        if shape.form is Constant:
            return partial(_give, np.asarray, [self._operand(number)], place)
        return partial(_give, *self._called(number), place)

    def _called(self, number: int) -> tuple[Callable[..., Values], list[Operand]]:
        shape = self._shapes[number]
        operands = [self._operand(each) for each in shape.operands]
        if shape.form is Call:
            return FUNCTIONS[shape.name].run, operands
        if shape.form is Membership:
            return partial(_is_among, np.array(shape.values)), operands
        return OPERATORS[shape.name], operands

    def _asked(self, number: int) -> tuple[Callable[[Alerts], Values], int]:
        """A function that sees the alerts, and where what it read is noted."""
        shape = self._shapes[number]
        numbers = [self._shapes[each].values[0] for each in shape.operands]
        function = FUNCTIONS[shape.name]
        assert function.works is Works.ALERTS
        return partial(_ask, function.run, (*shape.values, *numbers)), self._layout.noted[number]

    def _operand(self, number: int) -> Operand:
        shape = self._shapes[number]
        if shape.form is Constant:
            is_float = shape.kind is Kind.NUMBER and isinstance(shape.values[0], float)
            value = np.asarray(shape.values[0], np.float64 if is_float else None)
            return lambda _work: value
        if shape.kind is Kind.TEXT or shape.name in IDENTIFIERS:
            return lambda work: work.table.column(shape.name)
        row = self._layout.rows[number]
        return lambda work: work.values[row]


def _compute(operations: NDArray[np.int64], constants: NDArray[np.float64], work: Work) -> None:
    compute(work.values, constants, operations)


def _fetch(name: str, row: int, work: Work) -> None:
    work.values[row] = work.table.column(name)


def _fill(run: Callable[..., Values], operands: Sequence[Operand], row: int, work: Work) -> None:
    work.values[row] = run(*[each(work) for each in operands])


def _give(run: Callable[..., Values], operands: Sequence[Operand], place: int, work: Work) -> None:
    work.given[place] = run(*[each(work) for each in operands])


def _fill_asked(asked: tuple[Callable[[Alerts], Values], int], row: int, work: Work) -> None:
    ask, noted = asked
    work.values[row] = ask(work.alerts)
    np.logical_or(np.isnan(work.values[row]), work.alerts.unmeasured(), out=work.noted[noted])


def _give_asked(asked: tuple[Callable[[Alerts], Values], int], place: int, work: Work) -> None:
    ask, noted = asked
    work.given[place] = ask(work.alerts)
    work.noted[noted] = work.alerts.unmeasured()


def _ask(run: Callable[..., Values], arguments: tuple[Any, ...], alerts: Alerts) -> Values:
    alerts.forget()
    return run(alerts, *arguments)


def _is_among(among: Values, value: Values) -> Values:
    return np.isin(value, among)
