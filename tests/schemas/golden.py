"""Alert packets that the tests make themselves: of the surveys' shape, drawn from a seed.

The schemas hold every field that becomes a column, under its published name and type, and some
of each type that do not. Written by fastavro and astropy, so that what the project wrote itself
is not read by itself.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import fastavro
import numpy as np
from astropy.io import fits
from numpy.random import Generator, default_rng

from schemas.avro import WriterSchema

Record = dict[str, Any]
ZTF_CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
RUBIN_ID = 1100
EPOCHS_MAX = 12

_TYPES = {"d": "double", "f": "float", "i": "int", "l": "long", "s": "string", "b": "boolean"}
ZTF_SOURCE = (
    "jd:d fid:i pid:l diffmaglim:f? pdiffimfilename:s? programid:i candid:l? isdiffpos:s? "
    "field:i? xpos:f? ra:d? dec:d? magpsf:f? sigmapsf:f? fwhm:f? elong:f? nbad:i? rb:f? "
    "ssdistnr:f? ssnamenr:s? sumrat:f? ranr:d? decnr:d? magzpsci:f? rbversion:s"
)
ZTF_CANDIDATE = (
    "jd:d fid:i pid:l diffmaglim:f? pdiffimfilename:s? programpi:s? programid:i candid:l "
    "isdiffpos:s tblid:l? nid:i? ra:d dec:d magpsf:f sigmapsf:f chipsf:f? magap:f? fwhm:f? "
    "classtar:f? elong:f? nneg:i? rb:f? ssdistnr:f? ssmagnr:f? ssnamenr:s? ranr:d decnr:d "
    "sgmag1:f? sgscore1:f? distpsnr1:f? ndethist:i ncovhist:i jdstarthist:d? jdendhist:d? "
    "scorr:d? tooflag:i? objectidps1:l? magzpsci:f? rbversion:s exptime:f? drb:f? drbversion:s "
    "magnr:f? distnr:f?"
)
ZTF_FORCED = (
    "field:i? fid:i pid:l rfid:l magzpsci:f? exptime:f? diffmaglim:f? programid:i jd:d "
    "forcediffimflux:f? forcediffimfluxunc:f? procstatus:s? distnr:f? ranr:d"
)
RUBIN_SOURCE = (
    "diaSourceId:l visit:l detector:i diaObjectId:l? ssObjectId:l? midpointMjdTai:d ra:d "
    "raErr:f? dec:d x:f y:f centroid_flag:b? apFlux:f? snr:f? psfFlux:f? psfFluxErr:f? "
    "psfNdata:i trailRa:d? reliability:f? reliabilityVersion:s? band:s? isNegative:b? "
    "glint_trail:b? templateFlux:f?"
)
RUBIN_FORCED = (
    "diaForcedSourceId:l diaObjectId:l ra:d dec:d visit:l psfFlux:f? psfFluxErr:f? "
    "midpointMjdTai:d scienceFlux:f? band:s?"
)
RUBIN_OBJECT = (
    "diaObjectId:l ra:d nearbyObj1:l? firstDiaSourceMjdTai:d? nDiaSources:i u_psfFluxMin:f? "
    "hostgal_zphot:f? hostgal_zphot_err:f?"
)
RUBIN_ASTEROID = "diaSourceId:l ssObjectId:l designation:s? ephOffset:f? ephRa:d? topo_x:f?"
RUBIN_LIMIT = "ccdVisitId:l midpointMjdTai:d band:s diaNoise:f"


def record_schema(name: str, namespace: str, fields: str) -> Record:
    """A record's schema from words NAME:TYPE, `?` for a nullable one."""
    types = []
    for word in fields.split():
        field, _, kind = word.partition(":")
        plain = _TYPES[kind.rstrip("?")]
        types.append({"name": field, "type": ["null", plain] if "?" in kind else plain})
    return {"type": "record", "name": name, "namespace": namespace, "fields": types}


def _field(name: str, kind: object) -> Record:
    return {"name": name, "type": kind}


def _history(item: Record) -> list[object]:
    return ["null", {"type": "array", "items": item}]


def ztf_schema() -> Record:
    """ZTF's shape: every leaf nullable as in 4.02, the cutout's record named once."""
    cutout = {
        "type": "record",
        "name": "cutout",
        "namespace": "ztf.alert",
        "fields": [_field("fileName", "string"), _field("stampData", "bytes")],
    }
    return {
        "type": "record",
        "name": "alert",
        "namespace": "ztf",
        "version": "4.02",
        "fields": [
            _field("schemavsn", "string"),
            _field("publisher", "string"),
            _field("objectId", "string"),
            _field("candid", "long"),
            _field("candidate", record_schema("candidate", "ztf.alert", ZTF_CANDIDATE)),
            _field(
                "prv_candidates", _history(record_schema("prv_candidate", "ztf.alert", ZTF_SOURCE))
            ),
            _field("fp_hists", _history(record_schema("fp_hist", "ztf.alert", ZTF_FORCED))),
            _field("cutoutScience", ["null", cutout]),
            _field("cutoutTemplate", ["null", "ztf.alert.cutout"]),
            _field("cutoutDifference", ["null", "ztf.alert.cutout"]),
        ],
    }


