"""A tree as text again: what a refusal's reader is shown of a value."""

from __future__ import annotations

from filters.expressions.tree import Call, Column, Constant, Membership, Node, Operation
from schemas.columns import CODES

WHOLE_MAX = 1e15
"""From here on a whole number is written with an exponent."""


def written(node: Node) -> str:
    """The expression, every operation within another in brackets; `read` makes the same tree."""
    match node:
        case Column(name=name):
            return name
        case Constant(value=value):
            return _literal(value)
        case Call(function=function, names=names, operands=operands):
            return f"{function}({', '.join([*map(_quoted, names), *map(written, operands)])})"
        case Membership(value=value, among=among):
            literals = [_beside(value, each) for each in among]
            return f"{_within(value)} in ({', '.join(literals)}{',' * (len(literals) == 1)})"
        case Operation():
            return _operation(node)


def _operation(node: Operation) -> str:
    if len(node.operands) == 1:
        return f"{'-' if node.operator == 'neg' else node.operator}{_within(node.operands[0])}"
    left, right = node.operands
    return f"{_side(left, right)} {node.operator} {_side(right, left)}"


def _within(node: Node) -> str:
    """In brackets where it has parts that an operator beside it could take."""
    is_whole = isinstance(node, Column | Call) or (
        isinstance(node, Constant) and not written(node).startswith("-")
    )
    return written(node) if is_whole else f"({written(node)})"


def _side(node: Node, other: Node) -> str:
    """One side of an operator; beside a column of codes a code is written as its name."""
    if isinstance(node, Constant) and isinstance(other, Column) and other.name in CODES:
        return _beside(other, node.value)
    return _within(node)


def _beside(other: Node, value: float | int | bool | str) -> str:
    names = CODES.get(other.name) if isinstance(other, Column) else None
    return _literal(names[int(value)] if names else value)


def _literal(value: float | int | bool | str) -> str:
    if isinstance(value, str):
        return _quoted(value)
    is_whole = isinstance(value, float) and value % 1 == 0 and abs(value) < WHOLE_MAX
    return f"{value:.0f}" if is_whole else repr(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
