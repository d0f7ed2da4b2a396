"""Nights of a lake brought into a collection, a version at a time, and shown to readers."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from lake.closed import closed_nights, fingerprints
from lake.hats.catalogue import ALERTS, NOTHING, Increment, describe, write_catalogues
from lake.hats.fresh import Fresh, spilled
from lake.hats.versions import (
    STAGING,
    Version,
    numbers,
    point_to,
    promoted,
    prune,
    publish_version,
    read_version,
    write_version,
)
from lake.hats.versions import folder as folder_of
from lake.lock import WAIT_S_MAX, locked
from lake.reading import Lake
from schemas.errors import ArchiveError


class Added(NamedTuple):
    """What became of a collection."""

    version: Version
    nights: tuple[str, ...]
    """Those that came, or came anew."""


def add_nights(
    lake: Path, collection: Path, nights: Sequence[str] = (), *, version: str, promote: bool = True
) -> Added | None:
    """Bring nights into a collection that it lacks, or has as they no longer are.

    Those named, else all that are closed. Readers see them at once or, where `promote` is false,
    later. None where there is nothing to bring. `version` is gueststar's. Raises ArchiveError;
    where it does, or ends at any moment, readers see what they saw, or all of it.
    """
    import pyarrow as pa

    try:
        with _changing(collection, make=True):
            added = _add(Lake(lake, closed_nights(lake, nights)), collection, version)
            if added and promote:
                point_to(collection, added.version.number)
                prune(collection)
            return added
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"the collection {collection} cannot be written: {error}") from error


def promote_version(collection: Path, number: int) -> Version:
    """Have readers see a version. Raises ArchiveError where it is not there."""
    with _changing(collection):
        point_to(collection, number)
        return read_version(collection, number)


def roll_back(collection: Path) -> Version:
    """Have readers see what they saw before. Raises ArchiveError where that is not there."""
    with _changing(collection):
        seen = promoted(collection)
        base = None if seen is None else read_version(collection, seen).base
        if base is None:
            raise ArchiveError(f"there is nothing before what readers see of {collection}")
        point_to(collection, base)
        return read_version(collection, base)


def versions(collection: Path) -> list[Version]:
    """All that are there, in order. Raises ArchiveError where there is none."""
    found = [read_version(collection, number) for number in numbers(collection)]
    if not found:
        raise ArchiveError(f"{collection} is no collection that `gueststar lake hats` wrote")
    return found


@contextmanager
def _changing(collection: Path, *, make: bool = False) -> Iterator[None]:
    """Nobody else changes the collection; what one that was killed left is removed."""
    if make:
        _check(collection)
        collection.mkdir(parents=True, exist_ok=True)
    elif promoted(collection) is None:
        raise ArchiveError(f"{collection} is no collection that `gueststar lake hats` wrote")
    with locked(collection, wait_s=WAIT_S_MAX):
        for left in collection.glob(f"{STAGING}*"):
            shutil.rmtree(left)
        yield


def _check(collection: Path) -> None:
    """Raises ArchiveError where a folder is something else."""
    if promoted(collection) is None and not numbers(collection) and collection.is_dir():
        strange = [one.name for one in collection.iterdir() if not one.name.startswith(".")]
        if strange:
            raise ArchiveError(f"{collection} is there and is no collection; name another folder")


def _add(lake: Lake, collection: Path, version: str) -> Added | None:
    seen = promoted(collection)
    base = None if seen is None else read_version(collection, seen)
    known = base.nights if base else {}
    marks = fingerprints(lake.parts)
    coming = {night for night, mark in marks.items() if known.get(night) != mark}
    if not coming:
        return None
    number = max(numbers(collection), default=0) + 1
    staging = collection / f"{STAGING}-{secrets.token_hex(4)}"
    staging.mkdir()
    parts = [part for part in lake.parts if part.night in coming]
    with spilled(parts, _schema(collection, seen), staging / "fresh.arrow") as fresh:
        nights = frozenset(map(int, coming))
        again = frozenset(int(night) for night in coming & {*known})
        increment = Increment(number, fresh, nights, again)
        found = _write(collection, staging, base, increment, version)
    whole = found._replace(nights={**known, **{night: marks[night] for night in coming}})
    write_version(staging, whole)
    publish_version(staging, collection, number)
    return Added(whole, tuple(sorted(coming)))


def _write(
    collection: Path, staging: Path, base: Version | None, increment: Increment, version: str
) -> Version:
    fresh: Fresh = increment.fresh
    source = folder_of(collection, base.number) if base else None
    before = base.catalogues if base else NOTHING
    files = write_catalogues(source, before, staging, increment)
    if not files.alerts:
        raise ArchiveError("no alert of these nights has a position")
    describe(staging, collection.resolve().name, files, fresh.schema, version)
    return Version(increment.number, base and base.number, {}, fresh.placeless, files)


def _schema(collection: Path, seen: int | None) -> object:
    """Of what readers see; None where there is nothing yet."""
    import pyarrow.parquet as pq

    if seen is None:
        return None
    path = folder_of(collection, seen) / ALERTS / "dataset" / "_common_metadata"
    return pq.read_schema(path)
