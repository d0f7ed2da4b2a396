"""A writer schema and a survey's leaves, compiled to the flat program that `decoder.run` runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import decoder as ops
from schemas.avro import (
    NAME_LETTERS_MAX,
    RECORDS,
    Json,
    full_name,
    is_one_of,
    named_types,
    resolved,
)
from schemas.conversions import AS_IT_IS, CONVERTED, READS, SPARE_CELLS, Letter, Spare
from schemas.errors import SchemaError
from schemas.simple_types import TEXTS, VARINTS, Simple, simple
from schemas.survey import Kind, Leaf, Survey

NO_LEAF = Leaf("", Kind.EXTENT, ())
"""Of a history that is none: to be said, and nothing else."""
SKIPS = (ops.SKIP_FIXED, ops.SKIP_VARINT, ops.SKIP_BYTES)


@dataclass(frozen=True, eq=False)
class Program:
    """Operations, int64 (m, 4), as `decoder.py` lists them; branches' first operations."""

    ops: NDArray[np.int64]
    targets: NDArray[np.int64]
    places: tuple[str, ...]
    """By operation: the dotted name of the field it reads, for a rejection's detail."""
    spares: tuple[tuple[Spare, ...], tuple[Spare, ...]]
    """Of the alert, and of its points: what is to be converted."""
    letters: tuple[tuple[Letter, ...], tuple[Letter, ...]]
    """Of the alert, and of its points: what is read as a letter from text."""


def compile_program(schema: Json, survey: Survey, ops_max: int) -> Program:
    """Compile a record's schema as JSON's own types. Raises SchemaError where it cannot be.

    What the survey requires must be there, of a type that it can be read from.
    """
    try:
        compiler = _Compiler(survey, ops_max, named_types(schema))
        compiler.compile(schema, "", "")
        compiler.emit(ops.HALT, place="")
        compiler.compile_called()
    except RecursionError as error:
        raise SchemaError("the writer schema is nested too deeply") from error
    _check_required(survey, compiler)
    table = np.array(compiler.ops, dtype=np.int64)
    targets = np.array(compiler.targets, dtype=np.int64)
    spares, letters = compiler.spares, compiler.letters
    return Program(
        table,
        targets,
        tuple(compiler.places),
        (tuple(spares[False]), tuple(spares[True])),
        (tuple(letters[False]), tuple(letters[True])),
    )


def _check_required(survey: Survey, compiler: _Compiler) -> None:
    for leaf in survey.leaves:
        if not leaf.required or compiler.found.intersection(leaf.paths):
            continue
        for path in leaf.paths:
            if path in compiler.unread:
                kind = compiler.unread[path]
                raise SchemaError(f"{path} is of type {kind}, which {leaf.name} is not read from")
        raise SchemaError(f"the writer schema has no {' or '.join(leaf.paths)}")


class _Wish(NamedTuple):
    """What is wanted of the field at one path."""

    leaf: Leaf
    slot: int
    history: str
    """The path of the history whose points it is of; "" for the alert itself."""

    @property
    def in_point(self) -> bool:
        return bool(self.history)


class _Call(NamedTuple):
    """A record within itself, of which nothing is wanted: jumped into, and back."""

    op: int
    schema: Json
    name: str
    path: str
    namespace: str


