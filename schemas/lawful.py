"""A writer schema as the strictest Avro readers take it.

ZTF's own schema gives 105 fields a default that Avro forbids: null, where float comes first.
Some readers forgive that, others (Go's and JavaScript's) refuse the whole file. What a writer's
schema says beside the types means nothing to who reads what was written with it, so what is
unlawful there is left out, and the bytes of a record stay as they are.

The rules are those of the Avro 1.12 specification: "Complex Types", "Names", "Logical Types".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from schemas.avro import NAMED, Json, is_one_of

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
ORDERS: Final = ("ascending", "descending", "ignore")
DEPTH_MAX: Final = 100
"""Levels of a default; what goes deeper is taken for unlawful."""
LOGICAL: Final = {
    "date": "int",
    "time-millis": "int",
    "time-micros": "long",
    "timestamp-millis": "long",
    "timestamp-micros": "long",
    "timestamp-nanos": "long",
    "local-timestamp-millis": "long",
    "local-timestamp-micros": "long",
    "local-timestamp-nanos": "long",
}
"""The only type that each may stand on. Names that Avro does not know mean nothing to it."""


def lawful(schema: Json) -> Json:
    """The same types without attributes that Avro forbids; a new object.

    Left out are a default that is no value of its type (of a union: of its first branch), aliases
    that are no names, an order that is none, and a logical type that its type cannot bear.
    """
    return _Copy().type_of(schema, "")


class _Copy:
    """One schema's copy, and the named types that it has defined so far, each by its full name."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Json, str]] = {}
        self._depth = 0

    def type_of(self, schema: Json, namespace: str) -> Json:
        if isinstance(schema, list):
            return [self.type_of(branch, namespace) for branch in schema]
        if not isinstance(schema, dict):
            return schema
        namespace = self._define(schema, namespace)
        copy = _without_wrong(schema, aliases=_are_names, logicalType=_bears(schema))
        for key in ("type", "items", "values"):
            if isinstance(copy.get(key), dict | list):
                copy[key] = self.type_of(copy[key], namespace)
        if "fields" in copy:
            copy["fields"] = [self._field(each, namespace) for each in copy["fields"]]
        if "default" in copy and copy["default"] not in copy.get("symbols", ()):
            del copy["default"]
        return copy

    def _field(self, field: Json, namespace: str) -> Json:
        copy = _without_wrong(field, aliases=_are_names, order=ORDERS.__contains__)
        copy["type"] = self.type_of(field["type"], namespace)
        if "default" in copy and not self._fits(copy["type"], copy["default"], namespace):
            del copy["default"]
        return copy

    def _define(self, schema: Json, namespace: str) -> str:
        """Remember a named type; the namespace within it."""
        if not is_one_of(schema.get("type"), NAMED):
            return namespace
        full = _full(schema["name"], schema.get("namespace") or namespace)
        namespace = full.rpartition(".")[0]
        self._named[full] = (schema, namespace)
        return namespace

    def _fits(self, kind: Json, value: Json, namespace: str) -> bool:
        """Whether a JSON value is one of a type, as Avro writes defaults."""
        if isinstance(kind, list):
            kind = kind[0] if kind else None
        if isinstance(kind, str) and kind in FITS:
            return FITS[kind](value)
        if isinstance(kind, str):
            kind, namespace = self._named.get(_full(kind, namespace), (None, ""))
        # A record may be its own default, which nobody could write down.
        if not isinstance(kind, dict) or self._depth == DEPTH_MAX:
            return False
        self._depth += 1
        try:
            return self._fits_complex(kind, value, namespace)
        finally:
            self._depth -= 1

    def _fits_complex(self, kind: Json, value: Json, namespace: str) -> bool:
        match kind.get("type"):
            case "record" | "error":
                return isinstance(value, dict) and self._fits_record(kind, value, namespace)
            case "enum":
                return value in kind.get("symbols", ())
            case "fixed":
                return _is_bytes(value) and len(value) == kind.get("size")
            case "array":
                held = value if isinstance(value, list) else None
                return held is not None and self._all_fit(kind["items"], held, namespace)
            case "map":
                held = list(value.values()) if isinstance(value, dict) else None
                return held is not None and self._all_fit(kind["values"], held, namespace)
            case inner:
                return self._fits(inner, value, namespace)

    def _fits_record(self, kind: Json, value: dict[str, Json], namespace: str) -> bool:
        """Whether each field has a value or a default that fits, and there is no more."""
        inner = _full(kind["name"], kind.get("namespace") or namespace).rpartition(".")[0]
        fields = {each["name"]: each for each in kind["fields"]}
        held = {**{n: each["default"] for n, each in fields.items() if "default" in each}, **value}
        return held.keys() == fields.keys() and all(
            self._fits(fields[name]["type"], one, inner) for name, one in held.items()
        )

    def _all_fit(self, kind: Json, values: list[Json], namespace: str) -> bool:
        return all(self._fits(kind, value, namespace) for value in values)


def _without_wrong(schema: dict[str, Json], **lawful: Callable[[Json], bool]) -> dict[str, Json]:
    """A copy without those of the named attributes that are not lawful."""
    return {key: value for key, value in schema.items() if key not in lawful or lawful[key](value)}


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Json, bits: int) -> bool:
    return type(value) is int and -(1 << bits) <= value < 1 << bits


def _is_bytes(value: Json) -> bool:
    """Whether it is text as JSON holds bytes: a character for each, up to 255."""
    return isinstance(value, str) and all(ord(character) < 256 for character in value)


FITS: Final[dict[str, Callable[[Json], bool]]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "int": lambda value: _is_whole(value, 31),
    "long": lambda value: _is_whole(value, 63),
    "float": _is_number,
    "double": _is_number,
    "string": lambda value: isinstance(value, str),
    "bytes": _is_bytes,
}
"""Whether a JSON value is one of a primitive type, as Avro writes defaults."""


def _are_names(value: Json) -> bool:
    named = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return named and all(NAME.fullmatch(each) for each in value)


def _bears(schema: dict[str, Json]) -> Callable[[Json], bool]:
    """Whether a type can bear a logical type of that name."""
    kind, size = schema.get("type"), schema.get("size")

    def bears(name: Json) -> bool:
        match name:
            case "decimal":
                return kind in ("bytes", "fixed") and _is_decimal(schema)
            case "uuid":
                return kind == "string" or (kind == "fixed" and size == 16)
            case "duration":
                return kind == "fixed" and size == 12
        return isinstance(name, str) and LOGICAL.get(name, kind) == kind

    return bears


def _is_decimal(schema: dict[str, Json]) -> bool:
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    return type(precision) is int and type(scale) is int and 0 <= scale <= precision > 0


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