def rubin_schema() -> Record:
    """Rubin's shape, 11.1 with the limits that ended with 7.4."""
    space = "lsst.v11_0"
    parts = {
        "ssSource": RUBIN_ASTEROID,
        "diaObject": RUBIN_OBJECT,
    }
    return {
        "type": "record",
        "name": "alert",
        "namespace": space,
        "fields": [
            _field("diaSourceId", "long"),
            _field("observation_reason", ["null", "string"]),
            _field("diaSource", record_schema("diaSource", space, RUBIN_SOURCE)),
            _field("prvDiaSources", _history(f"{space}.diaSource")),  # type: ignore[arg-type]
            _field(
                "prvDiaForcedSources",
                _history(record_schema("diaForcedSource", space, RUBIN_FORCED)),
            ),
            _field(
                "prvDiaNondetectionLimits",
                _history(record_schema("diaNondetectionLimit", space, RUBIN_LIMIT)),
            ),
            *(
                _field(name, ["null", record_schema(name, space, fields)])
                for name, fields in parts.items()
            ),
            *(_field(name, ["null", "bytes"]) for name in ZTF_CUTOUTS),
        ],
    }


def ztf_record(seed: int, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """An alert of ZTF's; `changes` replace fields, and those of `candidate` one by one."""
    rng = default_rng(seed)
    jd = float(rng.uniform(2458300, 2461000))
    candidate = drawn(rng, ZTF_CANDIDATE) | {
        "jd": jd,
        "fid": int(rng.integers(1, 4)),
        "candid": int(rng.integers(10**17, 2**62)),
        "isdiffpos": str(rng.choice(["t", "f", "1", "0"])),
        "ra": float(rng.uniform(0, 360)),
        "dec": float(rng.uniform(-90, 90)),
        "magpsf": float(rng.uniform(14, 21)),
        "sigmapsf": float(rng.uniform(0.01, 0.3)),
        "ssdistnr": float(rng.choice([-999.0, 0.5])),
        "distpsnr1": float(rng.choice([-999.0, 3.5])),
        "sgscore1": float(rng.choice([-999.0, 0.0, 0.75])),
        "jdstarthist": jd - float(rng.uniform(0, 100)),
        "drb": float(rng.choice([0.0, 0.9])),
        "drbversion": str(rng.choice(["", "d6_m7"])),
        "magnr": float(rng.choice([-999.0, rng.uniform(13, 21)])),
        "distnr": float(rng.choice([-999.0, rng.uniform(0, 3)])),
    }
    candidate = as_sent(candidate, ZTF_CANDIDATE)
    record = {
        "schemavsn": "4.02",
        "publisher": "golden",
        "objectId": f"ZTF{seed % 100:02}golden{seed}",
        "candid": candidate["candid"],
        "candidate": candidate,
        "prv_candidates": _epochs(rng, ZTF_SOURCE, jd),
        "fp_hists": _epochs(rng, ZTF_FORCED, jd),
        **{name: _ztf_cutout(rng, name) for name in ZTF_CUTOUTS},
    }
    return changed(record, "candidate", changes)


def rubin_record(seed: int, **changes: Any) -> Record:  # noqa: ANN401 - values of any field
    """An alert of Rubin's; `changes` replace fields, and those of `diaSource` one by one."""
    rng = default_rng(seed)
    mjd = float(rng.uniform(60300, 61000))
    asteroid = bool(rng.random() < 0.3)
    source = drawn(rng, RUBIN_SOURCE) | {
        "diaSourceId": int(rng.integers(10**16, 2**62)),
        "diaObjectId": None if asteroid else int(rng.integers(10**16, 2**62)),
        "ssObjectId": int(rng.integers(10**16, 2**62)) if asteroid else None,
        "midpointMjdTai": mjd,
        "ra": float(rng.uniform(0, 360)),
        "dec": float(rng.uniform(-90, 90)),
        "band": str(rng.choice(list("ugrizy"))),
    }
    record = {
        "diaSourceId": source["diaSourceId"],
        "observation_reason": None,
        "diaSource": source,
        "prvDiaSources": _epochs(rng, RUBIN_SOURCE, mjd),
        "prvDiaForcedSources": _epochs(rng, RUBIN_FORCED, mjd),
        "prvDiaNondetectionLimits": _epochs(rng, RUBIN_LIMIT, mjd),
        "ssSource": drawn(rng, RUBIN_ASTEROID) if asteroid else None,
        "diaObject": None if asteroid else drawn(rng, RUBIN_OBJECT),
        **{name: fits_stamp(rng, 30) for name in ZTF_CUTOUTS},
    }
    return changed(record, "diaSource", changes)


def ztf_packet(
    seed: int,
    *,
    codec: str = "null",
    schema: Record | None = None,
    **changes: Any,  # noqa: ANN401 - values of any field
) -> bytes:
    """A message as ZTF sends it: a container with one record."""
    return container([ztf_record(seed, **changes)], schema or ztf_schema(), codec)


def rubin_packet(seed: int, *, schema_id: int = RUBIN_ID, **changes: Any) -> bytes:  # noqa: ANN401
    """A message as Rubin sends it: byte 0, the schema's id, the bare record."""
    out = BytesIO()
    fastavro.schemaless_writer(
        out, fastavro.parse_schema(rubin_schema()), rubin_record(seed, **changes)
    )
    return b"\0" + schema_id.to_bytes(4, "big") + out.getvalue()


def container(records: Iterable[Record], schema: Record, codec: str = "null") -> bytes:
    """A container file of any number of records, one block."""
    out = BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), records, codec, sync_interval=2**30)
    return out.getvalue()


