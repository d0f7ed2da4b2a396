"""The columns as the language knows them: which hold numbers, texts, codes, and identifiers."""

from __future__ import annotations

from filters.expressions.tree import Kind
from schemas.columns import COLUMNS, IDENTIFIER, TEXT

KINDS = {
    name: Kind.TEXT if column.kind is TEXT else Kind.NUMBER
    for name, column in sorted(COLUMNS.items())
}
"""Of each column's values, by its name."""

IDENTIFIERS = tuple(name for name, column in COLUMNS.items() if column.kind is IDENTIFIER)
"""Columns of int64 that a float64 does not hold; they are compared with whole numbers alone."""

INT64 = range(-(2**63), 2**63)
