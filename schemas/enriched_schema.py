"""A survey's writer schema with our field appended: the schema of the packets that we publish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import fastavro

from schemas.annotation import FIELD_NAME, FIELD_SCHEMA
from schemas.avro import Json, WriterSchema, named_types
from schemas.errors import SchemaError
from schemas.lawful import lawful
from schemas.wire import long_bytes

OWN_NAME_END = "_gueststar"
"""Ends the record's name where the schema is registered, so that the subject is ours."""
DEPTH_MAX = 100
"""Levels of nesting in a schema; Rubin's has 9."""
_NESTED = ("type", "fields", "items", "values")
_DOCS = frozenset({"doc"})
_UNREAD = frozenset({"default", "__fastavro_parsed", "__named_schemas"})
"""What a writer schema's reader passes over, and what would keep fastavro from looking closely."""


def survey_schema(schema: WriterSchema) -> dict[str, Any]:
    """The survey's part of a schema, as JSON's own types: without a field of ours."""
    record = schema.parsed
    fields = record["fields"][:-1] if schema.enriched else record["fields"]
    if any(field.get("name") == FIELD_NAME for field in fields):
        raise SchemaError(f"{schema.name} has a field {FIELD_NAME!r} that is not ours; rename it")
    return {**record, "fields": fields}


def enriched_schema(schema: WriterSchema, *, registered: bool) -> dict[str, Any]:
    """The survey's record, without docs (half of the text) and what is unlawful, and our field.

    Where `registered`, the record gets a name of our own: a registry's subject is the record's
    name (RecordNameStrategy), and the survey's subject is the survey's.
    """
    survey: dict[str, Any] = lawful(_without(survey_schema(schema), _DOCS))
    name = survey["name"].removesuffix(OWN_NAME_END)
    fields = [*survey["fields"], FIELD_SCHEMA]
    return {**survey, "name": name + OWN_NAME_END * registered, "fields": fields}


def check_enrichable(schema: WriterSchema) -> None:
    """Raises SchemaError unless fastavro can read both the schema and the one that we publish.

    Decoding asks this of every new schema, so that one made to harm stops no worker later.
    """
    ready_to_read(schema.parsed)
    ready_to_read(enriched_schema(schema, registered=False))


def ready_to_read(record: Mapping[str, Any]) -> dict[str, Any]:
    """A writer schema as fastavro reads with it, wrong defaults forgiven. Raises SchemaError."""
    parsed = ready_type(record)
    assert isinstance(parsed, dict)
    return parsed


def ready_type(kind: Json) -> Any:  # noqa: ANN401 - fastavro's
    """The same of any type that needs none around it."""
    try:
        named_types(kind)  # Which bounds their names: the library keeps one for each type within.
        return fastavro.parse_schema(_without(kind, _UNREAD))
    except SchemaError:
        raise
    except Exception as error:
        # The library has no one exception for what a schema can have wrong.
        raise SchemaError(f"no Avro schema: {error!r}"[:200]) from error


def bare_type(kind: Json) -> Json:
    """A type without what a reader of its bytes passes over."""
    return _without(kind, _UNREAD | _DOCS)


def dumped(schema: Mapping[str, Any]) -> str:
    """A schema's JSON text, as short as can be."""
    return json.dumps(schema, separators=(",", ":"))


def emptied_bytes(schema: Mapping[str, Any], field_name: str) -> bytes | None:
    """What encodes nothing in a record's field: null, or no bytes. None where neither may be."""
    (kind,) = (field["type"] for field in schema["fields"] if field["name"] == field_name)
    if isinstance(kind, list) and "null" in kind:
        return long_bytes(kind.index("null"))
    return long_bytes(0) if kind == "bytes" else None


def _without(schema: Any, keys: frozenset[str], depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    if depth > DEPTH_MAX:
        raise SchemaError(f"a writer schema is nested more than {DEPTH_MAX} deep")
    if isinstance(schema, list):
        return [_without(one, keys, depth + 1) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in keys}
    return kept | {key: _without(kept[key], keys, depth + 1) for key in _NESTED if key in kept}
