"""What many expressions have in common: each distinct node once, after its operands."""

from __future__ import annotations

from typing import Any, NamedTuple

from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation

MIRRORED = {">": "<", ">=": "<="}
"""Comparisons that are written as another with its operands exchanged."""

COMMUTATIVE = frozenset({"+", "*", "==", "!=", "&", "|"})
"""Operators whose operands may be exchanged: to IEEE 754 too, and to NumPy's NaN."""


class Shape(NamedTuple):
    """A node whose operands are numbers of other shapes."""

    form: type[Node]
    name: str
    """The column's, the operator or the function's; empty for the others."""
    values: tuple[float | str, ...]
    """A constant's value, a membership's literals, a call's names in quotes."""
    operands: tuple[int, ...]
    kind: Kind


class SharedNodes:
    """Numbers nodes so that equal ones get one number; operands have smaller numbers."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._numbers: dict[tuple[Any, ...], int] = {}

    def number(self, node: Node) -> int:
        """The node's number; what mirrors or exchanges operands without effect is the same."""
        if isinstance(node, Operation):
            return self._operation(node)
        if isinstance(node, Column):
            return self._put(Column, node.name, (), (), node.kind)
        if isinstance(node, Constant):
            return self._put(Constant, "", (node.value,), (), node.kind)
        if isinstance(node, Membership):
            return self._put(Membership, "", node.among, (self.number(node.value),), node.kind)
        operands = tuple(self.number(each) for each in node.operands)
        return self._put(Call, node.function, node.names, operands, node.kind)

    def _operation(self, node: Operation) -> int:
        operands = tuple(self.number(each) for each in node.operands)
        operator = node.operator
        if operator in MIRRORED:
            operator, operands = MIRRORED[operator], operands[::-1]
        elif operator in COMMUTATIVE:
            operands = tuple(sorted(operands))
        return self._put(Operation, operator, (), operands, node.kind)

    def _put(
        self,
        form: type[Node],
        name: str,
        values: tuple[float | str, ...],
        operands: tuple[int, ...],
        kind: Kind,
    ) -> int:
        # As texts, since True, 1 and 1.0 are equal, and 0.0 and -0.0.
        key = (form, name, repr(values) if values else "", operands, kind)
        found = self._numbers.setdefault(key, len(self.shapes))
        if found == len(self.shapes):
            self.shapes.append(Shape(form, name, values, operands, kind))
        return found
