"""Lawful packets of all surveys, their schemas evolved as a seed has it; and what they mean.

An evolution adds fields of any type, changes the types of wanted ones, takes fields away, puts
fields and branches in another order, and writes the whole in any codec, blocks and wrapping. What
it means is said of the record that fastavro reads, by plain Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from io import BytesIO
from typing import NamedTuple

import fastavro
from numpy.random import Generator, default_rng

from schemas.container import MAGIC
from schemas.survey import Kind, Leaf, Survey
from schemas.surveys import BUILT_IN
from schemas.wire import block_bytes, long_bytes, text_bytes
from tests.schemas import golden, golden_telescope, golden_winter
from tests.schemas.avro_types import Branch, Encoder, Json, Types, Value, defined_first
from tests.schemas.understood import understood
from tests.schemas.wrapping import BLOCKS, WRAPPERS

MARKER = b"a marker of 16 B"
POOL, EPOCHS_MAX = 60, 3
DRIFT_SHARE, DROPPED_SHARE = 0.12, 0.03
WORDS = {"t": ("true", "T", "yes", "Y"), "f": ("false", "F", "no", "N")}
MAKERS = {
    "ztf": (golden.ztf_schema, golden.ztf_record),
    "lsst": (golden.rubin_schema, golden.rubin_record),
    "winter": (golden_winter.schema, golden_winter.record),
    "telescope": (golden_telescope.schema, golden_telescope.record),
}


class Lawful(NamedTuple):
    """Packets of one schema, and what fastavro read of each."""

    schema: Json
    packets: list[bytes]
    records: list[Json]


class Drift(NamedTuple):
    """Another type for a leaf, and how a value is written in it; None stays null."""

    kind: Json
    written: Callable[[Value], Value]


def _number(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _enum(rng: Generator, symbols: list[str]) -> Json:
    return {"type": "enum", "name": f"drift{rng.integers(2**40)}", "symbols": symbols}


def drifts(kind: Kind, rng: Generator) -> list[Drift]:
    """The types that a leaf of a kind may drift to."""
    plain = [
        Drift("double", _number),
        Drift("float", _number),
        Drift("string", str),
        Drift("bytes", lambda value: str(value).encode()),
        Drift("long", lambda value: int(_number(value))),
        Drift("int", lambda value: int(_number(value)) % 2**31),
        Drift({"type": "array", "items": "double"}, lambda value: [_number(value)]),
        Drift({"type": "map", "values": "string"}, lambda value: {"is": str(value)}),
        Drift({"type": "long", "logicalType": "timestamp-micros"}, lambda _: 10**15),
        Drift(["string", "double"], lambda value: Branch("double", _number(value))),
        Drift(["boolean", "double", "string"], lambda value: Branch("string", str(value))),
        Drift("boolean", bool),
    ]
    words = ["g", "True", "NO"]
    plain.append(Drift(_enum(rng, words), lambda value: words[len(str(value)) % 3]))
    if kind is Kind.LETTER:
        plain += [
            Drift("string", lambda value: rng.choice(WORDS.get(value, (value, "perhaps"))).item()),
            Drift("boolean", lambda value: value in {"t", "1"}),
            Drift("int", lambda value: int(value in {"t", "1"})),
            Drift(_enum(rng, ["t", "f", "x"]), lambda value: {"t": "t", "1": "t"}.get(value, "f")),
        ]
    return plain


class _Evolution:
    """One evolution of a survey's schema, and of records with it."""

    def __init__(self, survey: Survey, rng: Generator) -> None:
        self.survey, self.rng, self.types = survey, rng, Types(rng)
        self.leaves = wanted(survey)
        self.extra: dict[int, Callable[[], Value]] = {}
        self.written: dict[int, Callable[[Value], Value]] = {}
        """By the identity of a field's definition: its values, drawn or changed."""
        self.schema = defined_first(self._evolved(expanded(MAKERS[survey.name][0]()), ""))

    def _evolved(self, record: Json, path: str) -> Json:
        fields = []
        for one in record["fields"]:
            place = f"{path}.{one['name']}" if path else one["name"]
            leaf = self.leaves.get(place)
            if self.rng.random() < DROPPED_SHARE and not self._is_needed(place):
                continue
            fields.append(self._field(one, place, leaf))
        fields += [self._new_field(number) for number in range(int(self.rng.integers(3)))]
        order = range(len(fields)) if self.rng.random() < 0.3 else self.rng.permutation(len(fields))
        return {**record, "fields": [fields[at] for at in order]}

    def _is_needed(self, path: str) -> bool:
        needed = [one for one, leaf in self.leaves.items() if leaf.required]
        return any(
            one == path or one.startswith(f"{path}.") for one in (*needed, *self.survey.marks)
        )

    def _new_field(self, number: int) -> Json:
        kind = self.types.drawn()
        field = {"name": f"added{number}", "type": kind.schema, "default": "as odd as can be"}
        self.extra[id(field)] = kind.draw
        return field

    def _field(self, one: Json, path: str, leaf: Leaf | None) -> Json:
        field = dict(one)
        branches = one["type"] if isinstance(one["type"], list) else [one["type"]]
        inner = [self._inner(branch, path) for branch in branches]
        if leaf and self.rng.random() < DRIFT_SHARE:
            inner = self._drifted(field, leaf, nullable="null" in branches)
        if len(inner) > 1 and self.rng.random() < 0.5:
            inner.reverse()
        field["type"] = inner if isinstance(one["type"], list) or len(inner) > 1 else inner[0]
        return field

    def _inner(self, branch: Json, path: str) -> Json:
        if not isinstance(branch, dict):
            return branch
        if branch["type"] == "array":
            return {**branch, "items": self._inner(branch["items"], path)}
        return self._evolved(branch, path)

    def _drifted(self, field: Json, leaf: Leaf, *, nullable: bool) -> list[Json]:
        choice = drifts(leaf.kind, self.rng)
        if leaf.kind is Kind.SPAN:
            choice = [Drift("bytes", lambda value: value)]
        drift = choice[int(self.rng.integers(len(choice)))]
        self.written[id(field)] = drift.written
        branches = drift.kind if isinstance(drift.kind, list) else [drift.kind]
        return ["null", *branches] if nullable else list(branches)

    def sent(self, record: Json, schema: Json | None = None) -> Json:
        """A record as the evolved schema has it."""
        made = {}
        for field in (schema or self.schema)["fields"]:
            if id(field) in self.extra:
                made[field["name"]] = self.extra[id(field)]()
                continue
            value = record[field["name"]]
            if value is not None and id(field) in self.written:
                value = self.written[id(field)](value)
            else:
                value = self._sent_within(value, field["type"])
            made[field["name"]] = value
        return made

    def _sent_within(self, value: Value, kind: Json) -> Value:
        if isinstance(kind, list):
            kind = next(one for one in kind if one != "null")
        if value is None or not isinstance(kind, dict):
            return value
        if kind["type"] == "array":
            return [self._sent_within(one, kind["items"]) for one in value]
        return self.sent(value, kind)


