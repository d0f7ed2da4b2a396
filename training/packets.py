"""Real alerts out of a folder: Avro files, tar archives of them, and rows of Parquet tables.

A row is written as an Avro packet, with the few fields that training needs, so that everything a
network learns from came through the decoder that will serve it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow.parquet

from lake.archives import Archive
from schemas import lsst, ztf
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.writing import container

FOLDERS = ("ztf", "lsst")
"""Of real alerts, below the data's."""
SUFFIXES = (".avro", ".parquet")
"""Files that are read beside tar archives."""
BATCH = 256
NULLABLE_LONG = ["null", "long"]
NULLABLE_DOUBLE = ["null", "double"]
NULLABLE_STRING = ["null", "string"]
NULLABLE_BOOLEAN = ["null", "boolean"]
Kinds = Mapping[str, Any]
"""Fields that are kept of a row: a name's Avro type, the fields of a record, or, as a tuple of one,
those of the records of an array."""
ZTF_SCALARS = (
    *("fwhm", "elong", "aimage", "bimage", "aimagerat", "bimagerat", "sigmapsf", "chipsf"),
    *("classtar", "nneg", "nbad", "sumrat", "magdiff", "magfromlim", "scorr", "seeratio"),
    *("distnr", "chinr", "sharpnr", "mindtoedge"),
)
"""Numbers about one detection that every ZTF packet has, from schema 1.7 on."""
ZTF_CLASSES = dict.fromkeys(("cdsxmatch", "tns", "tnsclass"), NULLABLE_STRING)
"""Classes by position that the Fink broker adds to an alert."""
ZTF_ROW: Kinds = {
    "objectId": "string",
    "candid": "long",
    "candidate": {
        "jd": "double",
        "fid": "int",
        "pid": NULLABLE_LONG,
        "field": ["null", "int"],
        "ra": "double",
        "dec": "double",
        "magpsf": "double",
        "isdiffpos": "string",
        "ssdistnr": NULLABLE_DOUBLE,
        "rb": NULLABLE_DOUBLE,
        "drb": NULLABLE_DOUBLE,
        "drbversion": NULLABLE_STRING,
        **dict.fromkeys(ZTF_SCALARS, NULLABLE_DOUBLE),
    },
    **{name: {"stampData": "bytes"} for name in ztf.CUTOUTS},
    **ZTF_CLASSES,
}
"""What a network of stamps needs."""
RUBIN_ROW: Kinds = {
    "diaSource": {
        "midpointMjdTai": "double",
        "diaSourceId": "long",
        "diaObjectId": NULLABLE_LONG,
        "ssObjectId": NULLABLE_LONG,
        "visit": NULLABLE_LONG,
        "band": NULLABLE_STRING,
        "ra": "double",
        "dec": "double",
        "psfFlux": NULLABLE_DOUBLE,
        "psfFluxErr": NULLABLE_DOUBLE,
        "reliability": NULLABLE_DOUBLE,
        "isNegative": NULLABLE_BOOLEAN,
        "ixxPSF": NULLABLE_DOUBLE,
        "iyyPSF": NULLABLE_DOUBLE,
        "isDipole": NULLABLE_BOOLEAN,
        "pixelFlags_cr": NULLABLE_BOOLEAN,
        "pixelFlags_streak": NULLABLE_BOOLEAN,
    },
    "ssSource": {
        "ssObjectId": NULLABLE_LONG,
        "ephOffset": NULLABLE_DOUBLE,
        "residualRa": NULLABLE_DOUBLE,
        "residualDec": NULLABLE_DOUBLE,
    },
    "xm": {"simbad_otype": NULLABLE_STRING},  # Fink's matches by position
    **dict.fromkeys(lsst.CUTOUTS, "bytes"),
    "cdsxmatch": NULLABLE_STRING,
}
ZTF_EPOCH: Kinds = {
    "jd": "double",
    "fid": "int",
    "diffmaglim": NULLABLE_DOUBLE,
    "magpsf": NULLABLE_DOUBLE,
    "sigmapsf": NULLABLE_DOUBLE,
    "isdiffpos": NULLABLE_STRING,
}
ZTF_HISTORY: Kinds = {
    "objectId": "string",
    "candid": "long",
    "candidate": {
        **ZTF_EPOCH,
        "pid": NULLABLE_LONG,
        "ra": "double",
        "dec": "double",
        "jdstarthist": NULLABLE_DOUBLE,
        "distpsnr1": NULLABLE_DOUBLE,
        "sgscore1": NULLABLE_DOUBLE,
        "ssdistnr": NULLABLE_DOUBLE,
        "drb": NULLABLE_DOUBLE,
        "drbversion": NULLABLE_STRING,
    },
    "prv_candidates": (ZTF_EPOCH,),
    **ZTF_CLASSES,
}
"""What a network of light curves needs."""
WITH_STAMPS = (("candidate", ztf.CUTOUTS, ZTF_ROW), ("diaSource", lsst.CUTOUTS, RUBIN_ROW))
"""By survey: what a row must have, its stamps, and what is kept of it."""


