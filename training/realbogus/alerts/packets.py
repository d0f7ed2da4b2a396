"""Alert packets out of a folder: Avro files, tar archives of them, and Parquet tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from lake.archives import Archive
from schemas import lsst, ztf
from schemas.errors import ArchiveError
from training.realbogus.alerts.rubin_packets import rubin_packet
from training.realbogus.alerts.ztf_packets import ztf_packet

SURVEYS = (("candidate", ztf.CUTOUTS, ztf_packet), ("diaSource", lsst.CUTOUTS, rubin_packet))
"""By survey: what a row must have, its stamps, and what writes it as a packet."""
KINDS = (".avro", ".parquet")
"""Files that are read beside tar archives, by their suffix."""


def packets(folders: Sequence[Path]) -> Iterator[bytes]:
    """Every alert below these as a message of one record, files in order of their names.

    Raises ArchiveError where they hold none of the files that can be read, or a broken one.
    """
    below = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [path for path in below if path.suffix in KINDS or ".tar" in path.suffixes]
    if not files:
        names = ", ".join(map(str, folders))
        raise ArchiveError(f"{names}: no .avro, .tar or .parquet file; name another folder")
    for path in files:
        if path.suffix == ".parquet":
            yield from _rows(path)
        else:
            yield from (packet.data for packet in Archive(path))


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
