"""Packets of whatever keeps them, one after another: files, folders, archives, tables, lakes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np

from lake.inflated import BROKEN, TAR_BLOCK_BYTES, Readable, inflated, kind_of
from lake.members import Packet, Unreadable, members
from lake.packet_tables import table_packets
from lake.part import Part
from lake.pipes import Pipe
from lake.reading import Lake, is_lake
from lake.simulated.season import Season, simulation_at
from schemas.batch import AlertBatch
from schemas.container import MAGIC
from schemas.decode import Decoder
from schemas.errors import ArchiveError

CONFLUENT_BYTE = 0
CONFLUENT_BYTES_MIN = 6
"""The byte 0, four of the schema's id, and something."""

TOGETHER = 500
"""Packets of a lake that are read together."""


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds on what an archive may ask of us."""

    member_bytes_max: int = 256 * 2**20
    """A file, or a member of an archive, once inflated; it is held in memory whole. Parquet tables
    that are files of their own, not compressed as a whole, have no bound."""
    batch_alerts_max: int = 1000
    """Alerts that `read` hands over together."""
    batch_bytes_max: int = 128 * 2**20


class Archive:
    """The packets at a path, to be gone through once: containers and Confluent payloads.

    A path is a file, a folder or a lake. A folder is read with all below it, sorted by name, hidden
    files left out; lakes below it are read as such. A file is a packet, a container of many, a tar
    or zip archive of these, or a Parquet table of alerts (`lake.packet_tables`), or a pipe of it;
    files and members of archives may be compressed (gzip, bzip2, xz, zstandard, lz4). A container
    of many records comes as messages of one record each. A simulated season (`lake.simulated`), a
    folder or one file of its points, comes as the alerts of its detections. What is no packet is
    noted in `unreadable` and the others go on; a broken packet comes as it is, for decoding to
    refuse.
    """

    def __init__(
        self,
        path: Path,
        *,
        decoder: Decoder | None = None,
        limits: ArchiveLimits | None = None,
    ) -> None:
        """Raises ArchiveError where there is no such file or folder."""
        if not path.exists():
            raise ArchiveError(f"there is no file or folder {path}")
        self.path = path
        self.unreadable: list[Unreadable] = []
        files = simulation_at(path)
        self._season = Season(files) if files else None
        self._places = (path,) if files else _places(path)
        self.decoder = decoder or Decoder()
        self._limits = limits or ArchiveLimits()
        self._bytes_before = 0
        self._open: IO[bytes] | None = None

    @property
    def bytes_total(self) -> int:
        """The size of all files together, as they lie on disk; of a lake, of its packets.

        Of a simulated season the number of its alerts.
        """
        return len(self._season) if self._season else sum(map(_bytes_of, self._places))

    @property
    def bytes_read(self) -> int:
        """How far we are through `bytes_total`."""
        return self._bytes_before + (self._open.tell() if self._open else 0)

    def packets(self, first: int) -> Iterator[bytes]:
        """From the packet of that number on, those before it read as quickly as may be."""
        if self._season:
            self._bytes_before = first
            return (packet.data for packet in self._simulated(self._season, first))
        return (packet.data for packet in islice(self, first, None))

    @property
    def is_simulated(self) -> bool:
        """Whether it is a season, which comes by time, and of which `bytes_total` is its alerts."""
        return self._season is not None

    def __iter__(self) -> Iterator[Packet]:
        """Raises ArchiveError where the path itself is broken or no packet was found."""
        found = False
        for place in self._places:
            try:
                for packet in self._from(place):
                    found = True
                    yield packet
            except ArchiveError as error:
                if place == self.path:
                    raise
                self.unreadable.append(Unreadable(str(place), str(error)))
        if not found:
            raise ArchiveError(self._nothing())

    def _from(self, place: Path) -> Iterator[Packet]:
        if self._season:
            return self._simulated(self._season)
        return self._kept(place) if place.is_dir() else self._packets(place)

    def _simulated(self, season: Season, first: int = 0) -> Iterator[Packet]:
        for number, data in enumerate(season.alerts(first), first):
            self._bytes_before += 1
            yield Packet(f"{self.path}#{number}", data)

    def _nothing(self) -> str:
        first = "; {}: {}".format(*self.unreadable[0]) if self.unreadable else ""
        return (
            f"{self.path} holds no alert packet: Avro, a tar or zip archive of it, a Parquet table"
            f" of alerts, or a lake that kept its packets{first}"
        )

    def _kept(self, place: Path) -> Iterator[Packet]:
        """The packets of a lake, of each part by time. Raises ArchiveError where it lacks any."""
        lake = Lake(place, decoder=self.decoder)
        if not lake.has_packets:
            raise ArchiveError(
                f"{place} is a lake that did not keep all packets, so that none can be sent or"
                " decoded again; archive them again with --with-packets"
            )
        for part in lake.parts:
            for number, data in enumerate(_by_time(part)):
                self._bytes_before += len(data)
                yield Packet(f"{part.path}#{number}", data)

    def _packets(self, file: Path) -> Iterator[Packet]:
        bytes_max = self._limits.member_bytes_max
        with self._opened(file) as raw:
            try:
                content = inflated(raw, bytes_max)
                data = content.stream.read(bytes_max + 1) if content.kind == "one" else b""
            except BROKEN as error:
                raise ArchiveError(f"{file} is broken after its beginning: {error}") from error
            if len(data) > bytes_max:
                raise ArchiveError(f"{file} is over {bytes_max} bytes")
            if content.kind == "one":
                yield from self._messages(Packet(str(file), data), alone=file == self.path)
            elif content.kind == "table":
                yield from _rows(str(file), content.stream)
            else:
                yield from self._within(members(file, content, bytes_max))

    @contextmanager
    def _opened(self, file: Path) -> Iterator[IO[bytes]]:
        try:
            with file.open("rb") as raw:
                self._open = raw if raw.seekable() else cast("IO[bytes]", Pipe(raw))
                try:
                    yield self._open
                finally:
                    self._open = None
                    self._bytes_before += os.fstat(raw.fileno()).st_size
        except OSError as error:
            raise ArchiveError(f"{file} cannot be read: {error.strerror or error}") from error

    def _within(self, found: Iterable[Packet | Unreadable]) -> Iterator[Packet]:
        """The messages of an archive's members."""
        for member in found:
            if isinstance(member, Unreadable):
                self.unreadable.append(member)
            elif kind_of(member.data[:TAR_BLOCK_BYTES]) == "table":
                try:
                    yield from _rows(member.name, BytesIO(member.data))
                except ArchiveError as error:
                    self.unreadable.append(Unreadable(member.name, str(error)))
            else:
                yield from self._messages(member)

    def _messages(self, member: Packet, *, alone: bool = False) -> Iterator[Packet]:
        """A member's messages. Raises ArchiveError where it is none and was named by itself."""
        if not _is_framed(member.data):
            reason = "neither an Avro container nor a Confluent payload"
            if alone:
                raise ArchiveError(f"{member.name} is {reason}")
            self.unreadable.append(Unreadable(member.name, reason))
            return
        for number, message in enumerate(self.decoder.split(member.data)):
            whole = message is member.data
            yield Packet(member.name if whole else f"{member.name}#{number}", message)


