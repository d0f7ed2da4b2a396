"""The real alerts behind GUESTSTAR_DATA, read the plain way: tarfile and fastavro."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

MAGIC = b"Obj\x01"
UNTIMED = "lsst/schemas/7/4/sample_data/fakeAlert.avro"
"""A published example that is no alert: its time is given in seconds of 1970, not in days."""
CUTOUTS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")


def avro_files(folder: Path) -> Iterator[bytes]:
    """Every Avro container of the surveys, loose or in a tar archive, whatever it is called."""
    for survey in ("ztf", "lsst"):
        for path in sorted((folder / survey).rglob("*")):
            if path != folder / UNTIMED:
                yield from (data for data in _contents(path) if data.startswith(MAGIC))


def night_files(folder: Path) -> Iterator[bytes]:
    """The 835 untouched packets of one night of ZTF's."""
    (path,) = (folder / "ztf" / "ZwickyTransientFacility+ztfss18").glob("*.tar.xz")
    yield from (data for data in _contents(path) if data.startswith(MAGIC))


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Every record of every container."""
    for data in avro_files(folder):
        yield from (dict(record) for record in fastavro.reader(BytesIO(data)))


def cutouts_of(record: dict[str, Any]) -> list[bytes | None]:
    """The three planes' FITS files; None where there is none."""
    fields = [record.get(name) for name in CUTOUTS]
    return [field["stampData"] if isinstance(field, dict) else field for field in fields]


def _contents(path: Path) -> Iterator[bytes]:
    if ".tar" in path.name:
        with tarfile.open(path) as archive:
            files = (archive.extractfile(member) for member in archive if member.isfile())
            yield from (file.read() for file in files if file)
    elif path.suffix == ".avro":
        yield path.read_bytes()
