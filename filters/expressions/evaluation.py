"""What a tree is worth on a batch, node by node: the plain way that a faster one must match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from filters.expressions.functions import FUNCTIONS, Works
from filters.expressions.names import IDENTIFIERS
from filters.expressions.text import written
from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation

Values = NDArray[Any]


def power(base: Values, exponent: Values) -> Values:
    """A power whose exponent is one whole or half number, by products and a root.

    NumPy's own takes other ways for one value than for many, and the last digit shows which: how a
    stream was cut into batches would decide an alert.
    """
    wanted = float(np.ravel(exponent)[0])
    found = np.ones_like(base)
    for _ in range(int(abs(wanted))):
        found = found * base
    if wanted % 1:
        found = found * np.sqrt(base)
    return 1 / found if wanted < 0 else found


OPERATORS: dict[str, Callable[..., Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": power,
    "neg": np.negative,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "&": np.logical_and,
    "|": np.logical_or,
    "~": np.logical_not,
}
"""NumPy's own meaning of each, on float64, bool and text."""


def evaluate(node: Node, alerts: Alerts) -> Values:
    """A tree's values on a batch, (n,): bool of a clause, float64 of a number.

    Every column and every function's result is noted in `alerts`, so that a row refused at a NaN
    among them is unknown. NaN and infinity are NumPy's: a comparison with NaN is false, `!=` true.
    Raises FilterError for a classifier, region or watchlist that there is not.
    """
    with np.errstate(all="ignore"):
        values = _worth(node, alerts)
    return np.broadcast_to(values, (len(alerts),))


def _worth(node: Node, alerts: Alerts) -> Values:
    match node:
        case Constant(value=value, kind=kind):
            return np.asarray(value, dtype=np.float64 if _is_float(value, kind) else None)
        case Column(name=name, kind=kind):
            column: Values = getattr(alerts, name)
            is_number = kind is Kind.NUMBER and name not in IDENTIFIERS
            return column.astype(np.float64, copy=False) if is_number else column
        case Operation(operator=operator, operands=operands):
            return OPERATORS[operator](*(_worth(each, alerts) for each in operands))
        case Membership(value=value, among=among):
            return np.isin(_worth(value, alerts), np.array(among))
        case Call():
            return _called(node, alerts)


def _is_float(value: object, kind: Kind) -> bool:
    """A number; an int is one beside an identifier."""
    return kind is Kind.NUMBER and isinstance(value, float)


def _called(node: Call, alerts: Alerts) -> Values:
    function = FUNCTIONS[node.function]
    if function.works is Works.VALUES:
        found = function.run(*(_worth(each, alerts) for each in node.operands))
    else:
        numbers = [each.value for each in node.operands if isinstance(each, Constant)]
        found = function.run(alerts, *node.names, *numbers)
    values: Values = np.asarray(found)
    name = written(node)
    # Some functions note their result themselves.
    if all(each.name != name and each.values is not found for each in alerts.readings):
        # A constant's function is worth one value; a reading has one a row.
        alerts.derived(np.broadcast_to(values, (len(alerts),)), name)
    return values
