"""What we publish has no attribute that Avro forbids, and the same types as the survey's."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest
from fastavro.validation import validate
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import WriterSchema
from schemas.enriched_schema import enriched_schema
from schemas.lawful import lawful
from tests.schemas.real_packets import avro_files

Json = Any

GOOD = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
FOUR = {"type": "fixed", "name": "F", "size": 4}
INNER = {
    "type": "record",
    "name": "R",
    "namespace": "n",
    "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "long", "default": 3}],
}
SELF = {"type": "record", "name": "S", "fields": [{"name": "s", "type": "S", "default": {}}]}

DEFAULTS: list[tuple[Json, Json, bool]] = [
    ("null", None, True),
    ("null", 0, False),
    ("boolean", True, True),
    ("boolean", 1, False),
    ("int", 2**31 - 1, True),
    ("int", 2**31, False),
    ("int", True, False),
    ("int", 1.0, False),
    ("int", None, False),
    ("long", -(2**63), True),
    ("long", 2**63, False),
    ("float", 1, True),
    ("float", -999.0, True),
    ("float", math.nan, False),
    ("float", "NaN", False),
    ("double", False, False),
    ("string", "", True),
    ("string", None, False),
    ("bytes", "\u00ff", True),
    ("bytes", "\u0100", False),
    (["float", "null"], None, False),
    (["float", "null"], 0.5, True),
    (["null", "float"], None, True),
    (["null", "float"], 0.5, False),
    ([], None, False),
    (GOOD, "A", True),
    (GOOD, "C", False),
    (FOUR, "abcd", True),
    (FOUR, "abc", False),
    ({"type": "array", "items": "int"}, [], True),
    ({"type": "array", "items": "int"}, [1, None], False),
    ({"type": "array", "items": "int"}, None, False),
    ({"type": "map", "values": ["null", "int"]}, {"k": None}, True),
    ({"type": "map", "values": ["null", "int"]}, {"k": 1}, False),
    ({"type": "int"}, 3, True),
    (INNER, {"a": 1}, True),
    (INNER, {"a": 1, "b": 2}, True),
    (INNER, {"b": 2}, False),
    (INNER, {"a": 1, "c": 2}, False),
    (SELF, {}, False),
    ("unheard_of", None, False),
]
"""A type, a default, and whether Avro allows it."""


def record(*fields: Json) -> Json:
    """One of these fields."""
    return {"type": "record", "name": "outer", "fields": list(fields)}


@pytest.mark.parametrize(("kind", "default", "allowed"), DEFAULTS)
def test_a_default_stays_where_avro_allows_it(kind: Json, default: Json, allowed: bool) -> None:
    (field,) = lawful(record({"name": "f", "type": kind, "default": default}))["fields"]
    assert ("default" in field) == allowed
    assert field["name"] == "f"


def test_a_named_type_is_known_where_it_is_named_again() -> None:
    again = {"name": "g", "type": "n.R", "default": {"a": 1}}
    never = {"name": "h", "type": "R", "default": {"a": 1}}
    fields = lawful(record({"name": "f", "type": INNER}, again, never))["fields"]
    assert ["default" in each for each in fields] == [False, True, False]


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"type": "int", "logicalType": "date"}, True),
        ({"type": "string", "logicalType": "date"}, False),
        ({"type": "string", "logicalType": "uuid"}, True),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}, True),
        ({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 4}, False),
        ({"type": "bytes", "logicalType": "decimal"}, False),
        ({"type": "double", "logicalType": "mjd-tai"}, True),
        ({"type": "double", "logicalType": 7}, False),
        (FOUR | {"logicalType": "duration"}, False),
        (FOUR | {"aliases": ["old", "x.y"]}, True),
        (FOUR | {"aliases": ["not a name"]}, False),
        (FOUR | {"aliases": "old"}, False),
        (GOOD | {"default": "B"}, True),
        (GOOD | {"default": "C"}, False),
    ],
)
def test_what_a_type_cannot_bear_is_left_out(schema: Json, kept: bool) -> None:
    assert (lawful(schema) == schema) == kept
    assert {"type", *schema} - {"logicalType", "aliases", "default"} <= lawful(schema).keys()


def test_an_order_that_is_none_is_left_out() -> None:
    wrong, right = ({"name": "f", "type": "int", "order": one} for one in ("up", "ignore"))
    assert "order" not in lawful(record(wrong))["fields"][0]
    assert lawful(record(right)) == record(right)


JSON = st.none() | st.booleans() | st.integers(-5, 2**33) | st.sampled_from(["", "A", "abcd", 0.5])
PRIMITIVES = st.sampled_from(
    ["null", "boolean", "int", "long", "float", "double", "string", "bytes"]
)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(inner, min_size=1, max_size=3, unique_by=_branch_name)
    return (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda values: {"type": "map", "values": values}, inner)
        | several.filter(lambda branches: not any(isinstance(one, list) for one in branches))
    )


def _branch_name(kind: Json) -> str:
    return kind["type"] if isinstance(kind, dict) else str(kind)


TYPES = st.recursive(PRIMITIVES, _nested, max_leaves=6)
VALUES = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("k"), inner, max_size=1),
    max_leaves=4,
)


def _as_python(kind: Json, value: Json) -> Json:
    """A default as fastavro writes values: bytes are bytes, numbers of the type asked for."""
    if isinstance(kind, list):
        return _as_python(kind[0], value)
    if kind == "bytes" and isinstance(value, str):
        return value.encode("latin-1")
    if isinstance(kind, dict) and isinstance(value, list):
        return [_as_python(kind.get("items"), one) for one in value]
    if isinstance(kind, dict) and isinstance(value, dict):
        return {key: _as_python(kind.get("values"), one) for key, one in value.items()}
    return value


def _first_branches(kind: Json) -> Json:
    """The type without the branches that no default may be of."""
    if isinstance(kind, list):
        return _first_branches(kind[0])
    if isinstance(kind, dict):
        return kind | {k: _first_branches(kind[k]) for k in ("items", "values") if k in kind}
    return kind


@given(TYPES, VALUES)
def test_a_default_stays_exactly_where_fastavro_would_write_it(kind: Json, value: Json) -> None:
    (field,) = lawful(record({"name": "f", "type": kind, "default": value}))["fields"]
    assert field["type"] == kind
    written = _as_python(kind, value)
    assert ("default" in field) == validate(written, _first_branches(kind), raise_errors=False)


def _counted(schema: Json) -> int:
    """Defaults of a schema that are null where null is not the first branch."""
    if isinstance(schema, list):
        return sum(map(_counted, schema))
    if not isinstance(schema, dict):
        return 0
    kind = schema.get("type")
    wrong = isinstance(kind, list) and kind[0] != "null" and schema.get("default", 0) is None
    return wrong + sum(map(_counted, schema.values()))


@pytest.mark.data
def test_ztf_s_own_schema_is_published_lawful_and_its_records_read_as_before(
    data_folder: Path,
) -> None:
    packet = next(each for each in avro_files(data_folder) if b'"ztf.alert"' in each[:2_000])
    own = WriterSchema.of(fastavro.reader(BytesIO(packet)).metadata["avro.schema"])
    published = enriched_schema(own, registered=False)
    assert _counted(own.parsed) > 60
    assert _counted(published) == 0
    assert lawful(published) == published
    assert list(fastavro.reader(BytesIO(packet))) == list(_read_with(packet, published))


def _read_with(packet: bytes, schema: Json) -> Iterator[Json]:
    """The survey's part of records, by the schema that we publish instead of the packet's own."""
    survey = fastavro.parse_schema({**schema, "fields": schema["fields"][:-1]})
    own = fastavro.parse_schema(
        json.loads(fastavro.reader(BytesIO(packet)).metadata["avro.schema"])
    )
    for one in fastavro.reader(BytesIO(packet)):
        written = BytesIO()
        fastavro.schemaless_writer(written, own, one)
        written.seek(0)
        yield fastavro.schemaless_reader(written, survey, None)
