"""What a lake that is written live holds, read from its footers alone, and all else removed.

Whatever moment the last writer ended at, what stands is whole flushes: every file of a flush is
there before the one that commits it, and a part that took others over names them.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lake.disk import retired
from lake.footers import Standing, read_standing, status
from lake.layout import (
    CURVES_TABLE,
    NIGHT,
    PACKETS,
    UNREAD,
    alert_files,
    curves_file,
    night_of,
    packets_file,
)
from lake.ranges import Stretch, decoded, union
from lake.standing import standing
from schemas.errors import ArchiveError


class Log(NamedTuple):
    """What was read of the stream, by what stands."""

    stretches: list[Stretch]
    """They do not overlap."""
    flushes: frozenset[int]
    """The numbers of the flushes that stand."""
    parts: list[Standing]
    """Of alerts."""
    unread: list[Standing]
    """Of messages that are no alerts."""


def read_log(lake: Path) -> Log:
    """What stands now. Raises ArchiveError where files are broken, missing, or of two writers."""
    parts, unread = standing(lake), _unread(lake)
    flushes = frozenset[int]().union(*(one.commits for one in (*parts, *unread)))
    kept = [one for one in unread if one.holds <= flushes]
    found = (stretch for one in (*parts, *kept) for stretch in decoded(one.ranges))
    log = Log(union(found), flushes, parts, kept)
    _require_whole(log)
    return log


def recover(lake: Path) -> Log:
    """The same once nothing stands beside it, for a writer who has the lake's lock."""
    log = read_log(lake)
    keep = {one.path for one in (*log.parts, *log.unread)}
    for one in log.parts:
        keep.add(curves_file(one.path, one.mark))
        keep |= {packets_file(one.path, name) for name in one.packet_files}
    # Alerts go first: none of them is ever without its light curves and packets.
    for file in (*alert_files(lake), *_beside(lake), *retired(lake)):
        if file not in keep:
            file.unlink(missing_ok=True)
    return log


def _unread(lake: Path) -> list[Standing]:
    import pyarrow.parquet as pq

    files = sorted((lake / UNREAD).glob("*.parquet"))
    return [read_standing(file, status(file), pq.read_metadata(file)) for file in files]


def _beside(lake: Path) -> Iterable[Path]:
    for table in (CURVES_TABLE, PACKETS):
        yield from lake.glob(f"{table}/{NIGHT}*/*")
    yield from (lake / UNREAD).glob("*.parquet")


def _require_whole(log: Log) -> None:
    """Raises ArchiveError where a file is gone that a part names, or a part that a flush had."""
    for one in log.parts:
        named = (curves_file(one.path, one.mark),)
        for file in (*named, *(packets_file(one.path, name) for name in one.packet_files)):
            if not file.exists():
                raise ArchiveError(f"{file} is gone, which {one.path} names; bring it back")
    held: dict[str, frozenset[int]] = {
        UNREAD: frozenset[int]().union(*(one.holds for one in log.unread))
    }
    for one in log.parts:
        folder = f"{NIGHT}{night_of(one.path)}"
        held[folder] = held.get(folder, frozenset()) | one.holds
    for one in (*log.parts, *log.unread):
        for folder in one.beside:
            if not one.commits <= held.get(folder, frozenset()):
                raise ArchiveError(
                    f"{folder} lacks what stood beside {one.path}; bring its files back"
                )
