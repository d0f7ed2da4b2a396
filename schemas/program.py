"""A writer schema and a survey's leaves, compiled to the flat program that `decoder.run` runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import decoder as ops
from schemas.avro import full_name, has_fields
from schemas.errors import SchemaError
from schemas.survey import Kind, Leaf, Survey

Json = Any
"""A type in an Avro schema: a name, a list (union) or a dictionary."""

FIXED_BYTES = {"boolean": 1, "float": 4, "double": 8}
VARINTS = {"int", "long", "enum"}
TEXTS = {"string", "bytes"}
READS = {
    (Kind.FLOAT, "double"): ops.READ_DOUBLE,
    (Kind.FLOAT, "float"): ops.READ_FLOAT,
    (Kind.FLOAT, "int"): ops.READ_LONG_AS_DOUBLE,
    (Kind.FLOAT, "long"): ops.READ_LONG_AS_DOUBLE,
    (Kind.INTEGER, "int"): ops.READ_LONG,
    (Kind.INTEGER, "long"): ops.READ_LONG,
    (Kind.INTEGER, "boolean"): ops.READ_BYTE,
    (Kind.LETTER, "string"): ops.READ_LETTER,
    (Kind.LENGTH, "string"): ops.READ_LENGTH,
    (Kind.SPAN, "string"): ops.READ_SPAN,
    (Kind.SPAN, "bytes"): ops.READ_SPAN,
}
SKIPS = (ops.SKIP_FIXED, ops.SKIP_VARINT, ops.SKIP_BYTES)


@dataclass(frozen=True, eq=False)
class Program:
    """Operations, int64 (m, 4), as `decoder.py` lists them; branches' first operations."""

    ops: NDArray[np.int64]
    targets: NDArray[np.int64]
    places: tuple[str, ...]
    """By operation: the dotted name of the field it reads, for a rejection's detail."""


def compile_program(schema: dict[str, Json], survey: Survey, ops_max: int) -> Program:
    """Compile a record's schema as JSON's own types. Raises SchemaError where it cannot be.

    What the survey requires must be there, and what it names must have a type it can be read as.
    """
    compiler = _Compiler(survey, ops_max)
    try:
        compiler.collect(schema, "")
        compiler.compile(schema, "", "")
    except RecursionError as error:
        raise SchemaError("the writer schema is nested too deeply") from error
    compiler.emit(ops.HALT, place="")
    _check_required(survey, compiler.found)
    table = np.array(compiler.ops, dtype=np.int64)
    targets = np.array(compiler.targets, dtype=np.int64)
    return Program(table, targets, tuple(compiler.places))


def _check_required(survey: Survey, found: set[str]) -> None:
    for leaf in survey.leaves:
        if leaf.required and not found.intersection(leaf.paths):
            raise SchemaError(f"the writer schema has no {' or '.join(leaf.paths)}")


class _Wish(NamedTuple):
    """What is wanted of the field at one path."""

    leaf: Leaf
    slot: int
    in_point: bool


