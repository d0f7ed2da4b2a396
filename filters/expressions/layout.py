"""Where each distinct node's values stand while a batch is judged, and in which order they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.expressions.functions import FUNCTIONS, Works
from filters.expressions.names import IDENTIFIERS
from filters.expressions.shared_nodes import Shape
from filters.expressions.tree import Call, Column, Constant, Kind, Membership

Ints = NDArray[np.int64]

ARITHMETIC = {"+": 0, "-": 1, "*": 2, "/": 3, "neg": 4}
"""Operators of the compiled loop, by its code; the others are NumPy's."""

COMPARED = {"<": 0, "<=": 1, ">": 2, ">=": 3, "==": 4, "!=": 5}
"""Comparisons of the compiled loop, by its code."""

EXCHANGED = {"<": ">", "<=": ">=", "==": "==", "!=": "!="}
"""What `constant operator value` is with the value first."""

JOINED = {"&": 0, "|": 1, "~": 2, "!=": 3, "==": 4}
"""Operators of truths, by the compiled loop's code."""


class Bit(NamedTuple):
    """A truth's place: which part of the rows of bits, and where in it."""

    part: int
    at: int


COMPARISONS, PAIRS, GIVEN, JOINS = range(4)
"""The parts, in this order: values with constants, values with values, NumPy's, and joined."""


class Layout:
    """Rows of `values` (float64) for numbers, rows of bits for truths; texts stand nowhere.

    An operand of a compiled loop is a row of values, or ~i for the i-th of `constants`.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        """Of shapes in their order, each after its operands."""
        self._shapes = shapes
        self.rows: dict[int, int] = {}
        """By shape."""
        self.noted: dict[int, int] = {}
        """Of calls that see the alerts, and so may read what is no operand: their order."""
        self.bits: dict[int, Bit] = {}
        """By shape."""
        self.given: list[int] = []
        """Shapes whose truths NumPy finds."""
        self.phases: dict[int, int] = {}
        """Of rows: even ones are the compiled loop's, odd ones NumPy's, 0 also what is read."""
        self._constants: dict[int, int] = {}
        self._comparisons: dict[tuple[int, int, float], int] = {}
        self._pairs: list[tuple[int, int, int]] = []
        self._joins: list[tuple[int, Bit, Bit]] = []
        for number, shape in enumerate(shapes):
            if shape.kind is Kind.TRUTH:
                self.bits[number] = self._truth(number, shape)
            elif shape.kind is Kind.NUMBER and _is_computed(shape):
                self._number(number, shape)

    @property
    def constants(self) -> NDArray[np.float64]:
        """(constants,) of arithmetic and of comparisons without a value."""
        return np.array([self._shapes[each].values[0] for each in self._constants], np.float64)

    @property
    def pairs(self) -> Ints:
        """(pairs, 3): the comparison's code, and its operands."""
        return np.array(self._pairs, np.int64).reshape(-1, 3)

    def compared(self) -> tuple[Ints, NDArray[np.float64], Ints]:
        """Comparisons with constants: groups, constants, and where each comparison went.

        groups (groups, 4): row of values, the comparison's code, its first constant and last + 1.
        The constants rise within a group.
        """
        keys = np.array([*self._comparisons], np.float64).reshape(-1, 3)
        order = np.lexsort(keys.T[::-1])
        rows, codes, constants = keys[order].T
        first = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(codes, prepend=-1) != 0))
        ends = np.append(first[1:], len(order))
        groups = np.stack([rows[first], codes[first], first, ends[: len(first)]], axis=1)
        return groups.astype(np.int64), constants.copy(), np.argsort(order)

    def joins(self, places: Sequence[Ints]) -> Ints:
        """(joined, 3): the operator's code and the rows of bits that it joins."""
        found = [
            (how, places[left.part][left.at], places[right.part][right.at])
            for how, left, right in self._joins
        ]
        return np.array(found, np.int64).reshape(-1, 3)

    def places(self, moved: Ints) -> list[Ints]:
        """By part the rows of bits of what stands in it; `moved` as `compared` says."""
        sizes = [len(moved), len(self._pairs), len(self.given), len(self._joins)]
        begins = np.cumsum([0, *sizes])
        return [moved, *(np.arange(*begins[part : part + 2]) for part in (PAIRS, GIVEN, JOINS))]

    def operand(self, number: int) -> int:
        """A row of values, or ~i for the i-th constant."""
        if self._shapes[number].form is Constant:
            return ~self._constants.setdefault(number, len(self._constants))
        return self.rows[number]

    def _number(self, number: int, shape: Shape) -> None:
        if shape.form is Call and FUNCTIONS[shape.name].works is Works.ALERTS:
            self.noted[number] = len(self.noted)
        elif shape.form is not Column:
            for each in shape.operands:
                self.operand(each)
        self.phases[number] = self._phase(number, shape)
        self.rows[number] = len(self.rows)

    def _phase(self, number: int, shape: Shape) -> int:
        if shape.form is Column or number in self.noted:
            return 0
        latest = max(self.phases.get(each, 0) for each in shape.operands)
        if shape.form is not Call and shape.name in ARITHMETIC:
            return latest + latest % 2
        # Later than every other of NumPy's that it needs: those of a phase are called at once.
        return latest + 1 + latest % 2

    def _truth(self, number: int, shape: Shape) -> Bit:
        if shape.form is Call and FUNCTIONS[shape.name].works is Works.ALERTS:
            self.noted[number] = len(self.noted)
        if shape.form in {Constant, Column, Call} or self._is_exact(shape):
            return self._give(number)
        if shape.form is Membership:
            return self._among(number, shape)
        if self._shapes[shape.operands[0]].kind is Kind.TRUTH:
            operands = [self.bits[each] for each in shape.operands]
            return self._join(JOINED[shape.name], operands[0], operands[-1])
        return self._comparison(shape)

    def _is_exact(self, shape: Shape) -> bool:
        operands = [self._shapes[each] for each in shape.operands]
        return any(
            each.kind is Kind.TEXT or (each.form is Column and each.name in IDENTIFIERS)
            for each in operands
        )

    def _give(self, number: int) -> Bit:
        self.given.append(number)
        return Bit(GIVEN, len(self.given) - 1)

    def _join(self, how: int, left: Bit, right: Bit) -> Bit:
        self._joins.append((how, left, right))
        return Bit(JOINS, len(self._joins) - 1)

    def _among(self, number: int, shape: Shape) -> Bit:
        value = shape.operands[0]
        if self._shapes[value].form is Constant:
            return self._give(number)
        found, *others = (self._compare(value, "==", each) for each in shape.values)
        for other in others:
            found = self._join(JOINED["|"], found, other)
        return found

    def _comparison(self, shape: Shape) -> Bit:
        left, right = (self._shapes[each] for each in shape.operands)
        if right.form is Constant and left.form is not Constant:
            return self._compare(shape.operands[0], shape.name, right.values[0])
        if left.form is Constant and right.form is not Constant:
            return self._compare(shape.operands[1], EXCHANGED[shape.name], left.values[0])
        first, second = (self.operand(each) for each in shape.operands)
        self._pairs.append((COMPARED[shape.name], first, second))
        return Bit(PAIRS, len(self._pairs) - 1)

    def _compare(self, value: int, operator: str, constant: float | str) -> Bit:
        key = (self.rows[value], COMPARED[operator], float(constant))
        return Bit(COMPARISONS, self._comparisons.setdefault(key, len(self._comparisons)))


def _is_computed(shape: Shape) -> bool:
    """A number that stands in `values`: constants need not, identifiers would not fit."""
    return shape.form is not Constant and shape.name not in IDENTIFIERS
