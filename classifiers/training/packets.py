"""Alert packets out of a folder: Avro files, tar archives of them, and Parquet tables.

A row of a Parquet table is written as an Avro packet with the few fields that training needs, so
that every stamp a network learns from came through the decoder that will serve it.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet

from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.writing import container
from schemas.ztf import CUTOUTS

CANDIDATE = {
    "jd": "double",
    "fid": "int",
    "field": ["null", "int"],
    "ra": "double",
    "dec": "double",
    "magpsf": "double",
    "isdiffpos": "string",
    "ssdistnr": ["null", "double"],
    "rb": ["null", "double"],
    "drb": ["null", "double"],
    "drbversion": ["null", "string"],
}
"""The fields that are kept of a Parquet row's `candidate`, with their Avro types."""


def packets(folder: Path) -> Iterator[bytes]:
    """Every alert below a folder as a message of one record, files in order of their names.

    Raises ArchiveError where the folder has none of the files that can be read.
    """
    decoder = Decoder()
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".avro", ".parquet"})
    archives = sorted(folder.rglob("*.tar*"))
    if not files and not archives:
        raise ArchiveError(f"{folder}: holds no .avro, .tar or .parquet file; name another folder")
    for path in files:
        if path.suffix == ".parquet":
            yield from _from_parquet(path)
        else:
            yield from decoder.split(path.read_bytes())
    for path in archives:
        for content in _members(path):
            yield from decoder.split(content)


def _members(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".avro") else None
            if file:
                yield file.read()


def _from_parquet(path: Path) -> Iterator[bytes]:
    for row in pyarrow.parquet.read_table(path).to_pylist():
        if all(row.get(name) for name in ("candidate", *CUTOUTS)):
            yield container(SCHEMA, _record(row))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    """What the schema below has room for."""
    candidate = {name: row["candidate"].get(name) for name in CANDIDATE}
    cutouts = {name: {"stampData": row[name]["stampData"]} for name in CUTOUTS}
    candid = row["candidate"]["candid"] if row.get("candid") is None else row["candid"]
    return {"objectId": row["objectId"], "candid": candid, "candidate": candidate, **cutouts}


def _schema() -> dict[str, Any]:
    candidate = [{"name": name, "type": kind} for name, kind in CANDIDATE.items()]
    cutouts = [
        {"name": name, "type": {"type": "record", "name": name, "fields": STAMP}}
        for name in CUTOUTS
    ]
    fields = [
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {
            "name": "candidate",
            "type": {"type": "record", "name": "candidate", "fields": candidate},
        },
        *cutouts,
    ]
    return {"type": "record", "name": "row", "fields": fields}


STAMP = [{"name": "stampData", "type": "bytes"}]
SCHEMA = json.dumps(_schema())
"""Of a Parquet row written as Avro."""
