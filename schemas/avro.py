"""Who wrote a record: writer schemas, and where they are found by their registry id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.errors import SchemaError

ENRICHED_NAMESPACE = "org.gueststar"
"""A record whose last field's type lies in this namespace has been through us already."""
Json = Any
"""A type in an Avro schema: a name, a list (union) or a dictionary."""
SCHEMA_LETTERS_MAX = 2**20
"""Of a schema's text, and of a union's branches together, each with all that it names."""
NAME_LETTERS_MAX = 1_000
"""Of a type's full name, and of a field's place: each is kept for all that lies within."""
RECORDS = frozenset({"record", "error"})
NAMED = RECORDS | {"enum", "fixed"}


@dataclass(frozen=True)
class WriterSchema:
    """The schema a record was written with; equal where fingerprint and registry id are."""

    json: str = field(compare=False, repr=False)
    """The schema's JSON text, as the writer sent it."""
    fingerprint: str
    """Hexadecimal sha256 of the parsed text, dumped with sorted keys and no blanks."""
    name: str = field(compare=False)
    """The record's full name, as `ztf.alert` or `topLevelRecord`."""
    registry_id: int | None = None
    """The Confluent schema id, where the record was framed with one."""
    enriched: bool = field(default=False, compare=False)
    """Whether the last field is one that gueststar appended."""
    branches: tuple[WriterSchema | None, ...] = field(default=(), compare=False, repr=False)
    """Of a union: each branch's schema by itself, None where that is no record's."""

    @classmethod
    def of(cls, text: str, registry_id: int | None = None) -> WriterSchema:
        """Read a schema's JSON text. Raises SchemaError where it is no record's schema.

        Nor one of a union with a record among its branches.
        """
        if len(text) > SCHEMA_LETTERS_MAX:
            raise SchemaError(f"a writer schema has over {SCHEMA_LETTERS_MAX:,} letters")
        try:
            parsed = json.loads(text)
            sorted_text = json.dumps(parsed, sort_keys=True, separators=(",", ":"))
        except (ValueError, RecursionError) as error:
            raise SchemaError(f"a writer schema is not JSON: {error}") from error
        fingerprint = hashlib.sha256(sorted_text.encode()).hexdigest()
        if isinstance(parsed, list):
            return cls(text, fingerprint, "", registry_id, branches=_branches(parsed, registry_id))
        if not has_fields(parsed):
            raise SchemaError("a writer schema is not a record with fields")
        return cls(text, fingerprint, full_name(parsed), registry_id, _is_enriched(parsed))

    @property
    def parsed(self) -> dict[str, Any]:
        """The schema as JSON's own types, read anew: kept, it would be many times the text."""
        parsed: dict[str, Any] = json.loads(self.json)
        return parsed


class SchemaSource(Protocol):
    """Where writer schemas are found by their Confluent id: a registry, or a local folder."""

    def find(self, schema_id: int) -> WriterSchema | None:
        """The schema of that id, `registry_id` set; None where there is no such id."""
        ...


