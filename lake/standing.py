"""Which parts of a lake stand: what a reader goes by, and a writer before it changes a night."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lake.footers import Standing, Status, read_standing, status
from lake.layout import alert_files
from schemas.errors import ArchiveError

LOOKS_MAX = 100
"""How often a lake is looked at anew that changes while one looks."""

Seen = list[tuple[Path, Status]]


def standing(lake: Path, nights: frozenset[str] | None = None) -> list[Standing]:
    """The parts of a lake, or of some of its nights' folders, by night and name.

    As they stood at one moment: what is archived meanwhile is there as a whole or not at all.
    Raises ArchiveError where a file cannot be read, or the lake never stands still.
    """
    for _ in range(LOOKS_MAX):
        before = _seen(lake, nights)
        found = _read(before)
        if found is not None and _seen(lake, nights) == before:
            return _committed(lake, _without_replaced(found))
    raise ArchiveError(f"the lake {lake} is archived to without a pause; read it again later")


def _seen(lake: Path, nights: frozenset[str] | None) -> Seen:
    found = []
    for path in alert_files(lake):
        if nights is None or path.parent.name in nights:
            with suppress(FileNotFoundError):
                found.append((path, status(path)))
    return sorted(found, key=lambda each: (each[0].parent.name, each[0]))


def _read(files: Seen) -> list[Standing] | None:
    """None where a file is gone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = []
    for path, seen in files:
        try:
            found.append(read_standing(path, seen, pq.read_metadata(path)))
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowException) as error:
            why = " ".join(str(error).split())
            raise ArchiveError(f"{path} cannot be read: {why}; archive its night again") from error
    return found


def _without_replaced(parts: list[Standing]) -> list[Standing]:
    replaced = {(one.path.parent, mark) for one in parts for mark in one.replaces}
    return [one for one in parts if (one.path.parent, one.mark) not in replaced]


def _committed(lake: Path, parts: list[Standing]) -> list[Standing]:
    """Without those of a flush that is not whole: its last part makes it stand."""
    commits = _commits(parts)
    elsewhere = {one.commit_in for one in parts if not one.holds <= commits and one.commit_in}
    # A flush's last part stands in the latest of its nights, so this comes to an end.
    for folder in elsewhere - {one.path.parent.name for one in parts}:
        commits |= _commits(standing(lake, frozenset({folder})))
    return [one for one in parts if not one.commit_in or one.holds <= commits]


def _commits(parts: list[Standing]) -> frozenset[int]:
    return frozenset[int]().union(*(one.commits for one in parts))
