"""Small parts of a night joined to one, while others read and one more writes.

The new part is complete before its alerts get their name, and from then on stands for all that it
names. Those are hidden then, so that who lists the night's folders finds each row once but for an
instant, and who listed it before can still open them; they are removed later.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from lake.arrays import conformed, joined_schema
from lake.disk import present, publish_all, retire
from lake.facts import facts_of
from lake.layout import (
    ALERTS,
    ALERTS_PER_GROUP,
    CURVES_PER_GROUP,
    PACKET_AT,
    PACKET_FILE,
    REPEATING,
    TEXTS,
    curves_file,
    night_folder,
    objects_file,
    packets_file,
)
from lake.part import Part
from lake.ranges import decoded, union
from lake.runs import in_order, interleaved
from lake.streams import write_tables

STAGING: Final = ".compaction"
"""Where the new part is written."""

PACKETS_JOINED_BYTES_MAX: Final = 64 * 2**20
"""Files of packets up to this size are joined; larger ones stay, and are named."""


class Compacted(NamedTuple):
    """What became of the parts of a night."""

    night: str
    parts: int
    rows: int
    retired: tuple[Path, ...]
    """Hidden files, and indices of these, to be removed when nobody is likely to open them any
    more."""


def compact(lake: Path, parts: Sequence[Part], facts: Mapping[str, str]) -> Compacted:
    """Join parts of one night, all of them committed. Raises OSError, ArchiveError.

    Where it raises, or the process ends, the night is as it was, or as it shall be.
    """
    staging = lake / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        return _Compaction(lake, parts, staging).run(facts)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


class _Compaction:
    def __init__(self, lake: Path, parts: Sequence[Part], staging: Path) -> None:
        self._parts = sorted(parts, key=lambda part: min(part.standing.holds))
        self._night = parts[0].night
        marks = sorted(part.standing.mark for part in parts)
        self._mark = f"{marks[0]}-{len(marks)}"
        self._staging = staging
        self._alerts = night_folder(lake, ALERTS, self._night) / f"{self._mark}.parquet"
        self._joined = _joined_packets(self._parts)
        self._source = in_order([part.places for part in self._parts])

    def run(self, facts: Mapping[str, str]) -> Compacted:
        curves, alerts = (self._staging / name for name in ("curves", "alerts"))
        schema = joined_schema([part.curves_schema for part in self._parts])
        write_tables(
            curves,
            self._tables(Part.curves_tables, schema),
            schema,
            CURVES_PER_GROUP,
            repeating=TEXTS,
        )
        schema = joined_schema([part.schema for part in self._parts])
        tables = map(self._with_places, self._tables(Part.tables, schema))
        write_tables(
            alerts,
            tables,
            schema,
            ALERTS_PER_GROUP,
            repeating=REPEATING,
            facts=lambda: {**facts, **self._facts()},
        )
        publish_all(
            [
                *self._packets(),
                (curves, curves_file(self._alerts, self._mark)),
                (alerts, self._alerts),
            ]
        )
        rows = sum(map(len, self._parts))
        return Compacted(self._night, len(self._parts), rows, tuple(self._retire()))

    def _tables(self, tables_of: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow's
        """The rows of all parts, by place: each part's are."""
        streams = [_conformed(tables_of(part), schema) for part in self._parts]
        return interleaved(streams, self._source)

    def _with_places(self, table: Any) -> Any:  # noqa: ANN401
        """The same rows with the places of their packets in the joined file."""
        import pyarrow as pa  # noqa: PLC0415 - `gueststar --help` shall not load it

        files, places = (table.column(name).to_pylist() for name in (PACKET_FILE, PACKET_AT))
        moved = [self._joined.get(file) for file in files]
        files = [file if at is None else self._mark for file, at in zip(files, moved, strict=True)]
        places = [
            place if at is None else place + at for place, at in zip(places, moved, strict=True)
        ]
        for name, values in ((PACKET_FILE, files), (PACKET_AT, places)):
            at = table.schema.get_field_index(name)
            field = table.schema.field(at)
            table = table.set_column(at, field, pa.array(values, field.type))
        return table

    def _packets(self) -> list[tuple[Path, Path]]:
        """The joined file of packets, where there is one, and its name to be."""
        if not self._joined:
            return []
        whole = self._staging / "packets"
        with whole.open("wb") as joined:
            for name in self._joined:
                with present(packets_file(self._alerts, name)).open("rb") as file:
                    shutil.copyfileobj(file, joined)
        return [(whole, packets_file(self._alerts, self._mark))]

    def _facts(self) -> dict[str, str]:
        every = [part.standing for part in self._parts]
        own = {self._mark} if self._joined else set[str]()
        return facts_of(
            self._mark,
            night=self._night,
            digest=sum(one.digest for one in every),
            with_packets=sum(one.with_packets for one in every),
            packet_files={name for one in every for name in one.packet_files} - {*self._joined}
            | own,
            replaces=[one.mark for one in every],
            holds=[number for one in every for number in one.holds],
            commits=[number for one in every for number in one.commits],
            stretches=union(stretch for one in every for stretch in decoded(one.ranges)),
        )

    def _retire(self) -> Iterator[Path]:
        """Hide what was taken over, alerts first."""
        for part in self._parts:
            yield retire(part.path)
        for part in self._parts:
            yield retire(curves_file(part.path, part.standing.mark))
            # Who opened the lake before may make it meanwhile, and then nobody would remove it.
            yield objects_file(part.path, part.standing.mark)
        for name in self._joined:
            yield retire(packets_file(self._alerts, name))


def _conformed(tables: Iterator[Any], schema: Any) -> Iterator[Any]:  # noqa: ANN401
    return (conformed(table, schema) for table in tables)


def _joined_packets(parts: Sequence[Part]) -> dict[str, int]:
    """The files of packets that are small, and where each begins once they are one file."""
    found: dict[str, int] = {}
    end = 0
    for part in parts:
        for name in sorted(part.standing.packet_files):
            size = packets_file(part.path, name).stat().st_size
            if size <= PACKETS_JOINED_BYTES_MAX:
                found[name], end = end, end + size
    return found
