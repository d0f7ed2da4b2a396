"""Every real alert of the data folder, with history and stamps, each once, as one batch.

Avro packets are taken as they are. Rows of Parquet tables are written as packets of the fields that
the adapters read, so that all alerts come through the decoder that serves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from lake.archives import Archive
from schemas import lsst, ztf
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader
from schemas.writing import container

Row = dict[str, Any]
FLOAT, LONG, TEXT = ["null", "double"], ["null", "long"], ["null", "string"]
ZTF_EPOCH: Row = {
    "jd": "double",
    "fid": "int",
    "diffmaglim": FLOAT,
    "magpsf": FLOAT,
    "sigmapsf": FLOAT,
    "isdiffpos": TEXT,
}
ZTF_CANDIDATE: Row = {
    **ZTF_EPOCH,
    "pid": LONG,
    "ra": "double",
    "dec": "double",
    "ndethist": LONG,
    "drbversion": TEXT,
    **dict.fromkeys(("jdstarthist", "distpsnr1", "sgscore1", "ssdistnr", "drb"), FLOAT),
    **dict.fromkeys(("fwhm", "elong", "magnr", "distnr"), FLOAT),
}
LSST_EPOCH: Row = {
    "midpointMjdTai": "double",
    "band": TEXT,
    "psfFlux": FLOAT,
    "psfFluxErr": FLOAT,
}
LSST_SOURCE: Row = {
    **LSST_EPOCH,
    "diaSourceId": "long",
    "diaObjectId": LONG,
    "ssObjectId": LONG,
    "ra": "double",
    "dec": "double",
    "reliability": FLOAT,
    "templateFlux": FLOAT,
    "isNegative": ["null", "boolean"],
}
LSST_OBJECT: Row = {"firstDiaSourceMjdTai": FLOAT, "nDiaSources": LONG}
SS_SOURCE: Row = {"ssObjectId": LONG, "ephOffset": FLOAT}
AT_ONCE_MAX = 2
"""Points of one band and instant that an alert may hold: a detection that comes twice."""
MATCHES = ("cdsxmatch", "tns", "tnsclass")
"""Classes by position that the Fink broker adds to an alert of ZTF."""
RUBIN_MATCHES: Row = {"simbad_otype": TEXT}
"""Likewise of Rubin, in its record `xm`."""


class RealAlerts(NamedTuple):
    """The alerts, and the whole record of each, where other brokers' matches stand."""

    batch: AlertBatch
    records: list[Row]


def read_real_alerts(data: Path) -> RealAlerts:
    """Both surveys' alerts below `data`, by rising id; of copies the one that holds most points."""
    batch = Decoder().decode([*_packets(data / "ztf"), *_packets(data / "lsst")])
    points = np.diff(batch.light_curve.offsets)
    order = np.lexsort((-points, batch.alert_id))
    rows = order[np.unique(batch.alert_id[order], return_index=True)[1]]
    once, reader = batch.take(rows.astype(np.int64)), EnrichedReader()
    return RealAlerts(once, [reader.read(packet) for packet in once.packets])


def rewritten(batch: AlertBatch) -> NDArray[np.bool_]:
    """The alerts whose history somebody rewrote to test a broker with, (n,).

    Some of the Fink broker's test packets hold a month's points at one instant, and with them an
    age of one hour, a star at 120 arcsec and an asteroid at 60: no camera exposes one field in one
    band so often at once. They are no observations, and nothing about rates follows from them.
    """
    curves = batch.light_curve
    rows = np.repeat(np.arange(len(batch)), np.diff(curves.offsets))
    order = np.lexsort((curves.band, curves.mjd, rows))
    rows, mjd, band = rows[order], curves.mjd[order], curves.band[order]
    away = AT_ONCE_MAX
    same = (rows[away:] == rows[:-away]) & (mjd[away:] == mjd[:-away])
    found = np.zeros(len(batch), np.bool_)
    found[rows[away:][same & (band[away:] == band[:-away])]] = True
    return found