def read(
    path: Path,
    *,
    decoder: Decoder | None = None,
    limits: ArchiveLimits | None = None,
) -> Iterator[AlertBatch]:
    """The alerts at a path, batch by batch, in its order.

    Packets that cannot be decoded are in each batch's `rejected`. Raises ArchiveError.
    """
    decoder, limits = decoder or Decoder(), limits or ArchiveLimits()
    for packets in _together(Archive(path, decoder=decoder, limits=limits), limits):
        yield decoder.decode(packets)


def _together(packets: Iterable[Packet], limits: ArchiveLimits) -> Iterator[list[bytes]]:
    waiting: list[bytes] = []
    size = 0
    for packet in packets:
        waiting.append(packet.data)
        size += len(packet.data)
        if size >= limits.batch_bytes_max or len(waiting) == limits.batch_alerts_max:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _by_time(part: Part) -> Iterator[bytes]:
    """Packets in the order of their exposures, whatever order their rows have."""
    groups = range(part.groups)
    times = np.concatenate([part.column(group, "exposed_unix_s") for group in groups])
    begins = np.array([part.span(group)[0] for group in groups])
    order = np.argsort(times, kind="stable")
    for rows in np.split(order, range(TOGETHER, len(order), TOGETHER)):
        of_row = np.searchsorted(begins, rows, side="right") - 1
        found: dict[int, bytes] = {}
        for group in np.unique(of_row).tolist():
            own = rows[of_row == group]
            packets = part.packets(group, own - begins[group])
            found.update(zip(own.tolist(), packets, strict=True))
        yield from (found[row] for row in rows.tolist())


def _rows(name: str, file: Readable) -> Iterator[Packet]:
    """A table's."""
    for number, packet in enumerate(table_packets(name, file)):
        yield Packet(f"{name}#{number}", packet)


def _places(path: Path) -> tuple[Path, ...]:
    """The files at a path, and the folders of lakes, by name; what is hidden is left out."""
    if not path.is_dir() or is_lake(path):
        return (path,)
    found: list[Path] = []
    for folder, below, names in os.walk(path):
        here = Path(folder)
        lakes = [name for name in below if is_lake(here / name)]
        below[:] = [name for name in below if name not in lakes]
        found += (here / name for name in (*names, *lakes))
    return tuple(sorted(one for one in found if not _is_hidden(one.relative_to(path))))


def _bytes_of(place: Path) -> int:
    if not place.is_dir():
        return place.stat().st_size if place.exists() else 0
    return sum(int(rows.packet_bytes.sum()) for rows in Lake(place).tables())


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _is_framed(data: bytes) -> bool:
    confluent = len(data) >= CONFLUENT_BYTES_MIN and data[0] == CONFLUENT_BYTE
    return data.startswith(MAGIC) or confluent