@dataclass
class _Compiler:
    survey: Survey
    ops_max: int
    ops: list[list[int]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    named: dict[str, tuple[Json, str]] = field(default_factory=dict)
    """Definitions by full name, each with the namespace that its insides inherit."""
    found: set[str] = field(default_factory=set)
    open_names: list[str] = field(default_factory=list)
    """Records being compiled now: one within itself has no flat program."""
    arrays_open: int = 0
    visits: int = 0
    no_merge_before: int = 0
    """Operations from here on may be jumped to, so that none joins an earlier one."""

    def __post_init__(self) -> None:
        self.extents: dict[str, int] = {}
        self.wishes: dict[str, _Wish] = {}
        self.tables = {one.path: number for number, one in enumerate(self.survey.histories)}
        self._wish(self.survey.leaves, self.survey.slots, "")
        for history in self.survey.histories:
            self._wish(history.leaves, self.survey.history_slots[history.name], f"{history.path}.")

    def _wish(self, leaves: tuple[Leaf, ...], slots: dict[str, int], prefix: str) -> None:
        for leaf in leaves:
            for path in leaf.paths:
                if leaf.kind is Kind.EXTENT:
                    self.extents[path] = slots[leaf.name]
                else:
                    self.wishes[prefix + path] = _Wish(leaf, slots[leaf.name], bool(prefix))

    def collect(self, schema: Json, namespace: str) -> None:
        """Find the named types; one may be used before the place that defines it is compiled."""
        if isinstance(schema, list):
            for branch in schema:
                self.collect(branch, namespace)
        elif isinstance(schema, dict):
            name = full_name(schema, namespace)
            if name:
                namespace = name.rpartition(".")[0]
                self.named[name] = (schema, namespace)
            for inner in _inner_types(schema):
                self.collect(inner, namespace)

    def compile(self, schema: Json, path: str, namespace: str) -> None:
        """Append the operations that read or skip one value of a type."""
        self.visits += 1
        if self.visits > self.ops_max:
            raise SchemaError(f"the writer schema holds more than {self.ops_max} values")
        if isinstance(schema, list):
            self._union(schema, path, namespace)
        elif isinstance(schema, str):
            self._reference(schema, path, namespace)
        elif not isinstance(schema, dict) or "type" not in schema:
            raise SchemaError(f"{path or 'the writer schema'} has no Avro type")
        elif isinstance(schema["type"], (dict, list)):
            self.compile(schema["type"], path, namespace)
        elif schema["type"] == "record":
            self._record(schema, path, namespace)
        elif schema["type"] in {"array", "map"}:
            self._array(schema, path, namespace)
        elif schema["type"] == "fixed":
            self._leaf("fixed", path, size=_fixed_size(schema, path))
        else:
            self._reference(schema["type"], path, namespace)

    def _reference(self, name: str, path: str, namespace: str, null: int = -1) -> None:
        if name in FIXED_BYTES or name in VARINTS or name in TEXTS:
            self._leaf(name, path, null, FIXED_BYTES.get(name, 0))
        elif name != "null":
            qualified = f"{namespace}.{name}" if namespace and "." not in name else name
            known = qualified if qualified in self.named else name
            if known not in self.named:
                raise SchemaError(f"{path} has the unknown type {name!r}")
            definition, inner = self.named[known]
            self.compile(definition, path, inner)

    def _leaf(self, kind: str, path: str, null: int = -1, size: int = 0) -> None:
        wish = self.wishes.get(path)
        if wish is None:
            skip = SKIPS[1 if kind in VARINTS else 2 if kind in TEXTS else 0]
            self.emit(skip, 1, size, null, place=path)
            return
        op = READS.get((wish.leaf.kind, kind))
        if op is None:
            raise SchemaError(f"{path} is of type {kind}, which {wish.leaf.name} is not read from")
        self.found.add(path)
        self.emit(op, wish.slot, int(wish.in_point), null, place=path)

    def _record(self, schema: dict[str, Json], path: str, namespace: str) -> None:
        name = full_name(schema, namespace)
        if name in self.open_names:
            raise SchemaError(f"the record {name!r} holds itself")
        if path in self.wishes:
            raise SchemaError(f"{path} is a record")
        self.open_names.append(name)
        inner = name.rpartition(".")[0]
        for one in schema["fields"]:
            self._field(one, f"{path}.{one['name']}" if path else one["name"], inner)
        self.open_names.pop()

    def _field(self, one: dict[str, Json], path: str, namespace: str) -> None:
        extent = self.extents.get(path)
        if extent is not None:
            self.emit(ops.MARK, extent, place=path)
        self.compile(one["type"], path, namespace)
        if extent is not None:
            self.emit(ops.MARK, extent + 1, place=path)

    def _array(self, schema: dict[str, Json], path: str, namespace: str) -> None:
        self.arrays_open += 1
        if self.arrays_open > ops.NESTING_MAX:
            raise SchemaError(f"{path} is an array within more than {ops.NESTING_MAX - 1} others")
        begin = self.emit(ops.ARRAY, place=path)
        body = self._label()
        if schema["type"] == "map":
            self.emit(ops.SKIP_BYTES, 1, place=path)
        self.compile(schema["items" if schema["type"] == "array" else "values"], path, namespace)
        self.ops[begin][1] = self._label()
        self.emit(ops.NEXT, body, self.tables.get(path, -1), place=path)
        self._label()
        self.arrays_open -= 1

    def _union(self, branches: list[Json], path: str, namespace: str) -> None:
        if len(branches) == 2 and "null" in branches and branches != ["null", "null"]:
            null = branches.index("null")
            plain = _plain(branches[1 - null])
            if plain:
                self._reference(plain, path, namespace, null)
                return
        base = len(self.targets)
        self.targets.extend([0] * len(branches))
        self.emit(ops.UNION, len(branches), base, place=path)
        jumps = []
        for number, branch in enumerate(branches):
            self.targets[base + number] = self._label()
            self.compile(branch, path, namespace)
            jumps.append(self.emit(ops.JUMP, place=path))
        end = self._label()
        for jump in jumps:
            self.ops[jump][1] = end

    def _label(self) -> int:
        self.no_merge_before = len(self.ops)
        return len(self.ops)

    def emit(self, op: int, a: int = 0, b: int = 0, null: int = -1, *, place: str) -> int:
        """Append an operation, or let it join the last one; its index."""
        last = self.ops[-1] if len(self.ops) > self.no_merge_before else None
        if last and op in SKIPS and [last[0], *last[2:]] == [op, b, null]:
            last[1] += 1
        elif last and op == last[0] == ops.SKIP_FIXED and null == last[3] == -1 and last[1] == 1:
            last[2] += b
        else:
            self.ops.append([op, a, b, null])
            self.places.append(place)
        return len(self.ops) - 1


def _plain(branch: Json) -> str:
    """The name of a primitive type, or the empty string."""
    if isinstance(branch, dict):
        branch = branch.get("type")
    plain = isinstance(branch, str) and branch in {*FIXED_BYTES, *TEXTS, "int", "long", "enum"}
    return branch if plain else ""


def _inner_types(schema: dict[str, Json]) -> list[Json]:
    kind = schema.get("type")
    if isinstance(kind, (dict, list)):
        return [kind]
    if kind == "record":
        if not has_fields(schema):
            raise SchemaError(f"the record {schema.get('name')!r} has no sound fields")
        return [one["type"] for one in schema["fields"]]
    part = {"array": "items", "map": "values"}.get(str(kind))
    if part and part not in schema:
        raise SchemaError(f"the writer schema has an {kind} without {part}")
    return [schema[part]] if part else []


def _fixed_size(schema: dict[str, Json], path: str) -> int:
    size = schema.get("size")
    if not isinstance(size, int) or not 0 <= size < 2**31:
        raise SchemaError(f"{path} is of a fixed type without a size")
    return size
