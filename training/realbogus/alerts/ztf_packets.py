"""Rows of a Parquet table of ZTF alerts as Avro packets, with the few fields training needs.

So that every stamp a network learns from came through the decoder that will serve it.
"""

from __future__ import annotations

import json
from typing import Any

from schemas.writing import container
from schemas.ztf import CUTOUTS
from training.realbogus.alerts.examples import SCALARS

CANDIDATE = {
    "jd": "double",
    "fid": "int",
    "pid": ["null", "long"],
    "field": ["null", "int"],
    "ra": "double",
    "dec": "double",
    "magpsf": "double",
    "isdiffpos": "string",
    "ssdistnr": ["null", "double"],
    "rb": ["null", "double"],
    "drb": ["null", "double"],
    "drbversion": ["null", "string"],
    **{name: ["null", "double"] for name in SCALARS},
}
"""The fields that are kept of a row's `candidate`, with their Avro types."""
CLASSES = ("cdsxmatch", "tns", "tnsclass")
"""Classes by position that the Fink broker adds to an alert."""


def ztf_packet(row: dict[str, Any]) -> bytes:
    """One alert as a container of one record."""
    candidate = {name: row["candidate"].get(name) for name in CANDIDATE}
    cutouts = {name: {"stampData": row[name]["stampData"]} for name in CUTOUTS}
    candid = row["candidate"]["candid"] if row.get("candid") is None else row["candid"]
    classes = {name: row.get(name) for name in CLASSES}
    own = {"objectId": row["objectId"], "candid": candid, "candidate": candidate}
    return container(SCHEMA, {**own, **cutouts, **classes})


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
        *({"name": name, "type": ["null", "string"]} for name in CLASSES),
    ]
    return {"type": "record", "name": "row", "fields": fields}


STAMP = [{"name": "stampData", "type": "bytes"}]
SCHEMA = json.dumps(_schema())
