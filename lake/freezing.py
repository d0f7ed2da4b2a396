"""Nights that stay as they are: frozen with a checksum of their rows, which can be verified."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from lake.checksum import Checksum, checksum
from lake.compaction import Compacted, compact
from lake.disk import publish
from lake.layout import FROZEN, LIVE, NIGHT
from lake.lock import WAIT_S_MAX, locked
from lake.part import Part
from lake.standing import standing
from schemas.errors import ArchiveError


class Frozen(NamedTuple):
    """A night, as it was when it was frozen."""

    night: str
    rows: int
    checksum: str
    parts: tuple[str, ...]
    """The marks of the parts that hold its rows; they are never joined to others."""
    unix_s: float


class Verified(NamedTuple):
    """What a frozen night holds now."""

    frozen: Frozen
    rows: int
    checksum: str
    later: int
    """Alerts that came after it was frozen, in parts of their own."""

    @property
    def is_sound(self) -> bool:
        return (self.rows, self.checksum) == (self.frozen.rows, self.frozen.checksum)


def freeze(lake: Path, night: str) -> Frozen:
    """Have a night's rows stay as they are. What comes later stands beside them.

    Raises ArchiveError where there is no such night, or it is frozen already.
    """
    require_live(lake)
    with nobody_joining(lake) as place:
        if (file := place / f"{night}.json").exists():
            raise ArchiveError(f"the night {night} of {lake} is frozen; verify it")
        parts = _parts(lake, night)
        if not parts:
            raise ArchiveError(f"the lake {lake} has no night {night}")
        if len(parts) > 1:
            compact(lake, parts, {})
            parts = _parts(lake, night)
        found = checksum(parts)
        marks = tuple(part.standing.mark for part in parts)
        frozen = Frozen(night, found.rows, str(found), marks, time.time())
        written = place / f".{night}.json"
        written.write_text(json.dumps(frozen._asdict()))
        publish(written, file)
        return frozen


def require_live(lake: Path) -> None:
    """Raises ArchiveError where a folder is no lake that is written live."""
    if not (lake / LIVE).exists():
        raise ArchiveError(f"{lake} is no lake that `gueststar lake write` wrote")


def verify(lake: Path) -> list[Verified]:
    """Each frozen night, read again. Raises ArchiveError where one cannot be read."""
    require_live(lake)
    return [_verified(lake, one) for one in frozen_nights(lake)]


def frozen_nights(lake: Path) -> list[Frozen]:
    """The frozen nights, in order."""
    read = (json.loads(file.read_text()) for file in sorted((lake / FROZEN).glob("*.json")))
    return [Frozen(**{**one, "parts": tuple(one["parts"])}) for one in read]


def compact_thawed(lake: Path, parts: Sequence[Part], facts: Mapping[str, str]) -> Compacted | None:
    """Join those parts of a night that stand and are not frozen; None where there are not two."""
    night = parts[0].night
    with nobody_joining(lake):
        frozen = {mark for one in frozen_nights(lake) for mark in one.parts}
        wanted = {part.standing.mark for part in parts} - frozen
        thawed = [part for part in _parts(lake, night) if part.standing.mark in wanted]
        return compact(lake, thawed, facts) if len(thawed) > 1 else None


@contextmanager
def nobody_joining(lake: Path) -> Iterator[Path]:
    """Nobody joins parts of the lake or freezes them meanwhile; the folder of what is frozen."""
    found = lake / FROZEN
    found.mkdir(parents=True, exist_ok=True)
    with locked(found, wait_s=WAIT_S_MAX):
        yield found


def _verified(lake: Path, frozen: Frozen) -> Verified:
    parts = _parts(lake, frozen.night)
    kept = [part for part in parts if part.standing.mark in frozen.parts]
    found: Checksum = checksum(kept)
    later = sum(len(part) for part in parts if part not in kept)
    return Verified(frozen, found.rows, str(found), later)


def _parts(lake: Path, night: str) -> list[Part]:
    return [Part(one) for one in standing(lake, frozenset({f"{NIGHT}{night}"}))]