def wanted(survey: Survey) -> dict[str, Leaf]:
    """By dotted path from the record's top: the leaves that may be of another type."""
    leaves = {path: leaf for leaf in survey.leaves for path in leaf.paths}
    for history in survey.histories:
        leaves |= {f"{history.path}.{path}": leaf for leaf in history.leaves for path in leaf.paths}
    return {
        path: leaf
        for path, leaf in leaves.items()
        if leaf.kind in {Kind.FLOAT, Kind.INTEGER, Kind.LETTER}
        or path in {"objectId", "objectid", "telescopeObjectId"}
    }


def expanded(schema: Json) -> Json:
    """Every reference replaced by the record itself, under a name of its own."""
    named: dict[str, Json] = {}
    count = iter(range(1000))

    def walk(kind: Json) -> Json:
        if isinstance(kind, list):
            return [walk(one) for one in kind]
        if isinstance(kind, str):
            return walk(named[kind]) if kind in named else kind
        if kind["type"] == "array":
            return {**kind, "items": walk(kind["items"])}
        named[f"{kind['namespace']}.{kind['name']}"] = kind
        fields = [{**one, "type": walk(one["type"])} for one in kind["fields"]]
        return {**kind, "name": f"{kind['name']}{next(count)}", "fields": fields}

    return {**walk(schema), "name": schema["name"]}


@cache
def pool(survey: str) -> tuple[Json, ...]:
    """Golden records, with short histories and a small stamp, made once."""
    light: Json = dict.fromkeys(golden.ZTF_CUTOUTS)
    one = {"fileName": "a", "stampData": b"image"} if survey == "ztf" else b"image"
    light |= {"cutoutScience": one}
    if survey == "winter":
        light = dict.fromkeys(golden_winter.CUTOUTS, b"image")
    made = (MAKERS[survey][1](seed) for seed in range(POOL))
    short = (
        {name: part[:EPOCHS_MAX] if isinstance(part, list) else part for name, part in each.items()}
        for each in made
    )
    return tuple(record | light for record in short)


def lawful(seed: int, packets: int) -> Lawful:
    """Packets of one drawn schema."""
    rng = default_rng(seed)
    survey = BUILT_IN[int(rng.integers(len(BUILT_IN)))]
    evolution = _Evolution(survey, rng)
    schema = evolution.schema
    encoder = Encoder(schema, rng)
    records = pool(survey.name)
    sent = [evolution.sent(records[at]) for at in rng.integers(POOL, size=packets)]
    datums = [encoder.encode(schema, one) for one in sent]
    parsed = fastavro.parse_schema(json.loads(json.dumps(schema)), _ignore_default_error=True)
    read = [fastavro.schemaless_reader(BytesIO(datum), parsed, None) for datum in datums]
    top, prefix = (schema, b"") if rng.random() < 0.8 else (["null", schema], long_bytes(1))
    packets_of = [_any_framing(prefix + datum, top, rng) for datum in datums]
    return Lawful(top, packets_of, [understood(one, survey) for one in read])


def _any_framing(datum: bytes, schema: Json, rng: Generator) -> bytes:
    """A container of a codec, with blocks of nothing about, at times compressed as a whole."""
    codec = str(rng.choice(list(BLOCKS), p=[0.7, *[0.3 / (len(BLOCKS) - 1)] * (len(BLOCKS) - 1)]))
    counts = [0] * int(rng.integers(2)) + [1] + [0] * int(rng.integers(2))
    packet = framed(datum, schema, codec, counts)
    outer = str(rng.choice(["", *WRAPPERS], p=[0.8, *[0.2 / len(WRAPPERS)] * len(WRAPPERS)]))
    return WRAPPERS[outer](packet) if outer else packet


@lru_cache(maxsize=16)
def _header(schema: str, codec: str) -> bytes:
    header = {"avro.schema": schema, "avro.codec": codec, "of.ours": "passed over"}
    return MAGIC + block_bytes(text_bytes(key) + text_bytes(one) for key, one in header.items())


def framed(datum: bytes, schema: Json, codec: str = "null", counts: Sequence[int] = (1,)) -> bytes:
    """A container of one record, in blocks of so many each."""
    block = BLOCKS[codec](datum)
    contents = [(count, block if count else b"") for count in counts]
    return b"".join(
        (
            _header(json.dumps(schema), codec),
            MARKER,
            *(
                long_bytes(count) + long_bytes(len(part)) + part + MARKER
                for count, part in contents
            ),
        )
    )
