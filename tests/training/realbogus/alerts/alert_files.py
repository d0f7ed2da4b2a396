"""Invented alerts of both surveys, written to a folder in every way that real ones come."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from astropy.io import fits
from numpy.typing import NDArray

from schemas.enriched_reading import read_enriched
from tests.classifiers.stamped import invented_stamps, packet
from tests.schemas.survey_packets import CUTOUTS, container

COUNT = 4
SIDE = 30
SCALE_DEG = 0.2 / 3600
Write = Callable[[Path, list[bytes]], None]


def ztf_packets() -> list[bytes]:
    """Four alerts, the last without a template."""
    rows = [list(planes) for planes in invented_stamps(COUNT, seed=1)]
    whole = [packet(n, rows[n], field=400 + n, drb=n / 4, isdiffpos="f") for n in range(3)]
    return [*whole, packet(3, [rows[3][0], None, rows[3][2]])]


def rubin_stamps() -> NDArray[np.float32]:
    """(4, 3, 30, 30) of noise."""
    noise = np.random.default_rng(2).normal(size=(COUNT, 3, SIDE, SIDE))
    return noise.astype(np.float32)


def rubin_packet(number: int, planes: list[NDArray[np.float32]], **source: object) -> bytes:
    """An alert with these planes; the fields of its source may be replaced."""
    values = {**DIA_SOURCE, "diaSourceId": 10**16 + number, **source}
    record: dict[str, Any] = {
        "diaSource": values,
        "prvDiaSources": None,
        "ssSource": {"ssObjectId": 5, "residualRa": 1e-4, "residualDec": 0.0, "phaseAngle": 1.0}
        if number == 1
        else None,
        "xm": {"simbad_otype": "QSO", "gaiadr3_Plx": 0.1},
        **dict(zip(CUTOUTS, map(fits_file, planes), strict=True)),
    }
    return container(RUBIN_SCHEMA, record)


def rubin_packets() -> list[bytes]:
    """Four alerts: plain, an asteroid, a dipole with a negative flux, and one that is negative."""
    rows = [list(planes) for planes in rubin_stamps()]
    return [
        rubin_packet(0, rows[0]),
        rubin_packet(1, rows[1], diaObjectId=None, pixelFlags_cr=True),
        rubin_packet(2, rows[2], isDipole=True, psfFlux=-100.0, pixelFlags_streak=True),
        rubin_packet(3, rows[3], isNegative=True, psfFlux=-100.0),
    ]


def fits_file(pixels: NDArray[np.float32]) -> bytes:
    """As Rubin sends it: uncompressed, turned on the sky, 0.2 arcsec a pixel."""
    image = fits.PrimaryHDU(pixels)
    image.header.update(PC1_1=-0.6 * SCALE_DEG, PC1_2=0.8 * SCALE_DEG)
    image.header.update(PC2_1=0.8 * SCALE_DEG, PC2_2=0.6 * SCALE_DEG)
    out = io.BytesIO()
    image.writeto(out)
    return out.getvalue()


def write_files(folder: Path, packets: list[bytes]) -> None:
    """One Avro file an alert."""
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(packets):
        (folder / f"{number}.avro").write_bytes(one)


def write_archive(folder: Path, packets: list[bytes]) -> None:
    """A compressed archive of Avro files."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "alerts.tar.xz", "w:xz") as archive:
        for number, one in enumerate(packets):
            member = tarfile.TarInfo(f"night/{number}.avro")
            member.size = len(one)
            archive.addfile(member, io.BytesIO(one))


def write_table(folder: Path, packets: list[bytes]) -> None:
    """A Parquet table of one row an alert."""
    folder.mkdir(exist_ok=True)
    rows = [read_enriched(one) for one in packets]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "alerts.parquet")


WAYS: tuple[Write, ...] = (write_files, write_archive, write_table)
DIA_SOURCE: dict[str, Any] = {
    "diaSourceId": 0,
    "diaObjectId": 7,
    "ssObjectId": None,
    "visit": 2025052000123,
    "detector": 12,
    "midpointMjdTai": 60000.75,
    "ra": 10.0,
    "dec": 0.0,
    "band": "r",
    "psfFlux": 100.0,
    "psfFluxErr": 10.0,
    "reliability": 0.75,
    "ixxPSF": 0.2,
    "iyyPSF": 0.12,
    "isNegative": False,
    "isDipole": False,
    "pixelFlags_cr": False,
    "pixelFlags_streak": False,
}
NAMES = {int: "long", float: "double", str: "string", bool: "boolean", type(None): "long"}


def _record(name: str, values: dict[str, Any]) -> dict[str, Any]:
    fields = [
        {"name": field, "type": ["null", NAMES[type(value)]]} for field, value in values.items()
    ]
    return {"type": "record", "name": name, "fields": fields}


RUBIN_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "lsst.v10_0.alert",
    "fields": [
        {"name": "diaSource", "type": _record("diaSource", DIA_SOURCE)},
        {"name": "prvDiaSources", "type": ["null", {"type": "array", "items": "diaSource"}]},
        {
            "name": "ssSource",
            "type": [
                "null",
                _record(
                    "ssSource",
                    {"ssObjectId": 5, "residualRa": 0.0, "residualDec": 0.0, "phaseAngle": 0.0},
                ),
            ],
        },
        {"name": "xm", "type": _record("xm", {"simbad_otype": "", "gaiadr3_Plx": 0.0})},
        *({"name": name, "type": ["null", "bytes"]} for name in CUTOUTS),
    ],
}
"""A Rubin schema in small, with fields that training has no use for."""
