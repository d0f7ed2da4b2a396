"""Rows of a Parquet table of Rubin alerts as Avro packets, with the few fields training needs.

So that every stamp a network learns from came through the decoder that will serve it.
"""

from __future__ import annotations

import json
from math import isnan
from typing import Any

from schemas.lsst import CUTOUTS
from schemas.writing import container

NULLABLE_LONG = ["null", "long"]
DIA_SOURCE = {
    "midpointMjdTai": "double",
    "diaSourceId": "long",
    "diaObjectId": NULLABLE_LONG,
    "ssObjectId": NULLABLE_LONG,
    "visit": NULLABLE_LONG,
    "band": ["null", "string"],
    "ra": "double",
    "dec": "double",
    "psfFlux": ["null", "double"],
    "psfFluxErr": ["null", "double"],
    "reliability": ["null", "double"],
    "isNegative": ["null", "boolean"],
    "ixxPSF": ["null", "double"],
    "iyyPSF": ["null", "double"],
    "isDipole": ["null", "boolean"],
    "pixelFlags_cr": ["null", "boolean"],
    "pixelFlags_streak": ["null", "boolean"],
}
"""The fields that are kept of a row's `diaSource`, with their Avro types."""
SS_SOURCE = {
    "ssObjectId": NULLABLE_LONG,
    "ephOffset": ["null", "double"],
    "residualRa": ["null", "double"],
    "residualDec": ["null", "double"],
}
"""Likewise of its `ssSource`."""
MATCHES = {"simbad_otype": ["null", "string"]}
"""Likewise of `xm`, in which the Fink broker has its matches by position."""


def rubin_packet(row: dict[str, Any]) -> bytes:
    """One alert as a container of one record."""
    parts = {name: _part(row.get(name) or {}, kinds) for name, kinds in PARTS.items()}
    cutouts = {name: row[name] for name in CUTOUTS}
    return container(SCHEMA, {**parts, **cutouts, "cdsxmatch": row.get("cdsxmatch")})


def _part(values: dict[str, Any], kinds: dict[str, Any]) -> dict[str, Any]:
    return {name: _sound(values.get(name), kind) for name, kind in kinds.items()}


def _sound(value: object, kind: object) -> object:
    """A whole number again where a table that had gaps made a float of it."""
    if isinstance(value, float) and kind == NULLABLE_LONG:
        return None if isnan(value) else int(value)
    return value


def _record(name: str, kinds: dict[str, Any]) -> dict[str, Any]:
    fields = [{"name": field, "type": kind} for field, kind in kinds.items()]
    return {"name": name, "type": {"type": "record", "name": name, "fields": fields}}


PARTS: dict[str, dict[str, Any]] = {"diaSource": DIA_SOURCE, "ssSource": SS_SOURCE, "xm": MATCHES}
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "row",
        "fields": [
            *(_record(name, kinds) for name, kinds in PARTS.items()),
            *({"name": name, "type": "bytes"} for name in CUTOUTS),
            {"name": "cdsxmatch", "type": ["null", "string"]},
        ],
    }
)
