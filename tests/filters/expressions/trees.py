"""Random sound trees, and what one is worth on one alert, worked out without columns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from filters.expressions.functions import FUNCTIONS
from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation
from filters.handmade import handmade
from schemas.batch import AlertBatch

Row = Mapping[str, Any]
Trees = st.SearchStrategy[Node]

NUMBERS = (0.0, 1.0, 2.0, -4.0, 0.25, 1e300, np.nan, np.inf, -np.inf)
NAMED = ("magnitude", "age_days", "detections")
BANDS = ("u", "g", "r")
OBJECTS = ("ZTF18a", "it's", "")
ALERT_IDS = (2**62, 2**62 + 1, -1)
VALUES = {"abs": 1, "sqrt": 1, "log10": 1, "exp": 1, "minimum": 2, "maximum": 2}
EXPONENTS = (-8.0, -1.0, -0.5, 0.0, 0.5, 1.5, 2.0, 8.0)

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "&": lambda one, other: one and other,
    "|": lambda one, other: one or other,
    "~": operator.not_,
    "neg": operator.neg,
}


def rows() -> st.SearchStrategy[Row]:
    """One alert's values."""
    return st.fixed_dictionaries(
        {
            "magnitude": st.sampled_from(NUMBERS),
            "age_days": st.sampled_from(NUMBERS),
            "detections": st.sampled_from([0, 1, 7]),
            "band": st.sampled_from(BANDS),
            "object_id": st.sampled_from(OBJECTS),
            "alert_id": st.sampled_from(ALERT_IDS),
        }
    )


def batch_of(alerts: list[Row]) -> AlertBatch:
    """The same alerts as columns."""
    columns: dict[str, Any] = {name: [alert[name] for alert in alerts] for name in alerts[0]}
    return handmade(**columns)


def constants(
    values: tuple[float, ...] = (0.0, 1.0, 0.25, 18.5, -4.0, 1e300),
) -> st.SearchStrategy[Constant]:
    return st.sampled_from(values).map(lambda value: Constant(value, Kind.NUMBER))


def numbers() -> Trees:
    columns = st.sampled_from(NAMED).map(lambda name: Column(name, Kind.NUMBER))
    return st.recursive(constants() | columns, _larger_number, max_leaves=6)


def _larger_number(number: Trees) -> Trees:
    def of(sign: str, *operands: Node) -> Node:
        return Operation(sign, operands, Kind.NUMBER)

    return st.one_of(
        st.builds(of, st.sampled_from(["+", "-", "*", "/", "//", "%"]), number, number),
        st.builds(of, st.just("**"), number, constants(EXPONENTS)),
        number.filter(_is_no_written_number).map(lambda operand: of("neg", operand)),
        st.sampled_from(sorted(VALUES)).flatmap(
            lambda name: st.tuples(*[number] * VALUES[name]).map(
                lambda operands: Call(name, (), operands, Kind.NUMBER)
            )
        ),
    )


def _is_no_written_number(node: Node) -> bool:
    """The reader makes `-2` a constant."""
    return not isinstance(node, Constant) or node.value == 0


def truths() -> Trees:
    """Clauses."""
    return st.recursive(_questions(), _larger_truth, max_leaves=5)


def _truth(sign: str, *operands: Node) -> Node:
    return Operation(sign, operands, Kind.TRUTH)


def _questions() -> Trees:
    signs, equalities = (
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.sampled_from(["==", "!="]),
    )
    texts = st.sampled_from(OBJECTS)
    literals = st.lists(constants().map(lambda node: node.value), min_size=1, max_size=4)
    ids = st.sampled_from(ALERT_IDS).map(lambda value: Constant(value, Kind.NUMBER))
    codes = st.sampled_from([Constant(code, Kind.NUMBER) for code in (0.0, 1.0, 2.0)])
    band, object_id = Column("band", Kind.NUMBER), Column("object_id", Kind.TEXT)
    return st.one_of(
        st.builds(_truth, signs, numbers(), numbers()),
        st.builds(_truth, equalities, st.just(band), codes),
        st.builds(_truth, equalities, st.just(Column("alert_id", Kind.NUMBER)), ids),
        st.builds(
            _truth,
            equalities,
            texts.map(lambda text: Constant(text, Kind.TEXT)),
            st.just(object_id),
        ),
        st.builds(Membership, numbers(), literals.map(tuple)),
        st.builds(Membership, st.just(object_id), st.lists(texts, min_size=1).map(tuple)),
        st.just(Membership(band, (0.0, 2.0))),
        st.just(Membership(Column("alert_id", Kind.NUMBER), ALERT_IDS[1:])),
        numbers().map(lambda node: Call("is_missing", (), (node,), Kind.TRUTH)),
        st.sampled_from([Constant(True, Kind.TRUTH), Constant(False, Kind.TRUTH)]),
    )


def _larger_truth(truth: Trees) -> Trees:
    pairs = st.sampled_from(["&", "|", "==", "!="])
    return st.builds(_truth, pairs, truth, truth) | truth.map(lambda node: _truth("~", node))


def worth(node: Node, row: Row) -> object:
    """The node's value on one alert, by Python's operators on single values."""
    match node:
        case Constant(value=value, kind=kind):
            return np.float64(value) if kind is Kind.NUMBER and isinstance(value, float) else value
        case Column(name=name):
            return _column(name, row)
        case Membership(value=value, among=among):
            found = worth(value, row)
            return any(found == each for each in among)
        case Operation(operator=sign) | Call(function=sign):
            values = [worth(each, row) for each in node.operands]
            return OPERATORS[sign](*values) if sign in OPERATORS else _alone(sign, values)


def _column(name: str, row: Row) -> object:
    if name == "band":
        return "ugrizy".index(row["band"])
    return row[name] if name in {"alert_id", "object_id"} else np.float64(row[name])


def _alone(name: str, values: list[object]) -> object:
    """A function of NumPy's on columns of one row, whose last digits differ from a scalar's."""
    if name == "**":
        return _power(*values)
    return FUNCTIONS[name].run(*(np.array([value]) for value in values))[0]


def _power(base: Any, exponent: Any) -> object:  # noqa: ANN401 - numbers
    """By products and a root, as for whole columns."""
    whole = np.prod([np.float64(1), *[base] * int(abs(exponent))])
    found = whole * np.sqrt(base) if exponent % 1 else whole
    return 1 / found if exponent < 0 else found
