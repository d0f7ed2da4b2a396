"""The few steps by which a lake that is written live changes on disk, each whole or not at all.

Nothing is changed in place. A file is written elsewhere on the lake's disk, is on the disk before
it gets its name, and gets it by a link, which an existing name refuses. What was taken over by
another file is hidden first, for those who have yet to open it, and removed later.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lake.streams import to_disk
from schemas.errors import ArchiveError

RETIRED = ".retired"
"""How the hidden name of a file ends that was taken over; it begins with a dot."""


def publish(written: Path, target: Path) -> None:
    """Give a file its name. Raises ArchiveError where the name is given already, OSError."""
    to_disk(written)
    make(target.parent)
    try:
        os.link(written, target)
    except FileExistsError:
        raise ArchiveError(
            f"{target} is there already: another process writes to this lake; stop one of them"
        ) from None
    to_disk(target.parent)
    written.unlink()


def make(folder: Path) -> None:
    """Have a folder be there, on the disk, with those above it."""
    if not folder.exists():
        make(folder.parent)
        folder.mkdir(exist_ok=True)
        to_disk(folder.parent)


def publish_all(written: Sequence[tuple[Path, Path]]) -> None:
    """Give all of some files their names, the last of which makes them stand, or none.

    Raises OSError, where it may be tried again, and ArchiveError, where the process has to end.
    """
    tried: list[Path] = []
    try:
        for file, target in written:
            tried.append(target)
            publish(file, target)
    except OSError as error:
        last = written[-1][1]
        if last.exists():
            raise ArchiveError(
                f"{last} may not be on the disk ({error}); start again, which looks"
            ) from error
        _take_back(tried, error)
        raise


def _take_back(targets: Sequence[Path], why: OSError) -> None:
    """Remove what stands under these names. Raises ArchiveError where that is refused, too."""
    try:
        for target in targets:
            target.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"a change was begun and cannot be taken back ({why}; {error}): see to the lake's disk,"
            " then start again, which takes it back"
        ) from error


def retire(file: Path) -> Path:
    """Hide a file from those who list its folder; its name now."""
    hidden = file.with_name(f".{file.name}{RETIRED}")
    file.replace(hidden)
    return hidden


def present(file: Path) -> Path:
    """Where a file is now: under its name, or hidden."""
    hidden = file.with_name(f".{file.name}{RETIRED}")
    return hidden if not file.exists() and hidden.exists() else file


def retired(lake: Path) -> list[Path]:
    """All files that are hidden."""
    return [*lake.glob(f"*/.*{RETIRED}"), *lake.glob(f"*/*/.*{RETIRED}")]