@dataclass
class _Compiler:
    survey: Survey
    ops_max: int
    named: dict[str, Json]
    ops: list[list[int]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    """By path of what is wanted: a type it has, that it is not read from."""
    open_names: list[str] = field(default_factory=list)
    """Records being compiled now."""
    calls: list[_Call] = field(default_factory=list)
    history: str = ""
    """The path of the history being compiled now."""
    visits: int = 0
    no_merge_before: int = 0
    """Operations from here on may be jumped to, so that none joins an earlier one."""

    def __post_init__(self) -> None:
        self.spares: tuple[list[Spare], list[Spare]] = ([], [])
        self.letters: tuple[list[Letter], list[Letter]] = ([], [])
        """By whether they are of a point."""
        self.extents: dict[str, int] = {}
        self.wishes: dict[str, _Wish] = {}
        self.tables = {one.path: number for number, one in enumerate(self.survey.histories)}
        self._wish(self.survey.read, self.survey.slots, "")
        for history in self.survey.histories:
            self._wish(history.leaves, self.survey.history_slots[history.name], history.path)
        wanted = [*self.wishes, *self.extents, *self.tables]
        self.above = {path[:at] for path in wanted for at, sign in enumerate(path) if sign == "."}
        """Paths below which something is wanted."""

    def _wish(self, leaves: tuple[Leaf, ...], slots: dict[str, int], history: str) -> None:
        for leaf in leaves:
            for path in leaf.paths:
                if leaf.kind is Kind.EXTENT:
                    self.extents[path] = slots[leaf.name]
                else:
                    whole = f"{history}.{path}" if history else path
                    self.wishes[whole] = _Wish(leaf, slots[leaf.name], history)

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
        elif is_one_of(schema["type"], RECORDS):
            self._record(schema, path, namespace)
        elif schema["type"] in {"array", "map"}:
            self._array(schema, path, namespace)
        elif (kind := simple(schema, path)) is not None:
            self._leaf(kind, path)
        else:
            self._reference(schema["type"], path, namespace)

    def compile_called(self) -> None:
        """Append the records that are called, each once, and say to the calls where they are."""
        starts: dict[str, int] = {}
        while self.calls:
            call = self.calls.pop()
            if call.name not in starts:
                starts[call.name] = self._label()
                self._record(call.schema, call.path, call.namespace)
                self.emit(ops.RETURN, place=call.path)
            self.ops[call.op][1] = starts[call.name]

    def _reference(self, name: Json, path: str, namespace: str) -> None:
        kind = simple(name, path) if isinstance(name, str) else None
        if kind is not None:
            self._leaf(kind, path)
        elif name != "null":
            known = resolved(name, namespace, self.named) if isinstance(name, str) else ""
            if not known:
                raise SchemaError(f"{path} has the unknown type {name!r}")
            definition = {**self.named[known], "name": known, "namespace": ""}
            self.compile(definition, path, "")

    def _wanted(self, path: str) -> _Wish | None:
        wish = self.wishes.get(path)
        return wish if wish and wish.history == self.history else None

    def _leaf(self, kind: Simple, path: str, null: int = -1) -> None:
        wish = self._wanted(path)
        if wish is None:
            self._lose_wanted(path, kind.label)
            self._skip(kind, path, null)
        elif wish.leaf.kind is Kind.SPAN and kind.label == "fixed":
            self.found.add(path)
            self.emit(ops.MARK, wish.slot, int(wish.in_point), place=path)
            self._skip(kind, path)
            self.emit(ops.MARK, wish.slot + 1, int(wish.in_point), place=path)
        elif (wish.leaf.kind, kind.label) in READS:
            self.found.add(path)
            op = READS[wish.leaf.kind, kind.label]
            if op == ops.READ_LETTER:
                history = self.tables.get(wish.history, -1)
                label = f"{path}: {kind.label}"
                self.letters[wish.in_point].append(Letter(wish.slot, history, label))
            self.emit(op, wish.slot, int(wish.in_point), null, place=path)
        elif kind.label in CONVERTED.get(wish.leaf.kind, ()):
            self.found.add(path)
            cell = self._spare(wish, path, kind.label, kind.label, kind.symbols)
            self.emit(AS_IT_IS[kind.label], cell, int(wish.in_point), null, place=path)
        else:
            self._lose_wanted(path, kind.label)
            self._skip(kind, path)

    def _skip(self, kind: Simple, path: str, null: int = -1) -> None:
        skip = SKIPS[1 if kind.kind in VARINTS else 2 if kind.kind in TEXTS else 0]
        self.emit(skip, 1, kind.size, null, place=path)

    def _spare(
        self, wish: _Wish, path: str, label: str, source: str, symbols: tuple[str, ...] = ()
    ) -> int:
        """A new spare cell of the alert or a point, to be converted for a leaf."""
        spares = self.spares[wish.in_point]
        own = self.survey.point_defaults.shape[1] if wish.in_point else len(self.survey.defaults)
        cell = own + SPARE_CELLS * len(spares)
        spares.append(Spare(cell, wish.slot, wish.leaf.kind, source, symbols, f"{path}: {label}"))
        return cell

    def _lose_wanted(self, path: str, label: str) -> None:
        """Where something is wanted at a path, note that it is there and is not read."""
        wish = self._wanted(path)
        if wish is None and path in self.tables and self.history != path:
            wish = _Wish(NO_LEAF, 0, "")
        if wish is not None:
            self.unread[path] = label
            cell = self._spare(wish, path, label, "")
            self.emit(ops.MARK, cell, int(wish.in_point), place=path)

    def _record(self, schema: dict[str, Json], path: str, namespace: str) -> None:
        name = full_name(schema, namespace)
        if path not in self.above or path in self.tables:
            self._lose_wanted(path, "record")
        if name in self.open_names and path not in self.above:
            op = self.emit(ops.CALL, place=path)
            self.calls.append(_Call(op, schema, name, path, namespace))
            return
        self.open_names.append(name)
        last = {one["name"]: number for number, one in enumerate(schema["fields"])}
        for number, one in enumerate(schema["fields"]):
            inner = f"{path}.{one['name']}" if path else one["name"]
            # Of a field that stands there twice, readers keep the last.
            self._field(one, inner if last[one["name"]] == number else f"{inner}#", name)
        self.open_names.pop()

    def _field(self, one: dict[str, Json], path: str, record: str) -> None:
        if len(path) > NAME_LETTERS_MAX:
            raise SchemaError(f"{path[:40]}… is a place of over {NAME_LETTERS_MAX:,} letters")
        extent = self.extents.get(path)
        if extent is not None:
            self.emit(ops.MARK, extent, place=path)
        self.compile(one["type"], path, record.rpartition(".")[0])
        if extent is not None:
            self.emit(ops.MARK, extent + 1, place=path)

    def _array(self, schema: dict[str, Json], path: str, namespace: str) -> None:
        kind: str = schema["type"]
        is_history = kind == "array" and path in self.tables and not self.history
        if not is_history:
            self._lose_wanted(path, kind)
        outer, self.history = self.history, path if is_history else self.history
        begin = self.emit(ops.ARRAY, place=path)
        body = self._label()
        if kind == "map":
            self.emit(ops.SKIP_BYTES, 1, place=path)
        inner = path if is_history else f"{path}[]"
        self.compile(schema["items" if kind == "array" else "values"], inner, namespace)
        self.ops[begin][1] = self._label()
        self.emit(ops.NEXT, body, self.tables[path] if is_history else -1, place=path)
        self._label()
        self.history = outer

    def _union(self, branches: list[Json], path: str, namespace: str) -> None:
        if len(branches) == 2 and "null" in branches and branches != ["null", "null"]:
            null = branches.index("null")
            kind = simple(branches[1 - null], path)
            if kind and self._is_one_op(kind, path):
                self._leaf(kind, path, null)
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

    def _is_one_op(self, kind: Simple, path: str) -> bool:
        """Whether one operation reads or skips a type, so that it may look for null as well."""
        wish = self._wanted(path)
        if wish is None:
            return path not in self.tables
        label = kind.label
        return (wish.leaf.kind, label) in READS or label in CONVERTED.get(wish.leaf.kind, ())

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
