"""What an expression is once it was read and found sound: a small typed tree, and no more.

Every number is a float64: integer columns and float32 scores are widened before anything is done
with them. The codes among the columns (`band`, `photometric_system`) and `alert_id`, whose digits
a float64 does not hold, are only ever compared: `==`, `!=` or Membership, with constants.
No operation or function makes a number or a text of a truth.
"""

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
    """A finite number (a band's name beside `band` is its code), True or False, or a text.

    A float, but an int beside `alert_id`.
    """

    value: float | int | bool | str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A plain column of the alerts (filters.alerts.COLUMNS)."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of FIXED arity: `+ - * / // % **`, `< <= > >= == !=`, `& | ~`, unary `-`.

    `-` of one operand is written "neg". The second operand of `**` is a Constant, whole or half
    and small (limits.EXPONENT_MAX). `a < b < c` is the `&` of both. `==` and `!=` compare two of
    one kind, whichever it is; the other comparisons compare numbers.
    """

    operator: str
    operands: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Membership:
    """`value in (…)`; `not in` is "~" of it. All of `among` are of the value's kind."""

    value: Node
    among: tuple[float | int | str, ...]

    @property
    def kind(self) -> Kind:
        """Always a truth."""
        return Kind.TRUTH


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the list (functions.FUNCTIONS). `names` are its arguments in quotes."""

    function: str
    names: tuple[str, ...]
    operands: tuple[Node, ...]
    kind: Kind


Node = Constant | Column | Operation | Membership | Call
