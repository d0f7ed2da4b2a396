"""Rows of Parquet tables of ZTF alerts as Avro packets with their history.

`realbogus.alerts.ztf_packets` keeps of a row what a network of stamps needs; here it is what one of
light curves needs. Both go through the decoder that serves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet

from schemas.writing import container
from training.realbogus.alerts.ztf_packets import CLASSES

EPOCH = {
    "jd": "double",
    "fid": "int",
    "diffmaglim": ["null", "double"],
    "magpsf": ["null", "double"],
    "sigmapsf": ["null", "double"],
    "isdiffpos": ["null", "string"],
}
CANDIDATE = {
    **EPOCH,
    "pid": ["null", "long"],
    "ra": "double",
    "dec": "double",
    "jdstarthist": ["null", "double"],
    "distpsnr1": ["null", "double"],
    "sgscore1": ["null", "double"],
    "ssdistnr": ["null", "double"],
    "drb": ["null", "double"],
    "drbversion": ["null", "string"],
}
HISTORY = "prv_candidates"


def history_packets(folder: Path) -> Iterator[bytes]:
    """Every alert with a history in the Parquet tables below, as a container of one record."""
    for path in sorted(folder.rglob("*.parquet")):
        names = pyarrow.parquet.read_schema(path).names
        if {"objectId", "candidate", HISTORY} <= set(names):
            wanted = [name for name in WANTED if name in names]
            for row in pyarrow.parquet.read_table(path, columns=wanted).to_pylist():
                yield container(SCHEMA, _record(row))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    candidate = row["candidate"]
    return {
        "objectId": row["objectId"],
        "candid": candidate["candid"] if row.get("candid") is None else row["candid"],
        "candidate": {name: candidate.get(name) for name in CANDIDATE},
        HISTORY: [{name: one.get(name) for name in EPOCH} for one in row[HISTORY] or ()],
        **{name: row.get(name) for name in CLASSES},
    }


def _fields(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in kinds.items()]


def _schema() -> dict[str, Any]:
    epoch = {"type": "record", "name": "prv_candidate", "fields": _fields(EPOCH)}
    parts = {
        "objectId": "string",
        "candid": "long",
        "candidate": {"type": "record", "name": "candidate", "fields": _fields(CANDIDATE)},
        HISTORY: {"type": "array", "items": epoch},
        **{name: ["null", "string"] for name in CLASSES},
    }
    return {"type": "record", "name": "row", "fields": _fields(parts)}


SCHEMA = json.dumps(_schema())
WANTED = ("objectId", "candid", "candidate", HISTORY, *CLASSES)
