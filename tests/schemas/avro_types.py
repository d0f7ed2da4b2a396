"""Avro types of every lawful form, drawn from a seed, with values; and an encoder for them.

The encoder is a second one, beside fastavro's: it also writes what that never does, as arrays in
several blocks, with their sizes or without. Apache Avro 1.12 specification.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from numpy.random import Generator

from schemas.wire import long_bytes

Json = Any
Value = Any
Draw = Callable[[], Value]
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL = (
    ("int", "date"),
    ("long", "time-micros"),
    ("long", "timestamp-millis"),
    ("long", "timestamp-micros"),
    ("long", "timestamp-nanos"),
    ("long", "local-timestamp-micros"),
    ("double", "date"),
    ("bytes", "decimal"),
    ("string", "unheard-of"),
)
MEMBERS_MAX = 4
DEPTH_MAX = 4


class Branch(NamedTuple):
    """A value of a union, with the branch that it is of: its number, or its type's name."""

    pick: int | str
    value: Value


class Kind(NamedTuple):
    """A type, and what draws values of it."""

    schema: Json
    draw: Draw


class Types:
    """Draws types; the names of one object's types differ, and some refer to earlier ones."""

    def __init__(self, rng: Generator) -> None:
        """Nothing is defined yet."""
        self.rng = rng
        self._names = 0
        self._defined: list[tuple[str, Draw]] = []

    def drawn(self, depth: int = 0) -> Kind:
        """A type of any form."""
        forms = [self._primitive, self._logical, self._enum, self._fixed, self._reference]
        if depth < DEPTH_MAX:
            forms += [
                lambda: self._array(depth),
                lambda: self._map(depth),
                lambda: self._union(depth),
                lambda: self._record(depth),
                self._tree,
            ]
        return forms[int(self.rng.integers(len(forms)))]()

    def _below(self, end: int) -> int:
        return int(self.rng.integers(end))

    def _primitive(self) -> Kind:
        name = PRIMITIVES[self._below(len(PRIMITIVES))]
        written: Json = name if self._below(2) else {"type": name, "unheard-of": [1, {"a": None}]}
        return Kind(written, lambda: self.value(name))

    def value(self, name: str) -> Value:
        """A value of a primitive type."""
        rng = self.rng
        if name in {"int", "long"}:
            bits = int(rng.integers(1, 31 if name == "int" else 63))
            return int(rng.integers(-(2**bits), 2**bits))
        if name in {"float", "double"}:
            return float(rng.normal(0, 10.0 ** rng.integers(-5, 6)))
        if name == "bytes":
            return rng.bytes(self._below(30))
        texts = ("", "a", "blåbær", "null", "x" * 100)
        return {"null": None, "boolean": bool(rng.integers(2))}.get(name, texts[self._below(5)])

    def _logical(self) -> Kind:
        base, name = LOGICAL[self._below(len(LOGICAL))]
        schema = {"type": base, "logicalType": name, "precision": 9, "scale": 2}
        if base == "string":
            return Kind(schema, lambda: self.value("string"))
        if base == "bytes":
            return Kind(schema, lambda: self.rng.bytes(3))
        if base == "double":
            return Kind(schema, lambda: self.value("double"))
        return Kind(schema, lambda: self._below(20_000))

    def _named(self, kind: str) -> dict[str, Json]:
        """A new name, written in one of the ways that there are."""
        self._names += 1
        name, space = f"drawn{self._names}", ("", "one", "two.three")[self._below(3)]
        full = f"{space}.{name}" if space else name
        ways: list[dict[str, Json]] = [{"name": name, "namespace": space}]
        ways += [{"name": full}, {"name": full, "namespace": "passed.over"}] if space else []
        more: dict[str, Json] = {"aliases": ["once", "a.b"], "doc": "d"} if self._below(2) else {}
        return {"type": kind, **ways[self._below(len(ways))], **more}

    def _defines(self, schema: dict[str, Json], draw: Draw) -> Kind:
        space = schema.get("namespace", "")
        name = schema["name"]
        full = name if "." in name or not space else f"{space}.{name}"
        if "." in full:  # others cannot be referred to from within a namespace
            self._defined.append((full, draw))
        return Kind(schema, draw)

    def _enum(self) -> Kind:
        symbols = [f"S{n}" for n in range(1 + self._below(5))]
        schema = {**self._named("enum"), "symbols": symbols, "default": symbols[0]}
        return self._defines(schema, lambda: symbols[self._below(len(symbols))])

    def _fixed(self) -> Kind:
        size = self._below(20)
        logical = ({}, {"logicalType": "duration"}, {"logicalType": "unheard-of"})[self._below(3)]
        schema = {**self._named("fixed"), "size": size, **logical}
        return self._defines(schema, lambda: self.rng.bytes(size))

    def _reference(self) -> Kind:
        if not self._defined:
            return self._primitive()
        return Kind(*self._defined[self._below(len(self._defined))])

    def _array(self, depth: int) -> Kind:
        items = self.drawn(depth + 1)
        return Kind(
            {"type": "array", "items": items.schema, "default": []},
            lambda: [items.draw() for _ in range(self._below(MEMBERS_MAX))],
        )

    def _map(self, depth: int) -> Kind:
        values = self.drawn(depth + 1)
        return Kind(
            {"type": "map", "values": values.schema},
            lambda: {f"key{n}": values.draw() for n in range(self._below(MEMBERS_MAX))},
        )

    def _union(self, depth: int) -> Kind:
        names = self.rng.permutation(PRIMITIVES)[: 1 + self._below(MEMBERS_MAX)].tolist()
        whole = [Kind(name, partial(self.value, name)) for name in names]
        named: list[Callable[[], Kind]] = [partial(self._record, depth + 1), self._enum]
        others = named[: self._below(3)]
        whole += [draw() for draw in others]
        branches = [whole[at] for at in self.rng.permutation(len(whole))]

        def draw() -> Value:
            number = self._below(len(branches))
            return Branch(number, branches[number].draw())

        return Kind([branch.schema for branch in branches], draw)

    def _record(self, depth: int) -> Kind:
        schema = self._named(("record", "error")[self._below(2)])
        members = {f"field{n}": self.drawn(depth + 1) for n in range(self._below(MEMBERS_MAX))}
        schema["fields"] = [
            {"name": name, "type": kind.schema, "order": "ignore", "doc": "d"}
            for name, kind in members.items()
        ]
        return self._defines(schema, lambda: {name: kind.draw() for name, kind in members.items()})

    def _tree(self) -> Kind:
        """A record that holds itself, by a union and by an array."""
        schema = self._named("record")
        name = schema["name"].rpartition(".")[2]
        schema["fields"] = [
            {"name": "first", "type": ["null", name]},
            {"name": "value", "type": "int"},
            {"name": "rest", "type": {"type": "array", "items": ["string", name]}},
        ]

        def draw(levels: int = 3) -> Value:
            deeper = levels > 0 and bool(self._below(2))
            rest = [Branch(0, "leaf")] * self._below(2)
            rest += [Branch(1, draw(levels - 1))] * self._below(2) if deeper else []
            first = Branch(1, draw(levels - 1)) if deeper else Branch(0, None)
            return {"first": first, "value": levels, "rest": rest}

        return self._defines(schema, draw)


