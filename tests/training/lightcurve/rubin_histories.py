"""Rows of Parquet tables of Rubin alerts as Avro packets with their history, for the live path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow.parquet

from schemas.writing import container

MEASUREMENT = {
    "midpointMjdTai": "double",
    "band": ["null", "string"],
    "psfFlux": ["null", "double"],
    "psfFluxErr": ["null", "double"],
}
SOURCE = {
    **MEASUREMENT,
    "diaSourceId": "long",
    "diaObjectId": ["null", "long"],
    "ra": "double",
    "dec": "double",
}
HISTORIES = ("prvDiaSources", "prvDiaForcedSources")


def rubin_packets(folder: Path) -> Iterator[bytes]:
    """Every alert in the Parquet tables below, as a container of one record."""
    for path in sorted(folder.rglob("*.parquet")):
        if "diaSource" in pyarrow.parquet.read_schema(path).names:
            for row in pyarrow.parquet.read_table(path).to_pylist():
                yield container(SCHEMA, _record(row))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    histories = {
        name: [{field: one.get(field) for field in MEASUREMENT} for one in _items(row.get(name))]
        for name in HISTORIES
    }
    return {"diaSource": {name: _sound(row["diaSource"], name) for name in SOURCE}, **histories}


def _items(history: object) -> list[dict[str, Any]]:
    return [one for one in history if one is not None] if isinstance(history, list) else []


def _sound(source: dict[str, Any], name: str) -> object:
    """A whole number again where a table that had gaps made a float of it."""
    value = source.get(name)
    if isinstance(value, float) and name.endswith("Id"):
        return None if isnan(value) else int(value)
    return value


def _fields(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in kinds.items()]


def _schema() -> dict[str, Any]:
    source = {"type": "record", "name": "diaSource", "fields": _fields(SOURCE)}
    parts = {"diaSource": source} | {
        name: {
            "type": "array",
            "items": {"type": "record", "name": f"{name}Item", "fields": _fields(MEASUREMENT)},
        }
        for name in HISTORIES
    }
    return {"type": "record", "name": "row", "fields": _fields(parts)}


SCHEMA = json.dumps(_schema())
