"""What a filter is tried on: a lake, or packets decoded and scored, as the same tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Table
from gueststar.batches import score
from lake.archives import Archive
from lake.layout import packet_sizes
from lake.reading import Lake, LakeRows, is_lake
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.schema_folder import SchemaFolder

TOGETHER = 500
"""Packets decoded and scored together: one batch of them is 33 MB."""

STAMPS_TOGETHER = 512
"""Alerts of a lake judged together by a filter that reads stamps, which are 140 kB each."""

Rows = NDArray[np.int64]


class Packets:
    """Packets of a file, a folder or an archive; every classifier scores them as they come."""

    def __init__(self, path: Path, *, schemas: Path | None = None) -> None:
        """Raises ArchiveError where there is no such path, SchemaError for a bad folder."""
        self.decoder = decoder_of(schemas)
        self._archive = Archive(path, decoder=self.decoder)
        self.path = path
        self.size: float = self._archive.bytes_total
        self.has_stamps = True
        self.rejected = 0
        self.broken: ArchiveError | None = None
        """Why the archive could be read no further than what came of it."""
        self._ids = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the ids of the alerts read so far, in their order."""
        return self._ids.hexdigest()

    @property
    def passed_over(self) -> Sequence[tuple[str, str]]:
        """Files that are no packets, with the reason."""
        return self._archive.unreadable

    @property
    def done(self) -> float:
        """How far through `size` the reading is."""
        return self._archive.bytes_read

    def decoded(self) -> Iterator[AlertBatch]:
        """The alerts, once, not scored.

        Raises ArchiveError where there are none, and behind all that can be read of an archive that
        breaks off; `broken` is that error.
        """
        packets = self._readable()
        while together := list(islice(packets, TOGETHER)):
            batch = self.decoder.decode(together)
            self._ids.update(batch.alert_id.tobytes())
            self.rejected += len(batch.rejected)
            yield batch
        if self.broken is not None:
            raise self.broken

    def _readable(self) -> Iterator[bytes]:
        try:
            for packet in self._archive:
                yield packet.data
        except ArchiveError as error:
            self.broken = error

    def batches(self) -> Iterator[AlertBatch]:
        """The alerts, scored, once. Raises as `decoded`."""
        for batch in self.decoded():
            score(batch)
            yield batch

    def tables(self, *, with_stamps: bool = False) -> Iterator[Table]:
        """As `batches`; a batch has its stamps whether they are asked for or not."""
        del with_stamps
        return self.batches()


class Nights:
    """A lake, or some of its nights."""

    def __init__(
        self, path: Path, nights: Sequence[str] = (), *, schemas: Path | None = None
    ) -> None:
        """Raises ArchiveError where there are none."""
        self.decoder = decoder_of(schemas)
        self._lake = Lake(path, nights, decoder=self.decoder)
        self.path = path
        self.size: float = len(self._lake)
        self.done: float = 0
        self.has_stamps = self._lake.has_packets
        self.rejected = 0

    @property
    def sha256(self) -> str:
        return self._lake.sha256

    @property
    def nothing(self) -> Table:
        """No rows at all, with the scores that the first night has."""
        return next(self._lake.tables()).take(np.arange(0))

    def tables(self, *, with_stamps: bool = False) -> Iterator[Table]:
        """The alerts, in groups; in small ones where stamps are read."""
        for rows in self._lake.tables(STAMPS_TOGETHER if with_stamps else None):
            yield rows
            self.done += len(rows)


Source = Packets | Nights


def opened(path: Path, nights: Sequence[str] = (), *, schemas: Path | None = None) -> Source:
    """The alerts at a path. Raises ArchiveError where there are none, or no such nights."""
    if path.is_dir() and is_lake(path):
        return Nights(path, nights, schemas=schemas)
    if nights:
        raise ArchiveError(
            f"{path} is no lake, so it has no nights to choose from; make one of it with"
            " `gueststar archive`, or leave --nights out"
        )
    return Packets(path, schemas=schemas)


def decoder_of(schemas: Path | None) -> Decoder:
    """A decoder that looks in a folder of schemas, if there is one."""
    return Decoder(schemas=SchemaFolder(schemas) if schemas else None, rescore=True)


def kept(table: Table, decoder: Decoder) -> AlertBatch:
    """Rows by themselves, in memory: a batch's `take` alone would keep the whole batch's bytes."""
    if isinstance(table, LakeRows):
        return table.batch()
    assert isinstance(table, AlertBatch), "a source gives no other"
    batch = decoder.decode(table.packets)
    batch.learned.update(table.learned)
    return batch


def by_night(table: Table) -> Iterator[tuple[str, Rows]]:
    """The rows of each night, which is "0" where the time is none."""
    if isinstance(table, LakeRows):
        yield table.night, np.arange(len(table))
        return
    nights = table.column("night")
    for night in np.unique(nights).tolist():
        yield str(night), np.flatnonzero(nights == night)


def bytes_of(table: Table) -> tuple[Rows, Rows]:
    """Bytes of each alert's packet, and of the packet without cutouts, int64 (n,) each."""
    if isinstance(table, LakeRows):
        return table.packet_bytes, table.lite_bytes
    assert isinstance(table, AlertBatch), "a source gives no other"
    return packet_sizes(table)
