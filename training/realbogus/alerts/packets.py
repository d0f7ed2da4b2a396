"""Alert packets out of a folder: Avro files, tar archives of them, and Parquet tables."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from schemas import lsst, ztf
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from training.realbogus.alerts.rubin_packets import rubin_packet
from training.realbogus.alerts.ztf_packets import ztf_packet

SURVEYS = (("candidate", ztf.CUTOUTS, ztf_packet), ("diaSource", lsst.CUTOUTS, rubin_packet))
"""By survey: what a row must have, its stamps, and what writes it as a packet."""


def packets(folders: Sequence[Path]) -> Iterator[bytes]:
    """Every alert below these as a message of one record, files in order of their names.

    Raises ArchiveError where they hold none of the files that can be read.
    """
    decoder = Decoder()
    below = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [path for path in below if _contents(path) is not None]
    if not files:
        names = ", ".join(map(str, folders))
        raise ArchiveError(f"{names}: no .avro, .tar or .parquet file; name another folder")
    for path in files:
        for content in _contents(path) or ():
            yield from decoder.split(content)


def _contents(path: Path) -> Iterator[bytes] | None:
    """The containers of a file; None where it is of no kind that has any."""
    if path.suffix == ".parquet":
        return _rows(path)
    if path.suffix == ".avro":
        return (read() for read in (path.read_bytes,))
    return _members(path) if ".tar" in path.suffixes else None


def _members(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".avro") else None
            if file:
                yield file.read()


def _rows(path: Path) -> Iterator[bytes]:
    for row in pyarrow.parquet.read_table(path).to_pylist():
        packet = _packet(row)
        if packet:
            yield packet


def _packet(row: dict[str, Any]) -> bytes | None:
    """None for a row that is no alert with three stamps."""
    for source, cutouts, written in SURVEYS:
        if all(row.get(name) for name in (source, *cutouts)):
            return written(row)
    return None
