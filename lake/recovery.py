"""What a lake that is written live holds, read from its footers alone, and all else removed.

Whatever moment the last writer ended at, what stands is whole flushes: every file of a flush is
there before the one that commits it, and a part that took others over names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lake.disk import retire
from lake.footers import Standing
from lake.layout import (
    CURVES_TABLE,
    NIGHT,
    OBJECTS,
    PACKETS,
    UNREAD,
    alert_files,
    curves_file,
    night_of,
    objects_file,
    packets_file,
)
from lake.ranges import Stretch, decoded, union
from lake.standing import LOOKS_MAX, standing
from lake.unread import unread_files, unread_parts
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
    parts, unread = _standing(lake)
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
        keep |= {curves_file(one.path, one.mark), objects_file(one.path, one.mark)}
        keep |= {packets_file(one.path, name) for name in one.packet_files}
    replaced = {
        (one.path.parent.name, mark) for one in (*log.parts, *log.unread) for mark in one.replaces
    }
    # Alerts go first: none of them is ever without its light curves and packets.
    for file in (*alert_files(lake), *_beside(lake), *unread_files(lake)):
        if file in keep:
            continue
        if (file.parent.name, file.stem) in replaced:
            retire(file)  # who opened the lake before it was taken over may still read it
        else:
            file.unlink(missing_ok=True)
    for file in lake.glob(f"{OBJECTS}/{NIGHT}*/*"):
        if file not in keep:
            file.unlink(missing_ok=True)  # it is made anew by whoever wants it
    return log


def _standing(lake: Path) -> tuple[list[Standing], list[Standing]]:
    """The parts of alerts, and of what was left unread, as they stood at one moment."""
    for _ in range(LOOKS_MAX):
        seen, parts = unread_files(lake), standing(lake)
        with suppress(FileNotFoundError):
            unread = unread_parts(lake)
            if unread_files(lake) == seen:
                return parts, unread
    raise ArchiveError(f"the lake {lake} is written to without a pause; look at it again later")


def _beside(lake: Path) -> Iterable[Path]:
    """What stands beside alerts, and is not hidden."""
    for table in (CURVES_TABLE, PACKETS):
        yield from (one for one in lake.glob(f"{table}/{NIGHT}*/*") if one.name[0] != ".")


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
