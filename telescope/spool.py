"""What a site has learnt of its frames, on disk: a file a frame, numbered as they were taken up.

This is where the two laws meet. A frame's number is given once, and its file appears whole, with
all its alerts' packets in it; the sender takes files by number and moves its bookmark with them. So
a process killed anywhere does a frame again from the beginning, or not at all, and gives it the
same packets: an object's history is that of the files before it. A site without a link goes on
until the spool is full, and then waits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from schemas.errors import GueststarError

NUMBER_DIGITS = 8
BYTES_MAX = 2_000_000_000
"""Of packets that wait to be sent."""
SUFFIX = ".frame"
LENGTH_BYTES = 8


class SpoolError(GueststarError):
    """A spool that cannot be read, and what to do about it."""


@dataclass(frozen=True)
class Entry:
    """A frame's file: a line of JSON, then the packets with their lengths."""

    number: int
    record: dict[str, Any]
    """name, sha256, reason, quality, counts, detections (id, object, mjd, ra, dec, fluxes…)."""
    packets: Sequence[bytes] = ()


@dataclass
class Spool:
    """A folder of entries. One process writes it; who sends may be another."""

    folder: Path
    _names: dict[str, int] = field(default_factory=dict)
    _next: int = 0

    def open(self) -> list[Entry]:
        """All entries, without packets. Raises SpoolError for a gap, or a file that is no entry."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for part in self.folder.glob(".*.part"):
            part.unlink()
        found = self.entries()
        self._names = {one.record["name"]: one.number for one in found}
        self._next = len(found)
        return found

    def entries(self) -> list[Entry]:
        """What is there now, without packets, for one that does not write. Raises as `open`."""
        return [self.read(number, packets=False) for number in self._numbers()]

    @property
    def identity(self) -> str:
        """Of this spool and no other, whatever folder it is in."""
        path = self.folder / "identity"
        if not path.is_file():
            path.write_text(uuid4().hex)
        return path.read_text()

    def __len__(self) -> int:
        return self._next

    def knows(self, name: str) -> bool:
        """Whether a frame of that name was taken up."""
        return name in self._names

    def write(self, record: dict[str, Any], packets: Sequence[bytes]) -> Entry:
        """The next entry; it is there whole or not at all."""
        entry = Entry(self._next, record, packets)
        path = self._path(entry.number)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(json.dumps(record).encode() + b"\n")
            for packet in packets:
                file.write(len(packet).to_bytes(LENGTH_BYTES, "big") + packet)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._sync_folder()
        self._names[record["name"]] = entry.number
        self._next += 1
        return entry

    def read(self, number: int, *, packets: bool = True) -> Entry:
        """An entry by its number."""
        path = self._path(number)
        try:
            with path.open("rb") as file:
                record = json.loads(file.readline())
                return Entry(number, record, list(_packets(file.read())) if packets else ())
        except (OSError, ValueError) as error:
            raise SpoolError(
                f"{path} is no entry of a spool ({error}); move the spool away and begin another"
            ) from error

    def waiting_bytes(self, sent: int) -> int:
        """What the entries from a number on take on disk."""
        return sum(self._path(number).stat().st_size for number in range(sent, self._next))

    def shed(self, sent: int) -> None:
        """Take the packets out of entries that were sent; their records stay, as histories do."""
        for number in range(max(sent - 64, 0), sent):
            path = self._path(number)
            record = self.read(number, packets=False).record
            line = json.dumps(record).encode() + b"\n"
            if path.stat().st_size > len(line):
                part = path.with_name(f".{path.name}.part")
                part.write_bytes(line)
                part.replace(path)

    def _numbers(self) -> list[int]:
        found = sorted(int(path.stem) for path in self.folder.glob(f"*{SUFFIX}"))
        if found != list(range(len(found))):
            raise SpoolError(
                f"{self.folder} lacks entries between its first and last; restore them"
            )
        return found

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:0{NUMBER_DIGITS}}{SUFFIX}"

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _packets(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        begin = at + LENGTH_BYTES
        at = begin + int.from_bytes(data[at:begin], "big")
        if at > len(data):
            raise ValueError("it ends within a packet")
        yield data[begin:at]


class Objects:
    """Which object a detection is of, by place: those of a camera, as the entries tell them."""

    def __init__(self, radius_arcsec: float) -> None:
        self._radius = radius_arcsec / 3600.0
        self._ra: list[float] = []
        self._dec: list[float] = []
        self._ids: list[str] = []
        self._history: dict[str, list[dict[str, Any]]] = {}

    def learn(self, entry: Entry) -> None:
        """All detections of an entry, sent or kept."""
        for one in entry.record["detections"]:
            self._add(one["object"], one)

    def named(self, fields: dict[str, Any], prefix: str) -> str:
        """The object's name: that of the nearest within the radius, or a new one by its place."""
        nearest = self._nearest(fields["ra"], fields["dec"])
        return nearest or f"{prefix}-{fields['ra']:09.5f}{fields['dec']:+09.5f}"

    def history(self, object_id: str, before_mjd: float) -> list[dict[str, Any]]:
        """Its earlier detections, oldest first, as the schema has them."""
        known = (one for one in self._history.get(object_id, ()) if one["mjd"] < before_mjd)
        names = ("detectionId", "mjd", "exposureS", "band", "flux", "fluxErr", "limitMag")
        return sorted(
            ({name: one[name] for name in names} for one in known), key=lambda one: one["mjd"]
        )

    def _add(self, object_id: str, one: dict[str, Any]) -> None:
        if object_id not in self._history:
            self._ids.append(object_id)
            self._ra.append(one["ra"])
            self._dec.append(one["dec"])
        self._history.setdefault(object_id, []).append(one)

    def _nearest(self, ra: float, dec: float) -> str | None:
        if not self._ids:
            return None
        ra_off: NDArray[np.float64] = (np.array(self._ra) - ra + 180.0) % 360.0 - 180.0
        away = np.hypot(ra_off * np.cos(np.radians(dec)), np.array(self._dec) - dec)
        at = int(np.argmin(away))
        return self._ids[at] if away[at] <= self._radius else None
