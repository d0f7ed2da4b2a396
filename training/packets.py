"""Real alerts out of a folder, by the reader of archives and the decoder that will serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from lake.archives import Archive
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError

FOLDERS = ("ztf", "lsst")
"""Of real alerts, below the data's."""
SUFFIXES = (".avro", ".parquet")
"""Files that are read beside tar archives."""
BATCH = 256
ZTF_SCALARS = (
    *("fwhm", "elong", "aimage", "bimage", "aimagerat", "bimagerat", "sigmapsf", "chipsf"),
    *("classtar", "nneg", "nbad", "sumrat", "magdiff", "magfromlim", "scorr", "seeratio"),
    *("distnr", "chinr", "sharpnr", "mindtoedge"),
)
"""Numbers about one detection that every ZTF packet has, from schema 1.7 on."""


def decoded(packets: Iterable[bytes]) -> Iterator[AlertBatch]:
    """Batch after batch of what can be decoded."""
    decoder, left = Decoder(), iter(packets)
    while group := list(islice(left, BATCH)):
        yield decoder.decode(group)


def packets(folders: Sequence[Path]) -> Iterator[bytes]:
    """Every alert below these as a message of one record, files in order of their names.

    Raises ArchiveError where they hold none of the files that can be read, or a broken one.
    """
    below = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    files = [path for path in below if path.suffix in SUFFIXES or ".tar" in path.suffixes]
    if not files:
        names = ", ".join(map(str, folders))
        raise ArchiveError(f"{names}: no .avro, .tar or .parquet file; name another folder")
    for path in files:
        yield from (packet.data for packet in Archive(path))
