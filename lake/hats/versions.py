"""The versions of a collection: which there are, which one readers see, and what each holds."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from lake.hats.catalogue import ALERTS, MARGIN, Catalogues, properties, rows_of
from lake.hats.cells import Cell
from lake.hats.leaves import Leaf, Leaves
from lake.streams import to_disk
from schemas.errors import ArchiveError

POINTER: Final = "collection.properties"
MANIFEST: Final = "increments.json"
STAGING: Final = ".staging"
VERSIONS_KEPT = 3
"""Besides the one that readers see, the latest: to go back to, and for who reads an old one."""

PRIMARY = re.compile(r"^hats_primary_table_url=v(\d+)/", re.MULTILINE)


class Version(NamedTuple):
    """A collection as it was, is or may be."""

    number: int
    base: int | None
    """The version that it came from."""
    nights: Mapping[str, str]
    """Each with what tells its rows from others."""
    placeless: int
    """Alerts without a position in the nights that it added."""
    catalogues: Catalogues

    @property
    def rows(self) -> int:
        return sum(map(rows_of, self.catalogues.alerts.values()))


def folder(collection: Path, number: int) -> Path:
    """Where a version is."""
    return collection / f"v{number:06}"


def numbers(collection: Path) -> list[int]:
    """The versions that are there, in order."""
    return sorted(int(path.name[1:]) for path in collection.glob("v[0-9]*"))


def promoted(collection: Path) -> int | None:
    """The version that readers see; None where there is none yet. Raises ArchiveError."""
    pointer = collection / POINTER
    if not pointer.exists():
        return None
    found = PRIMARY.search(pointer.read_text())
    if found is None:
        raise ArchiveError(
            f"{pointer} names no version of a collection that `gueststar lake hats` wrote;"
            " name another folder"
        )
    return int(found[1])


def read_version(collection: Path, number: int) -> Version:
    """Raises ArchiveError where it is not there."""
    path = folder(collection, number) / MANIFEST
    if not path.exists():
        there = ", ".join(map(str, numbers(collection))) or "none"
        raise ArchiveError(f"{collection} has no version {number}; it has {there}")
    said = json.loads(path.read_text())
    files = Catalogues(*(_leaves(said[name]) for name in (ALERTS, MARGIN)))
    return Version(said["number"], said["base"], said["nights"], said["placeless"], files)


def write_version(staging: Path, version: Version) -> None:
    """Beside its files, before they have their name."""
    said = version._asdict() | {
        ALERTS: _told(version.catalogues.alerts),
        MARGIN: _told(version.catalogues.margin),
    }
    del said["catalogues"]
    (staging / MANIFEST).write_text(json.dumps(said))


def publish_version(staging: Path, collection: Path, number: int) -> None:
    """Give a version its name, once all of it is on the disk. Its own rows' files are already."""
    for path in [staging, *staging.rglob("*")]:
        if path.suffix != ".parquet":
            to_disk(path)
    staging.replace(folder(collection, number))
    to_disk(collection)


def point_to(collection: Path, number: int) -> None:
    """Have readers see a version: one rename. Raises ArchiveError where it is not there."""
    version = read_version(collection, number)
    facts = {
        "obs_collection": collection.resolve().name,
        "hats_primary_table_url": f"v{number:06}/{ALERTS}",
    }
    if version.catalogues.margin:
        margin = f"v{number:06}/{MARGIN}"
        facts |= {"all_margins": margin, "default_margin": margin}
    fresh = collection / f".{POINTER}"
    properties(fresh, facts)
    to_disk(fresh)
    fresh.replace(collection / POINTER)
    to_disk(collection)


def prune(collection: Path) -> None:
    """Remove all but the latest versions, the one that readers see, and what it came from."""
    seen = promoted(collection)
    kept = {seen, *numbers(collection)[-VERSIONS_KEPT - 1 :]}
    if seen is not None:
        kept.add(read_version(collection, seen).base)
    for number in {*numbers(collection)} - kept:
        gone = collection / f"{STAGING}-{number}"
        folder(collection, number).replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _told(leaves: Leaves) -> list[list[Any]]:
    return [[*cell, [[*leaf] for leaf in files]] for cell, files in leaves.items()]


def _leaves(told: list[list[Any]]) -> Leaves:
    return {Cell(order, number): [Leaf(*leaf) for leaf in files] for order, number, files in told}
