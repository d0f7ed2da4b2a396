"""Messages that are no alerts, in a lake that is written live: their parts, and these joined."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lake.compaction import STAGING, Compacted
from lake.disk import publish, retire
from lake.facts import facts_of
from lake.footers import Standing, read_standing, status
from lake.freezing import nobody_joining
from lake.layout import ORIGIN, ROWS_PER_GROUP, UNREAD
from lake.ranges import decoded, union
from lake.streams import write_tables

JOINED_BYTES_MAX: Final = 64 * 2**20
"""Files up to this size are joined: a message that is no alert may be of any size."""


def unread_files(lake: Path) -> list[Path]:
    """The files of a lake's parts, also those that others have taken over."""
    return sorted((lake / UNREAD).glob("*.parquet"))


def unread_parts(lake: Path) -> list[Standing]:
    """The parts that no other has taken over, whether the flush of each was committed or not.

    Raises FileNotFoundError where parts are joined meanwhile.
    """
    import pyarrow.parquet as pq

    found = [
        read_standing(file, status(file), pq.read_metadata(file)) for file in unread_files(lake)
    ]
    replaced = {mark for one in found for mark in one.replaces}
    return [one for one in found if one.mark not in replaced]


def unread_origin(path: Path) -> tuple[NDArray[Any], ...]:
    """Of a part: where its messages lay in the stream, the columns of `layout.ORIGIN`, (n,)."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=[*ORIGIN])
    return tuple(np.array(table.column(name).to_pylist()) for name in ORIGIN)


def join_unread(
    lake: Path, parts: Sequence[Standing], facts: Mapping[str, str]
) -> Compacted | None:
    """Join parts, all of them committed, but for large ones; None where there are not two.

    Raises OSError, ArchiveError. Where it does, or the process ends, the folder is as it was, or
    as it shall be.
    """
    small = [one for one in parts if one.path.stat().st_size <= JOINED_BYTES_MAX]
    if len(small) < 2:
        return None
    staging = lake / STAGING
    with nobody_joining(lake):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            return _joined(staging / "unread", lake, small, facts)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _joined(
    file: Path, lake: Path, parts: Sequence[Standing], facts: Mapping[str, str]
) -> Compacted:
    import pyarrow.parquet as pq

    ordered = sorted(parts, key=lambda one: min(one.holds))
    marks = sorted(one.mark for one in parts)
    mark = f"{marks[0]}-{len(marks)}"
    own = facts_of(
        mark,
        replaces=marks,
        holds=[number for one in ordered for number in one.holds],
        commits=[number for one in ordered for number in one.commits],
        stretches=union(stretch for one in ordered for stretch in decoded(one.ranges)),
    )
    schema = pq.read_schema(ordered[-1].path).remove_metadata()
    rows = _tables([one.path for one in ordered])
    write_tables(file, rows, schema, ROWS_PER_GROUP, repeating=(), facts=lambda: {**facts, **own})
    publish(file, lake / UNREAD / f"{mark}.parquet")
    taken = tuple(retire(one.path) for one in ordered)
    return Compacted(UNREAD, len(parts), sum(one.alerts for one in parts), taken)


def _tables(files: Sequence[Path]) -> Iterator[Any]:
    """Their rows, a group at a time."""
    import pyarrow.parquet as pq

    for path in files:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group).replace_schema_metadata()
