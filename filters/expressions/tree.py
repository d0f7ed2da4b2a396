"""What an expression is once it was read and found sound: a small typed tree, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an expression's values are."""

    NUMBER = "number"
    TRUTH = "truth"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Constant:
    """A number (a band's name beside `band` is its code), True or False, or a text."""

    value: float | bool | str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A plain column of the alerts (filters.alerts.COLUMNS)."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of FIXED arity: `+ - * / // % **`, `< <= > >= == !=`, `& | ~`, unary `-`.

    `-` of one operand is written "neg".
    """

    operator: str
    operands: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Membership:
    """`value in (…)`; `not in` is "~" of it."""

    value: Node
    among: tuple[float | str, ...]

    @property
    def kind(self) -> Kind:
        """Always a truth."""
        return Kind.TRUTH


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the list (functions.py). `names` are its arguments that are names in quotes."""

    function: str
    names: tuple[str, ...]
    operands: tuple[Node, ...]
    kind: Kind


Node = Constant | Column | Operation | Membership | Call