def defined_first(schema: Json) -> Json:
    """The same, in place: what is drawn and referred to is defined where it first stands."""
    named: dict[str, Json] = {}
    seen: set[str] = set()

    def full(kind: Json) -> str:
        space = kind.get("namespace", "")
        return kind["name"] if "." in kind["name"] or not space else f"{space}.{kind['name']}"

    def collect(kind: Json) -> None:
        for inner in kind if isinstance(kind, list) else _inside(kind):
            collect(inner)
        if isinstance(kind, dict) and "drawn" in kind.get("name", ""):
            named[full(kind)] = kind

    def placed(kind: Json) -> Json:
        kind = named.get(kind, kind) if isinstance(kind, str) else kind
        if isinstance(kind, list):
            return [placed(one) for one in kind]
        if not isinstance(kind, dict):
            return kind
        if full(kind) in named if "name" in kind else False:
            if full(kind) in seen:
                return full(kind)
            seen.add(full(kind))
        for part in ("items", "values"):
            kind |= {part: placed(kind[part])} if part in kind else {}
        for one in kind.get("fields", ()):
            one["type"] = placed(one["type"])
        return kind

    collect(schema)
    return placed(schema)


def _inside(kind: Json) -> list[Json]:
    if not isinstance(kind, dict):
        return []
    fields = [one["type"] for one in kind.get("fields", ())]
    return [*fields, *(kind[part] for part in ("items", "values") if part in kind)]


