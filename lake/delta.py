"""Delta logs over a lake's own files: what tools of Delta Lake open, with nothing copied.

    LAKE/alerts/_delta_log/00000000000000000000.json         closed nights' files, by night
    LAKE/light_curves/_delta_log/00000000000000000000.json

Each run adds one commit where files came or went. A commit is written whole and gets its name by a
link, so two that run at once cannot both have it. Readers of Parquet pass over the folder.

Source: the Delta transaction log protocol; readers of version 1 suffice.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from lake.arrays import joined_schema
from lake.closed import closed_nights
from lake.disk import make, publish
from lake.layout import ALERTS, CURVES_TABLE, FIRST_ALERTS, curves_file
from lake.reading import Lake
from schemas.errors import ArchiveError

LOG = "_delta_log"
NIGHT_FIELD = {"name": "night", "type": "integer", "nullable": False, "metadata": {}}

PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["gueststarLake"]}
"""All may read. A writer's feature that no other tool knows keeps them from writing, and from
VACUUM, which would remove the files of nights that are not closed."""

TYPES = {
    "bool": "boolean",
    "int8": "byte",
    "int16": "short",
    "int32": "integer",
    "int64": "long",
    "float": "float",
    "double": "double",
    "string": "string",
}
"""Delta's name of each of pyarrow's types that a lake has."""

Action = Mapping[str, Any]


class File(NamedTuple):
    """Of a table."""

    path: Path
    night: str
    rows: int
    schema: Any
    """pyarrow has no types."""


class Logged(NamedTuple):
    """What became of a table's log."""

    table: str
    version: int
    files: int
    rows: int
    changed: bool


def write_logs(lake: Path, nights: Sequence[str] = ()) -> list[Logged]:
    """Have the logs of both tables say nights' files: those named, else all that are closed.

    What they said before stays, as far as it stands. Raises ArchiveError.
    """
    named = frozenset(Lake(lake, closed_nights(lake, nights)).nights)
    parts = Lake(lake).parts
    if any(part.path.name == FIRST_ALERTS for part in parts):
        raise ArchiveError(
            f"{lake} is of the first layout: archive its packets into another folder"
        )
    alerts = [File(part.path, part.night, len(part), part.schema) for part in parts]
    curves = [
        File(curves_file(one.path, part.standing.mark), one.night, one.rows, part.curves_schema)
        for one, part in zip(alerts, parts, strict=True)
    ]
    try:
        return [
            _write_log(lake / table, files, named)
            for table, files in ((ALERTS, alerts), (CURVES_TABLE, curves))
        ]
    except OSError as error:
        raise ArchiveError(f"a Delta log of {lake} cannot be written: {error}") from error


def _write_log(table: Path, files: Sequence[File], nights: frozenset[str]) -> Logged:
    log, now = table / LOG, int(time.time() * 1000)
    before = _state(log)
    every = {quote(each.path.relative_to(table).as_posix(), safe="/="): each for each in files}
    wanted = {
        name: each for name, each in every.items() if name in before.files or each.night in nights
    }
    fields = _fields(joined_schema([each.schema for each in wanted.values()]))
    actions = [
        *_table_actions(before, table.name, json.dumps({"type": "struct", "fields": fields}), now),
        *({"remove": _gone(name, now)} for name in sorted(before.files.keys() - wanted.keys())),
        *(
            {"add": _added(name, each)}
            for name, each in wanted.items()
            if before.files.get(name) != _written(each.path)
        ),
    ]
    version = before.version + 1 if actions else before.version
    if actions:
        _commit(log, version, [*actions, {"commitInfo": {"timestamp": now, "operation": "WRITE"}}])
    rows = sum(each.rows for each in wanted.values())
    return Logged(table.name, version, len(wanted), rows, bool(actions))


class _State(NamedTuple):
    """What a log says."""

    version: int
    schema: str
    id: str
    files: Mapping[str, tuple[int, int]]
    """How many bytes each had, and when it was written: an archive may put another in its place."""


def _state(log: Path) -> _State:
    """All commits, one after another; a table has one for each night that was closed."""
    version, schema, name, files = -1, "", "", dict[str, tuple[int, int]]()
    for path in sorted(log.glob("*.json")):
        version = int(path.stem)
        for line in path.read_text().splitlines():
            action = json.loads(line)
            if "metaData" in action:
                schema, name = action["metaData"]["schemaString"], action["metaData"]["id"]
            if "add" in action:
                added = action["add"]
                files[added["path"]] = added["size"], added["modificationTime"]
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
    return _State(version, schema, name, files)


def _table_actions(before: _State, name: str, schema: str, now: int) -> Iterator[Action]:
    """What a table is, where that is new."""
    if before.version < 0:
        yield {"protocol": PROTOCOL}
    if before.schema != schema:
        yield {
            "metaData": {
                "id": before.id or str(uuid.uuid4()),
                "name": name,
                "format": {"provider": "parquet", "options": {}},
                "schemaString": schema,
                "partitionColumns": ["night"],
                "configuration": {},
                "createdTime": now,
            }
        }


def _added(name: str, file: File) -> Action:
    size, written = _written(file.path)
    return {
        "path": name,
        "partitionValues": {"night": file.night},
        "size": size,
        "modificationTime": written,
        "dataChange": True,
        "stats": json.dumps({"numRecords": file.rows, **_reach(file.path)}),
    }


def _written(path: Path) -> tuple[int, int]:
    """Its bytes, and when it was written, in milliseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns // 1_000_000


def _gone(name: str, now: int) -> Action:
    return {"path": name, "deletionTimestamp": now, "dataChange": True}


def _reach(path: Path) -> Action:
    """The least and greatest of what the file's groups tell and is never missing (NaN)."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(path)
    least, greatest = dict[str, float](), dict[str, float]()
    for at, name in enumerate(footer.schema.names):
        groups = (footer.row_group(group).column(at) for group in range(footer.num_row_groups))
        told = [one.statistics for one in groups]
        if told and all(one and one.has_min_max and _is_known(name, one.min) for one in told):
            least[name], greatest[name] = min(x.min for x in told), max(x.max for x in told)
    return {"minValues": least, "maxValues": greatest, "nullCount": dict.fromkeys(least, 0)}


def _is_known(name: str, value: object) -> bool:
    return isinstance(value, int) or name == "mjd"


def _fields(schema: Any) -> list[Action]:  # noqa: ANN401
    own = [
        {"name": field.name, "type": _type(field.type), "nullable": True, "metadata": {}}
        for field in schema
    ]
    return [*own, NIGHT_FIELD]


def _type(kind: Any) -> Any:  # noqa: ANN401
    import pyarrow as pa

    if pa.types.is_list(kind):
        return {"type": "array", "elementType": _type(kind.value_type), "containsNull": False}
    return TYPES[str(kind)]


def _commit(log: Path, version: int, actions: Sequence[Action]) -> None:
    make(log)
    written = log / f".{secrets.token_hex(4)}"
    written.write_text("".join(json.dumps(action) + "\n" for action in actions))
    publish(written, log / f"{version:020}.json")