class GoldenSchemas:
    """A source of schemas that knows Rubin's golden one."""

    def find(self, schema_id: int) -> WriterSchema | None:
        """The golden schema under its own id."""
        if schema_id != RUBIN_ID:
            return None
        return WriterSchema.of(json.dumps(rubin_schema()), schema_id)


def fits_stamp(rng: Generator, side: int) -> bytes:
    """A FITS file of one square image of float32."""
    out = BytesIO()
    fits.PrimaryHDU(rng.normal(100, 10, (side, side)).astype(np.float32)).writeto(out)
    return out.getvalue()


def _ztf_cutout(rng: Generator, name: str) -> Record:
    stamp = gzip.compress(fits_stamp(rng, 63), compresslevel=1, mtime=0)
    return {"fileName": f"golden_{name}.fits.gz", "stampData": stamp}


def changed(record: Record, part: str, changes: Record) -> Record:
    return record | changes | {part: record[part] | changes.get(part, {})}


def _epochs(rng: Generator, fields: str, before: float) -> list[Record] | None:
    """A history: none, empty, or points in no strict order, a third of them limits."""
    if rng.random() < 0.1:
        return None
    points = []
    for _ in range(int(rng.integers(0, EPOCHS_MAX))):
        point = drawn(rng, fields)
        for time in {"jd", "midpointMjdTai"} & set(point):
            point[time] = before - float(rng.uniform(0, 30))
        if "magpsf" in point:
            seen = rng.random() < 0.7
            point["magpsf"] = float(rng.uniform(14, 21)) if seen else None
            point["sigmapsf"] = float(rng.uniform(0.01, 0.3)) if seen else None
            point["isdiffpos"] = str(rng.choice(["t", "f", "1", "0"])) if seen else None
        if "magzpsci" in point:
            point["magzpsci"] = float(rng.uniform(25, 27))
        if "procstatus" in point:
            point["procstatus"] = str(rng.choice(["0", "0", "0", "56", "56,63"]))
        points.append(as_sent(point, fields))
    return sorted(points, key=lambda point: float(point.get("jd", 0)))


def as_sent(record: Record, fields: str) -> Record:
    """The record with each float as its type holds it, so that it reads back as it is."""
    singles = {word.partition(":")[0] for word in fields.split() if ":f" in word}
    return {
        name: float(np.float32(value)) if name in singles and value is not None else value
        for name, value in record.items()
    }


def drawn(rng: Generator, fields: str) -> Record:
    """A record with a value of each field's type; a third of the nullable ones are null."""
    record: Record = {}
    for word in fields.split():
        field, _, kind = word.partition(":")
        record[field] = None if "?" in kind and rng.random() < 0.3 else _value(rng, kind[0])
    return record


def _value(rng: Generator, kind: str) -> Any:  # noqa: ANN401 - of the type asked for
    if kind == "s":
        return str(rng.choice(["g", "r", "i", "z", "", "something longer"]))
    if kind == "b":
        return bool(rng.integers(2))
    if kind in "il":
        return int(rng.integers(0, 2**31 - 1 if kind == "i" else 2**62))
    return float(np.float32(rng.normal(0, 100)))