class Encoder:
    """Encodes values of one schema, arrays and maps in blocks as a seed has it."""

    def __init__(self, schema: Json, rng: Generator) -> None:
        """`schema` is the whole one, which has every name."""
        self._rng = rng
        self._named: dict[str, tuple[dict[str, Json], str]] = {}
        self._collect(schema, "")

    def _collect(self, schema: Json, space: str) -> None:
        if isinstance(schema, dict) and "name" in schema:
            space = self._space(schema, space)
            short = schema["name"].rpartition(".")[2]
            self._named[f"{space}.{short}" if space else short] = (schema, space)
        for one in schema if isinstance(schema, list) else _inside(schema):
            self._collect(one, space)

    @staticmethod
    def _space(schema: dict[str, Json], around: str) -> str:
        name: str = schema["name"]
        own: str = schema.get("namespace", around)
        return name.rpartition(".")[0] if "." in name else own

    def encode(self, schema: Json, value: Value, space: str = "") -> bytes:
        """The bytes of a value."""
        if isinstance(schema, list):
            number = _branch(schema, value)
            inner = value.value if isinstance(value, Branch) else value
            return long_bytes(number) + self.encode(schema[number], inner, space)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in PRIMITIVES:
            return _primitive_bytes(kind, value)
        if not isinstance(schema, dict):
            full = f"{space}.{schema}" if space and "." not in schema else schema
            definition, inside = self._named[full]
            return self.encode({**definition, "namespace": inside}, value, inside)
        return self._complex(schema, value, space)

    def _complex(self, schema: dict[str, Json], value: Value, space: str) -> bytes:
        kind = schema["type"]
        if kind in {"record", "error"}:
            space, parts = self._space(schema, space), schema["fields"]
            return b"".join(self.encode(one["type"], value[one["name"]], space) for one in parts)
        if kind == "array":
            return self._blocks([self.encode(schema["items"], one, space) for one in value])
        if kind == "map":
            values = [self.encode(schema["values"], one, space) for one in value.values()]
            keys = [_primitive_bytes("string", key) for key in value]
            return self._blocks([key + one for key, one in zip(keys, values, strict=True)])
        return bytes(value) if kind == "fixed" else long_bytes(schema["symbols"].index(value))

    def _blocks(self, items: list[bytes]) -> bytes:
        out = b""
        while items:
            count = 1 + int(self._rng.integers(len(items)))
            block, items = b"".join(items[:count]), items[count:]
            sized = long_bytes(-count) + long_bytes(len(block))
            out += (sized if self._rng.random() < 0.5 else long_bytes(count)) + block
        return out + b"\0"


def _branch(union: list[Json], value: Value) -> int:
    """The number of the branch: the one picked, or null, or the first that is not."""
    if isinstance(value, Branch) and isinstance(value.pick, int):
        return value.pick
    if isinstance(value, Branch):
        return [one["type"] if isinstance(one, dict) else one for one in union].index(value.pick)
    return next(at for at, one in enumerate(union) if (one == "null") == (value is None))


def _primitive_bytes(kind: str, value: Value) -> bytes:
    if kind in {"int", "long"}:
        return long_bytes(int(value))
    if kind in {"bytes", "string"}:
        content = value if isinstance(value, bytes) else value.encode()
        return long_bytes(len(content)) + content
    packs = {"null": b"", "boolean": bytes([bool(value)])}
    return packs[kind] if kind in packs else struct.pack("<f" if kind == "float" else "<d", value)