def decoded(packets: Iterable[bytes]) -> Iterator[AlertBatch]:
    """Batch after batch of what can be decoded."""
    decoder, left = Decoder(), iter(packets)
    while group := list(islice(left, BATCH)):
        yield decoder.decode(group)


def packets(folders: Sequence[Path]) -> Iterator[bytes]:
    """Every alert below these as a message of one record, files in order of their names.

    Of tables, rows with three stamps. Raises ArchiveError where they hold none of the files that
    can be read, or a broken one.
    """
    below = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [path for path in below if path.suffix in SUFFIXES or ".tar" in path.suffixes]
    if not files:
        names = ", ".join(map(str, folders))
        raise ArchiveError(f"{names}: no .avro, .tar or .parquet file; name another folder")
    for path in files:
        if path.suffix != ".parquet":
            yield from (packet.data for packet in Archive(path))
            continue
        for row in pyarrow.parquet.read_table(path).to_pylist():
            for source, cutouts, kinds in WITH_STAMPS:
                if all(row.get(name) for name in (source, *cutouts)):
                    yield packet_of(row, kinds)


def history_packets(folder: Path) -> Iterator[bytes]:
    """Every ZTF alert with a history in the Parquet tables below."""
    for path in sorted(folder.rglob("*.parquet")):
        names = pyarrow.parquet.read_schema(path).names
        if {"objectId", "candidate", "prv_candidates"} <= set(names):
            wanted = [name for name in ZTF_HISTORY if name in names]
            for row in pyarrow.parquet.read_table(path, columns=wanted).to_pylist():
                yield packet_of(row, ZTF_HISTORY)


def packet_of(row: Mapping[str, Any], kinds: Kinds) -> bytes:
    """One alert as a container of one record."""
    if row.get("candid") is None and "candidate" in kinds:
        row = {**row, "candid": row["candidate"]["candid"]}
    return container(json.dumps(_record("row", kinds)), _kept(row, kinds))


def _record(name: str, kinds: Kinds) -> dict[str, Any]:
    fields = [{"name": one, "type": _type(one, kind)} for one, kind in kinds.items()]
    return {"type": "record", "name": name, "fields": fields}


def _type(name: str, kind: Any) -> Any:  # noqa: ANN401 - as JSON has it
    if isinstance(kind, tuple):
        return {"type": "array", "items": _record(f"one_of_{name}", kind[0])}
    return _record(name, kind) if isinstance(kind, Mapping) else kind


def _kept(row: Mapping[str, Any], kinds: Kinds) -> dict[str, Any]:
    return {name: _value(row.get(name), kind) for name, kind in kinds.items()}


def _value(value: Any, kind: Any) -> Any:  # noqa: ANN401 - as a table has it
    if isinstance(kind, tuple):
        return [_kept(one, kind[0]) for one in value or ()]
    if isinstance(kind, Mapping):
        return _kept(value or {}, kind)
    if isinstance(value, float) and kind == NULLABLE_LONG:
        # A table that had gaps made a float of a whole number.
        return None if isnan(value) else int(value)
    return value
