"""A tree as text again: what a refusal's reader is shown of a value."""

from __future__ import annotations

from filters.expressions.names import CODES
from filters.expressions.tree import Call, Column, Constant, Membership, Node, Operation


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
    """One side of an operator; a code is written as its name."""
    return _beside(other, node.value) if isinstance(node, Constant) else _within(node)


def _beside(other: Node, value: float | int | bool | str) -> str:
    names = CODES.get(other.name) if isinstance(other, Column) else None
    return _literal(names[int(value)] if names else value)


def _literal(value: float | int | bool | str) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return f"{value:.0f}" if isinstance(value, float) and value % 1 == 0 else repr(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
