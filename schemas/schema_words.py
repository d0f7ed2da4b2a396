"""Records of a schema written as words, NAME:TYPE, as long ones are best read.

`?` behind a type makes it nullable with null as its default, `?!` nullable without one.
"""

from __future__ import annotations

from typing import Any

_LOGICAL = {"time": {"logicalType": "timestamp-micros", "type": "long"}}


def record(name: str, namespace: str, words: str) -> dict[str, Any]:
    """The record of these fields, as JSON's own types."""
    fields = [_field(word) for word in words.split()]
    return {"type": "record", "name": name, "namespace": namespace, "fields": fields}


def nullable(name: str, kind: object) -> dict[str, Any]:
    """A field that may be null, and is where nothing is said."""
    return {"name": name, "type": ["null", kind], "default": None}


def names(words: str) -> tuple[str, ...]:
    """The fields' names, in their order."""
    return tuple(word.split(":")[0] for word in words.split())


def _field(word: str) -> dict[str, Any]:
    name, kind = word.split(":")
    plain: Any = kind.rstrip("?!")
    plain = _LOGICAL.get(plain, plain)
    if kind.endswith("?"):
        return nullable(name, plain)
    if kind.endswith("?!"):
        return {"name": name, "type": ["null", plain]}
    return {"name": name, "type": plain}
