"""What is done in NumPy for a batch, before the compiled loops turn numbers into bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from filters.expressions.compiled import compute
from filters.expressions.evaluation import OPERATORS
from filters.expressions.functions import FUNCTIONS, Works
from filters.expressions.layout import ARITHMETIC, Layout
from filters.expressions.names import IDENTIFIERS
from filters.expressions.shared_nodes import Shape
from filters.expressions.tree import Call, Column, Constant, Kind, Membership

Values = NDArray[Any]
Rows = NDArray[np.int64]


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
    """One thing to do. Only a step of some shapes can raise."""

    shapes: tuple[int, ...]
    """Their numbers; none of a compiled loop."""
    run: Callable[[Work], None]


Operand = Callable[[Work], Values]


def steps(shapes: Sequence[Shape], layout: Layout) -> list[Step]:
    return [*_Steps(shapes, layout).all()]


class _Steps:
    def __init__(self, shapes: Sequence[Shape], layout: Layout) -> None:
        self._shapes = shapes
        self._layout = layout

    def all(self) -> Iterator[Step]:
        by_phase: dict[int, list[int]] = {}
        for number, phase in self._layout.phases.items():
            by_phase.setdefault(phase, []).append(number)
        for phase in sorted(by_phase):
            operations = [each for each in by_phase[phase] if self._is_arithmetic(each)]
            others = [each for each in by_phase[phase] if not self._is_arithmetic(each)]
            yield from self._filling(others)
            if operations:
                block = np.array([self._operation(each) for each in operations], np.int64)
                yield Step((), partial(_compute, block, self._layout.constants))
        for place, number in enumerate(self._layout.given):
            yield Step((number,), self._giving(place, number))

    def _is_arithmetic(self, number: int) -> bool:
        shape = self._shapes[number]
        return shape.form not in {Column, Call} and shape.name in ARITHMETIC

    def _operation(self, number: int) -> tuple[int, int, int, int]:
        shape = self._shapes[number]
        operands = [self._layout.operand(each) for each in shape.operands]
        return ARITHMETIC[shape.name], self._layout.rows[number], operands[0], operands[-1]

    def _filling(self, numbers: Sequence[int]) -> Iterator[Step]:
        """Rows of values that do not need one another; what is alike is called once for all."""
        alike: dict[tuple[Any, ...], list[int]] = {}
        for number in numbers:
            alike.setdefault(self._likeness(number), []).append(number)
        for found in alike.values():
            if len(found) > 1:
                yield Step(tuple(found), partial(_fill_rows, *self._called_at_once(found)))
            else:
                yield Step((found[0],), self._filling_one(found[0]))

    def _likeness(self, number: int) -> tuple[Any, ...]:
        """Equal of two shapes that one call on values (k, n) can work out."""
        shape = self._shapes[number]
        # A power takes one exponent.
        if shape.form is Column or number in self._layout.noted or shape.name == "**":
            return (number,)
        return (shape.name, *(self._shapes[each].form is Constant for each in shape.operands))

    def _filling_one(self, number: int) -> Callable[[Work], None]:
        shape, row = self._shapes[number], self._layout.rows[number]
        if shape.form is Column:
            return partial(_fetch, shape.name, row)
        if number in self._layout.noted:
            return partial(_fill_asked, self._asked(number), row)
        return partial(_fill, *self._called(number), row)

    def _called_at_once(
        self, numbers: Sequence[int]
    ) -> tuple[Callable[..., Values], list[Operand], Rows]:
        shapes = [self._shapes[each] for each in numbers]
        columns = zip(*(shape.operands for shape in shapes), strict=True)
        run = FUNCTIONS[shapes[0].name].run if shapes[0].form is Call else OPERATORS[shapes[0].name]
        return run, [*map(self._stacked, columns)], self._rows(numbers)

    def _stacked(self, numbers: tuple[int, ...]) -> Operand:
        """The same operand of several shapes: (k, 1) of constants, (n,) of one, or (k, n)."""
        if self._shapes[numbers[0]].form is Constant:
            found = np.array([self._shapes[each].values for each in numbers], np.float64)
            return lambda _work: found
        if len(set(numbers)) == 1:
            return self._operand(numbers[0])
        rows = self._rows(numbers)
        return lambda work: work.values[rows]

    def _rows(self, numbers: Sequence[int]) -> Rows:
        return np.array([self._layout.rows[each] for each in numbers], np.int64)

    def _giving(self, place: int, number: int) -> Callable[[Work], None]:
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
        if shape.kind is Kind.TEXT and shape.form is Call:
            return partial(_asked_text, FUNCTIONS[shape.name].run, shape.values)
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


def _fill_rows(
    run: Callable[..., Values], operands: Sequence[Operand], rows: Rows, work: Work
) -> None:
    work.values[rows] = run(*[each(work) for each in operands])


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


def _asked_text(run: Callable[..., Values], names: tuple[Any, ...], work: Work) -> Values:
    return run(work.alerts, *names)


def _is_among(among: Values, value: Values) -> Values:
    return np.isin(value, among)
