"""Verdicts that were revised, beside the rows that they are of: a table that only ever grows.

    LAKE/revisions/NAME.parquet    a row a number of a verdict, the old beside the new

The topic of revisions is the log: each part's footer says which of its offsets the part holds, so
that whoever goes on, however the last one ended, knows where. No other file of the lake is touched.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, get_type_hints

from lake.disk import make, publish
from lake.layout import ROWS_PER_GROUP
from lake.lock import locked
from lake.ranges import Stretch, decoded, encoded, mark_of, union
from lake.streams import write_tables
from schemas.errors import ArchiveError

REVISIONS: Final = "revisions"
ORDER: Final = ("night", "alert_id", "topic_partition", "topic_offset")
RANGES: Final = b"gueststar.ranges"
MEANINGS: Final = {
    "run": "What revised it: NAME@VERSION+SHA256>BOUND.",
    "stage": "The stage or the filter whose verdict it is.",
    "column": 'A label, the name of a value, or "selected".',
    "topic_name": "Where the revision was published.",
    "topic_partition": "Of that topic.",
    "topic_offset": "In that partition.",
    "old": "What was said before, of a probability at even odds. NULL: nothing.",
    "new": "What is said now, of a probability at even odds. NULL: nothing.",
    "old_version": "Of the stage or filter that said it before.",
    "new_version": "Of the one that says it now.",
}
"""Of columns that other tables have not."""


class Revised(NamedTuple):
    """One number of a verdict."""

    night: int
    survey: str
    alert_id: int
    object_id: str
    run: str
    """NAME@VERSION+SHA256>BOUND."""
    stage: str
    """Or filter."""
    column: str
    """A label, a value's name, or "selected"."""
    topic_name: str
    topic_partition: int
    topic_offset: int
    """Where the revision was published."""
    old: float = math.nan
    new: float = math.nan
    """At even odds; NaN where nothing was said."""
    old_version: str = ""
    new_version: str = ""


class RevisionTable:
    """The table of a lake that one process adds to."""

    def __init__(self, lake: Path) -> None:
        self.folder = lake / REVISIONS
        self._stretches = union(s for file in revision_files(lake) for s in decoded(_ranges(file)))

    @classmethod
    @contextmanager
    def opened(cls, lake: Path) -> Iterator[Self]:
        """Nobody else adds to it meanwhile. Raises ArchiveError where another process does."""
        make(lake / REVISIONS)
        with locked(lake / REVISIONS, wait_s=0):
            yield cls(lake)

    def ends(self, life: str) -> dict[tuple[str, int], int]:
        """By topic and partition, where to read on in that life of the topic."""
        mine = (one for one in self._stretches if one.source.life == life)
        return {(one.source.topic, one.source.partition): one.end for one in mine}

    def add(self, rows: Sequence[Revised], stretches: Sequence[Stretch]) -> None:
        """Make a part of them. Raises OSError, ArchiveError where it is there already."""
        import pyarrow as pa

        whole = union([*self._stretches, *stretches])
        mark = mark_of(0, {one.source: one.start for one in stretches})
        fresh = self.folder / f".{mark}-{secrets.token_hex(4)}"
        columns = dict(zip(Revised._fields, zip(*rows, strict=True), strict=True))
        schema = revision_schema()
        table = pa.table(columns, schema)
        facts = {RANGES.decode(): encoded(stretches)}
        write_tables(fresh, [table], schema, ROWS_PER_GROUP, repeating=(), facts=lambda: facts)
        try:
            publish(fresh, self.folder / f"{mark}.parquet")
        finally:
            fresh.unlink(missing_ok=True)
        self._stretches = whole


def read_revisions(lake: Path, object_id: str = "") -> Any:  # noqa: ANN401 - an Arrow table
    """All revisions of a lake, or of an object's alerts, by night and time of publication."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    tables = [pq.read_table(file).replace_schema_metadata() for file in revision_files(lake)]
    found = pa.concat_tables([revision_schema().empty_table(), *tables])
    if object_id:
        found = found.filter(pc.equal(found.column("object_id"), object_id))
    return found.sort_by([(name, "ascending") for name in ORDER])


def revision_files(lake: Path) -> list[Path]:
    """The parts of a lake's table; none where nothing was revised."""
    return sorted((lake / REVISIONS).glob("*.parquet"))


def _ranges(file: Path) -> str:
    import pyarrow.parquet as pq

    facts = pq.read_metadata(file).metadata or {}
    if RANGES not in facts:
        raise ArchiveError(f"{file} is no part of a table of revisions; move it away")
    return str(facts[RANGES].decode())


def revision_schema() -> Any:  # noqa: ANN401
    """Of the table."""
    import pyarrow as pa

    kinds = {int: pa.int64(), str: pa.string(), float: pa.float64()}
    return pa.schema([(name, kinds[kind]) for name, kind in get_type_hints(Revised).items()])