def lacking_survey_score(batch: AlertBatch) -> NDArray[np.bool_]:
    """The alerts that the survey itself gave no real/bogus score, (n,)."""
    return np.isnan(batch.survey_real_score)


def _packets(folder: Path) -> Iterator[bytes]:
    """The alerts of one survey's folder, one a packet; payloads without a schema are left out."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            yield from _rows(path)
        elif (path.suffix == ".avro" and "schemas" not in path.parts) or ".tar" in path.suffixes:
            yield from (packet.data for packet in Archive(path))


def _rows(path: Path) -> Iterator[bytes]:
    names = set(pyarrow.parquet.read_schema(path).names)
    for known, schema, record in ((ZTF_NAMES, ZTF, _ztf), (LSST_NAMES, LSST, _lsst)):
        if {*known[:2]} <= names:
            wanted = [name for name in known if name in names]
            for row in pyarrow.parquet.read_table(path, columns=wanted).to_pylist():
                yield container(schema, record(row))


def _ztf(row: Row) -> Row:
    candidate = row["candidate"]
    return {
        "objectId": row["objectId"],
        "candid": candidate["candid"] if row.get("candid") is None else row["candid"],
        "candidate": _part(candidate, ZTF_CANDIDATE),
        "prv_candidates": [_part(one, ZTF_EPOCH) for one in row.get("prv_candidates") or ()],
        **{name: {"stampData": row[name]["stampData"]} for name in ztf.CUTOUTS},
        **{name: row.get(name) for name in MATCHES},
    }


def _lsst(row: Row) -> Row:
    return {
        "diaSource": _part(row["diaSource"], LSST_SOURCE),
        **{
            name: [_part(one, LSST_EPOCH) for one in row.get(name) or ()]
            for name in ("prvDiaSources", "prvDiaForcedSources")
        },
        "diaObject": _part(row.get("diaObject") or {}, LSST_OBJECT),
        "ssSource": _part(row.get("ssSource") or {}, SS_SOURCE),
        **{name: row[name] for name in lsst.CUTOUTS},
        "xm": _part(row.get("xm") or {}, RUBIN_MATCHES),
    }


def _part(values: Row, kinds: Row) -> Row:
    return {name: _sound(values.get(name), kind) for name, kind in kinds.items()}


def _sound(value: object, kind: object) -> object:
    """A whole number again where a table that had gaps made a float of it."""
    if isinstance(value, float) and kind == LONG:
        return None if isnan(value) else int(value)
    return value


def _record(name: str, kinds: Row) -> Row:
    fields = [{"name": each, "type": kind} for each, kind in kinds.items()]
    return {"type": "record", "name": name, "fields": fields}


def _list(name: str, kinds: Row) -> Row:
    return {"type": "array", "items": _record(name, kinds)}


ZTF_NAMES = ("objectId", "candidate", "candid", "prv_candidates", *ztf.CUTOUTS, *MATCHES)
LSST_NAMES = (
    *("diaSource", "prvDiaSources", "prvDiaForcedSources", "diaObject", "ssSource", "xm"),
    *lsst.CUTOUTS,
)
ZTF = json.dumps(
    _record(
        "row",
        {
            "objectId": "string",
            "candid": "long",
            "candidate": _record("candidate", ZTF_CANDIDATE),
            "prv_candidates": _list("epoch", ZTF_EPOCH),
            **{name: _record(name, {"stampData": "bytes"}) for name in ztf.CUTOUTS},
            **dict.fromkeys(MATCHES, TEXT),
        },
    )
)
LSST = json.dumps(
    _record(
        "row",
        {
            "diaSource": _record("source", LSST_SOURCE),
            "prvDiaSources": _list("earlier", LSST_EPOCH),
            "prvDiaForcedSources": _list("forced", LSST_EPOCH),
            "diaObject": _record("object", LSST_OBJECT),
            "ssSource": _record("match", SS_SOURCE),
            **dict.fromkeys(lsst.CUTOUTS, "bytes"),
            "xm": _record("xm", RUBIN_MATCHES),
        },
    )
)
