"""What is said where an expression is wrong: what it seems to mean, and how that is written."""

from __future__ import annotations

import ast

from filters.alerts import WHOLES
from filters.expressions.functions import FUNCTIONS
from filters.expressions.names import KINDS
from filters.expressions.tree import Kind
from schemas.columns import CODES
from schemas.suggestion import nearest

CONSTRUCTS: dict[type[ast.expr], str] = {
    ast.BoolOp: "'and' and 'or' are not part of the language; use (…) & (…), (…) | (…)",
    ast.Tuple: "a list stands after 'in' alone",
    ast.List: "a list stands after 'in' alone",
    ast.Set: "a list stands after 'in' alone",
    ast.Attribute: "attributes (x.y) are not part of the language",
    ast.Subscript: "subscripts (x[y]) are not part of the language",
    ast.Starred: "'*' before an argument is not part of the language",
}
"""What the language lacks, where there is more to say than that."""

MISSING = "; whether a value is missing is asked by is_missing(x)"
ABSENT = {
    "nan": MISSING,
    "null": MISSING,
    "missing": MISSING,
    "inf": "; a distance where nothing was found is above every number",
    "true": "; did you mean 'True'?",
    "false": "; did you mean 'False'?",
}
"""By the name in small letters."""


def kind(found: Kind, wanted: Kind) -> str:
    """Of a whole expression that is of another kind than is asked for."""
    if wanted is Kind.TRUTH:
        return f"a clause is true or false, this is a {found}; compare it"
    return f"here a {wanted} is asked for, this is a {found}"


def construct(parsed: ast.expr) -> str:
    """Of a kind of expression that the language does not have."""
    called = type(parsed).__name__
    return CONSTRUCTS.get(type(parsed), f"{called} is not part of the language")


def constant(value: object) -> str:
    """Of a literal that is no number, truth or text."""
    if value is None:
        return f"None is not part of the language{MISSING}"
    return f"a literal of type {type(value).__name__} is not part of the language"


def operator(parsed: ast.operator) -> str:
    """Of an operator that the language does not have."""
    return f"the operator {type(parsed).__name__} is not part of the language"


def name(wrong: str) -> str:
    """Of a name that is no column."""
    if wrong in FUNCTIONS:
        return f"{wrong!r} is a function: {FUNCTIONS[wrong].signature}"
    if wrong in WHOLES:
        return f"{wrong!r} is no column of one value a row; filters in Python read it"
    hint = ABSENT.get(wrong.lower()) or nearest(wrong, KINDS)
    return f"there is no column {wrong!r}{hint}"


def function(wrong: str) -> str:
    """Of a name that is called and is no function."""
    if wrong in KINDS:
        return f"{wrong!r} is a column, and columns are not called"
    return f"there is no function {wrong!r}{nearest(wrong, FUNCTIONS)}"


def only_compared(column: str) -> str:
    """Of a code or an identifier that is used as a number."""
    if column not in CODES:
        return f"'{column}' is compared by '==', '!=' and 'in' with whole numbers (int64) alone"
    example = CODES[column][1]
    return (
        f"'{column}' is compared with names alone: {column} == \"{example}\", or by '!=' and 'in'"
    )


def binds_tighter(symbol: str) -> str:
    """Of `a > 1 & b < 2`, which Python reads as `a > (1 & b) < 2`."""
    example = f"(a > 1) {symbol} (b < 2)" if symbol != "~" else "~(a > 1)"
    return (
        f"'{symbol}' joins truths and binds tighter than a comparison; "
        f"put brackets around each: {example}"
    )
