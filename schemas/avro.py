"""Who wrote a record: writer schemas, and where they are found by their registry id."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.errors import SchemaError

ENRICHED_NAMESPACE = "org.gueststar"
"""A record whose last field's type lies in this namespace has been through us already."""


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

    @classmethod
    def of(cls, text: str, registry_id: int | None = None) -> WriterSchema:
        """Read a schema's JSON text. Raises SchemaError where it is no record's schema."""
        try:
            parsed = json.loads(text)
            sorted_text = json.dumps(parsed, sort_keys=True, separators=(",", ":"))
        except (ValueError, RecursionError) as error:
            raise SchemaError(f"a writer schema is not JSON: {error}") from error
        if not has_fields(parsed):
            raise SchemaError("a writer schema is not a record with fields")
        fingerprint = hashlib.sha256(sorted_text.encode()).hexdigest()
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
    if not isinstance(record, dict) or record.get("type") != "record":
        return False
    fields = record.get("fields")
    if not isinstance(fields, list) or not isinstance(record.get("name"), str):
        return False
    names = [one.get("name") for one in fields if isinstance(one, dict) and "type" in one]
    return len(fields) == len({name for name in names if isinstance(name, str)})


def full_name(record: dict[str, Any], namespace: str = "") -> str:
    """A named type's full name, its own namespace first, then that around it; "" where none."""
    name, namespace = str(record.get("name", "")), str(record.get("namespace") or namespace)
    return name if "." in name or not namespace or not name else f"{namespace}.{name}"


def _is_enriched(record: dict[str, Any]) -> bool:
    if not record["fields"]:
        return False
    last = record["fields"][-1]["type"]
    return any(_names_ours(branch) for branch in (last if isinstance(last, list) else [last]))


def _names_ours(branch: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(branch, dict):
        branch = full_name(branch)
    return isinstance(branch, str) and branch.startswith(f"{ENRICHED_NAMESPACE}.")
