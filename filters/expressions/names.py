"""The columns as the language knows them: which hold numbers, texts, codes, and identifiers."""

from __future__ import annotations

from filters.expressions.tree import Kind
from schemas.batch import BANDS, COLUMNS, SYSTEMS, AlertBatch

KINDS = {
    name: Kind.TEXT if "str_" in AlertBatch.__annotations__[name] else Kind.NUMBER
    for name in sorted(COLUMNS)
}
"""Of each column's values, by its name."""

CODES = {"band": BANDS, "photometric_system": SYSTEMS}
"""Columns of codes, each an index into these names; they are compared with names alone."""

IDENTIFIERS = ("alert_id",)
"""Columns of int64 that a float64 does not hold; they are compared with whole numbers alone."""

INT64 = range(-(2**63), 2**63)