def has_fields(record: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a part of a schema is a record whose fields each have a name and a type."""
    if not isinstance(record, dict) or not is_one_of(record.get("type"), RECORDS):
        return False
    fields = record.get("fields")
    if not isinstance(fields, list) or not isinstance(record.get("name"), str):
        return False
    return all(
        isinstance(one, dict) and "type" in one and isinstance(one.get("name"), str)
        for one in fields
    )


def is_one_of(kind: Json, names: frozenset[str]) -> bool:
    """Whether a type is given by one of these names; it may be a list or a dictionary."""
    return isinstance(kind, str) and kind in names


def full_name(record: dict[str, Any], namespace: str = "") -> str:
    """A named type's full name, its own namespace first, then that around it; "" where none."""
    name, namespace = str(record.get("name", "")), str(record.get("namespace", namespace) or "")
    return name if "." in name or not namespace or not name else f"{namespace}.{name}"


def named_types(schema: Json, namespace: str = "") -> dict[str, Json]:
    """The named types that a schema defines: by full name, as they stand there.

    Raises SchemaError where a part of it is none.
    """
    if isinstance(schema, list):
        return _joined(named_types(branch, namespace) for branch in schema)
    if not isinstance(schema, dict):
        return {}
    name = full_name(schema, namespace) if is_one_of(schema.get("type"), NAMED) else ""
    if len(name) > NAME_LETTERS_MAX:
        raise SchemaError(f"the writer schema has a name of over {NAME_LETTERS_MAX:,} letters")
    inside = name.rpartition(".")[0] if name else namespace
    found = _joined(named_types(inner, inside) for inner in inner_types(schema))
    return {name: schema, **found} if name else found


def _joined(parts: Iterable[dict[str, Json]]) -> dict[str, Json]:
    return {name: kind for part in parts for name, kind in part.items()}


def inner_types(schema: dict[str, Json]) -> list[Json]:
    """The types right within one. Raises SchemaError where it lacks what its kind needs."""
    kind = schema.get("type")
    if isinstance(kind, (dict, list)):
        return [kind]
    if kind in RECORDS:
        if not has_fields(schema):
            raise SchemaError(f"the record {schema.get('name')!r} has no sound fields")
        return [one["type"] for one in schema["fields"]]
    part = {"array": "items", "map": "values"}.get(str(kind))
    if part and part not in schema:
        raise SchemaError(f"the writer schema has an {kind} without {part}")
    return [schema[part]] if part else []


def resolved(name: str, namespace: str, named: Container[str]) -> str:
    """The full name of a type that is referred to; "" where nothing of that name is there."""
    qualified = f"{namespace}.{name}" if namespace and "." not in name else name
    return qualified if qualified in named else name if name in named else ""


def _branches(union: list[Json], registry_id: int | None) -> tuple[WriterSchema | None, ...]:
    """Each branch of a union by itself. Raises SchemaError where none is a record's schema."""
    found, letters = list[WriterSchema | None](), 0
    try:
        named = named_types(union)
        for branch in union:
            alone = _StandingAlone(named).made(branch, "")
            text = json.dumps(alone)
            letters += len(text)
            if letters > SCHEMA_LETTERS_MAX:
                raise SchemaError(f"a union's branches have over {SCHEMA_LETTERS_MAX:,} letters")
            found.append(WriterSchema.of(text, registry_id) if has_fields(alone) else None)
    except RecursionError as error:
        raise SchemaError("the writer schema is nested too deeply") from error
    if not any(found):
        raise SchemaError("a writer schema is a union without a record with fields")
    return tuple(found)


class _StandingAlone:
    """Makes a type that refers to nothing outside: what is, is defined where it is first named."""

    def __init__(self, named: Mapping[str, Json]) -> None:
        self._named = named
        self._defined: set[str] = set()

    def made(self, kind: Json, namespace: str) -> Json:
        """The same type, all names in full."""
        if isinstance(kind, list):
            return [self.made(branch, namespace) for branch in kind]
        if isinstance(kind, dict):
            return self._definition(kind, namespace)
        name = resolved(kind, namespace, self._named) if isinstance(kind, str) else ""
        if not name or name in self._defined:
            return name or kind
        return self._definition({**self._named[name], "name": name, "namespace": ""}, "")

    def _definition(self, kind: dict[str, Json], namespace: str) -> Json:
        made = dict(kind)
        if is_one_of(kind.get("type"), NAMED):
            name = full_name(kind, namespace)
            self._defined.add(name)
            made |= {"name": name, "namespace": ""}
            namespace = name.rpartition(".")[0]
        for part in ("items", "values", "type"):
            if part in made:
                made[part] = self.made(made[part], namespace)
        if is_one_of(kind.get("type"), RECORDS):
            fields = kind["fields"]
            made["fields"] = [{**one, "type": self.made(one["type"], namespace)} for one in fields]
        return made


def _is_enriched(record: dict[str, Any]) -> bool:
    if not record["fields"]:
        return False
    last = record["fields"][-1]["type"]
    return any(_names_ours(branch) for branch in (last if isinstance(last, list) else [last]))


def _names_ours(branch: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(branch, dict):
        branch = full_name(branch)
    return isinstance(branch, str) and branch.startswith(f"{ENRICHED_NAMESPACE}.")
