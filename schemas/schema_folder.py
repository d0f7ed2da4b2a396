"""Writer schemas from a local folder laid out as Rubin publishes them: MAJOR/MINOR/*.avsc."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.avro import WriterSchema
from schemas.errors import SchemaError

IDS_PER_MAJOR = 100
"""Rubin's registry ids are major * 100 + minor."""
PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


class SchemaFolder:
    """A source of writer schemas by registry id; a file added is found without a restart.

    The alert's schema is the one file `*.alert.avsc`; the records that it names stand beside it,
    each in the file `FULL.NAME.avsc`. Raises SchemaError where the folder or a part is missing.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SchemaError(f"no folder of schemas at {folder}; name one that holds MAJOR/MINOR")
        self._folder = folder

    def find(self, schema_id: int) -> WriterSchema | None:
        """The schema of that id; None where the folder has none."""
        major, minor = divmod(schema_id, IDS_PER_MAJOR)
        roots = sorted((self._folder / str(major) / str(minor)).glob("*.alert.avsc"))
        if not roots:
            return None
        if len(roots) > 1:
            raise SchemaError(f"{roots[0].parent} holds {len(roots)} alert schemas; keep one")
        return WriterSchema.of(json.dumps(_Inliner(roots[0].parent).file(roots[0])), schema_id)


class _Inliner:
    """Puts the definition of each record where its name is first used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._defined: set[str] = set()

    def file(self, path: Path) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._whole(json.loads(path.read_text()), "")
        except (OSError, ValueError) as error:
            raise SchemaError(f"{path} cannot be read as a schema: {error}") from error

    def _whole(self, schema: Any, namespace: str) -> Any:  # noqa: ANN401 - JSON
        if isinstance(schema, list):
            return [self._whole(branch, namespace) for branch in schema]
        if isinstance(schema, str):
            return self._named(schema, namespace)
        whole = dict(schema)
        if whole.get("type") in {"record", "enum", "fixed"}:
            namespace = whole.get("namespace", namespace)
            name = whole["name"]
            self._defined.add(name if "." in name or not namespace else f"{namespace}.{name}")
        if whole.get("type") == "record":
            whole["fields"] = [
                {**one, "type": self._whole(one["type"], namespace)} for one in whole["fields"]
            ]
        for part in ("items", "values", "type"):
            if isinstance(whole.get(part), (dict, list)) or (part in whole and part != "type"):
                whole[part] = self._whole(whole[part], namespace)
        return whole

    def _named(self, name: str, namespace: str) -> Any:  # noqa: ANN401 - JSON
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if name in PRIMITIVES or full in self._defined:
            return name
        return self.file(self._folder / f"{full}.avsc")
