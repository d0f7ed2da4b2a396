"""Avro's types that hold no others: primitive ones, enums and fixed."""

from __future__ import annotations

from typing import NamedTuple

from schemas.avro import Json
from schemas.errors import SchemaError

FIXED_BYTES = {"boolean": 1, "float": 4, "double": 8}
VARINTS = frozenset({"int", "long", "enum"})
TEXTS = frozenset({"string", "bytes"})
KINDS = frozenset({*FIXED_BYTES, *VARINTS, *TEXTS, "fixed"})
NO_NUMBERS: dict[str, set[str]] = {
    "decimal": {"bytes", "fixed"},
    "duration": {"fixed"},
    "date": {"int"},
    "time-millis": {"int"},
    "time-micros": {"long"},
    "timestamp-millis": {"long"},
    "timestamp-micros": {"long"},
    "local-timestamp-millis": {"long"},
    "local-timestamp-micros": {"long"},
}
"""Logical types, and what they stand on: the number on the wire is not what the field says."""


class Simple(NamedTuple):
    """A type without types in it."""

    kind: str
    """As it lies on the wire."""
    label: str
    """The logical type, where the kind says something else; otherwise the kind."""
    size: int
    """Bytes, of what has a fixed width."""
    symbols: tuple[str, ...]
    """Of an enum."""


def simple(schema: Json, path: str) -> Simple | None:
    """A type that holds no other, null and references left out. Raises SchemaError."""
    whole = schema if isinstance(schema, dict) else {"type": schema}
    kind = whole.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    size = _fixed_size(whole, path) if kind == "fixed" else FIXED_BYTES.get(kind, 0)
    logical = whole.get("logicalType")
    other = isinstance(logical, str) and kind in NO_NUMBERS.get(logical, ())
    symbols = whole.get("symbols", ()) if kind == "enum" else ()
    return Simple(kind, str(logical) if other else kind, size, tuple(map(str, symbols)))


def _fixed_size(schema: dict[str, Json], path: str) -> int:
    size = schema.get("size")
    if not isinstance(size, int) or not 0 <= size < 2**31:
        raise SchemaError(f"{path} is of a fixed type without a size")
    return size
