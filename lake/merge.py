"""New alerts of a night put beside those that the lake has: each alert once, none lost."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lake.arrays import conformed, joined_schema, values_of
from lake.digests import digest
from lake.footers import Standing
from lake.keys import Ids, Mask, among
from lake.layout import (
    ALERTS,
    ALERTS_PER_GROUP,
    CURVES_PER_GROUP,
    CURVES_TABLE,
    KEY,
    OBJECTS,
    PACKET,
    PACKET_FILE,
    PACKETS,
    REPEATING,
    ROWS_PER_GROUP,
    VERSION,
    curves_file,
    night_folder,
    objects_file,
    packets_file,
)
from lake.night_buffer import NightBuffer
from lake.objects import ObjectRows
from lake.part import Part
from lake.runs import KINDS, Kind, Pieces, Run, in_order, interleaved
from lake.standing import standing
from lake.streams import masked, regrouped, to_disk, write_tables

FOLDERS = (ALERTS, CURVES_TABLE, PACKETS, OBJECTS)


class NightWritten(NamedTuple):
    """What archiving did to a night."""

    night: str
    new: int
    """Alerts that the night had not."""
    again: int
    """Alerts that it had, or that came twice: the newest copy stands."""
    alerts: int
    """The night's alerts now."""
    bytes: int
    """Of its files now."""


def put(
    lake: Path, night: str, new: NightBuffer, staging: Path, facts: dict[str, str]
) -> NightWritten:
    """Put a night's new alerts into a lake whose lock one holds. Raises ArchiveError, OSError.

    `staging` is a folder on the lake's disk for files that are not there yet; `facts` go with them.
    """
    _clear(lake, night)  # a part that was taken over must not come back with who took it
    counts = Merge(lake, night, new, staging).put(facts)
    alerts = sum(each.alerts for each in _clear(lake, night))
    size = sum(file.stat().st_size for file in _files(lake, night))
    return NightWritten(night, *counts, alerts, size)


class Merge:
    """One night's new alerts, and the parts of the lake whose rows move into one file with them.

    Those are the parts that hold an alert which came again, are of few rows, or are not sorted.
    Only the keys of the new alerts and the places of all are in memory, and some rows of each run.
    """

    def __init__(self, lake: Path, night: str, new: NightBuffer, staging: Path) -> None:
        """Nothing is written yet; the arguments are those of `put`."""
        self._night, self._new, mark = night, new, new.mark
        self._alerts, self._curves = staging / f"{mark}.alerts", staging / f"{mark}.curves"
        known = new.keys.distinct()
        parts = [Part(each) for each in _standing(lake, night)]
        masks = [(part, _again(part, known)) for part in parts]
        self._joined = [
            (part, mask)
            for part, mask in masks
            if mask.any() or len(part) < ROWS_PER_GROUP or not part.is_sorted
        ]
        self._newest = new.keys.last()
        self._again = sum(int(mask.sum()) for _, mask in self._joined)
        self._rows = self._digest = self._with_packets = 0
        self._packet_files: set[str] = set()
        self._objects = ObjectRows(staging / f"{mark}.objects")
        largest = max(self._joined, key=lambda each: len(each[0]), default=None)
        fresh = night_folder(lake, ALERTS, night) / f"{mark}.parquet"
        self._place = largest[0].path if largest else fresh
        self._schemas: dict[Kind, list[Any]] = {kind: [] for kind in KINDS}
        self._runs = [*self._older(staging), *new.runs(self._newest)]
        self._source = in_order([run.places for run in self._runs])

    def put(self, facts: dict[str, str]) -> tuple[int, int]:
        """Write the files, and put them in place by one rename. Raises OSError.

        How many alerts are new, and how many came again.
        """
        schema = self._schema("curves")
        tables = self._kept("curves", schema)
        write_tables(self._curves, tables, schema, CURVES_PER_GROUP, repeating=REPEATING)
        schema = self._schema("alerts")
        tables = self._counted(self._kept("alerts", schema))
        write_tables(
            self._alerts,
            tables,
            schema,
            ALERTS_PER_GROUP,
            repeating=REPEATING,
            facts=lambda: facts | self._facts(),
        )
        self._rename()
        new = int(self._newest.sum()) - self._again
        return new, len(self._new.keys) - new

    def _older(self, staging: Path) -> Iterator[Run]:
        """The rows of older parts that stay; of one that is not sorted, in pieces that are."""
        for number, (part, again) in enumerate(self._joined):
            if part.is_sorted:
                self._schemas["alerts"].append(part.schema)
                self._schemas["curves"].append(part.curves_schema)
                yield _run(part, ~again)
                continue
            pieces = Pieces(staging, f"{self._new.mark}.older-{number}")
            windows = (_windows(tables, ~again) for tables in (part.tables(), part.curves_tables()))
            for alerts, curves in zip(*windows, strict=True):
                pieces.add(alerts, curves)
            for kind in KINDS:
                self._schemas[kind] += pieces.schemas(kind)
            yield from pieces.runs(np.ones(int((~again).sum()), np.bool_))

    def _schema(self, kind: Kind) -> Any:  # noqa: ANN401 - pyarrow has no types
        return joined_schema([*self._schemas[kind], *self._new.schemas(kind)])

    def _kept(self, kind: Kind, schema: Any) -> Iterator[Any]:  # noqa: ANN401
        """The rows that stay, by place, older parts' first, in the columns of a schema."""
        first_new = len(self._runs) - len(self._new.schemas(kind))
        streams = [
            self._conformed(run.tables(kind), schema, is_new=kind == "alerts" and n >= first_new)
            for n, run in enumerate(self._runs)
        ]
        return interleaved(streams, self._source)

    def _conformed(self, tables: Iterator[Any], schema: Any, *, is_new: bool) -> Iterator[Any]:  # noqa: ANN401
        for table in tables:
            found = conformed(table, schema)
            yield self._with_older_packets(found) if is_new else found

    def _with_older_packets(self, table: Any) -> Any:  # noqa: ANN401
        """Where an alert comes again without its packet, the older one's stays with it."""
        if self._new.with_packets or not self._again:
            return table
        found = table
        for part, again in self._joined:
            for older in masked(part.tables(), again) if part.standing.with_packets else ():
                found = _taken_over(found, older)
        return found

    def _counted(self, tables: Iterable[Any]) -> Iterator[Any]:
        """The same tables, as the facts of the file count them."""
        for table in tables:
            files = table.column(PACKET_FILE)
            self._rows += len(table)
            self._digest += digest(*(values_of(table.column(name)) for name in KEY))
            self._objects.add(table.column("object_id"))
            named = {*files.unique().to_pylist()}
            self._with_packets += len(table) - files.to_pylist().count("")
            self._packet_files |= named - {""}
            yield table

    def _facts(self) -> dict[str, str]:
        return {
            "gueststar.lake": VERSION,
            "gueststar.night": self._night,
            "gueststar.mark": self._new.mark,
            "gueststar.digest": f"{self._digest % 2**64:016x}",
            "gueststar.with_packets": str(self._with_packets),
            "gueststar.packet_files": " ".join(sorted(self._packet_files)),
            "gueststar.replaces": " ".join(part.standing.mark for part, _ in self._joined),
        }

    def _rename(self) -> None:
        """First what the alerts name, then the alerts, by which the night changes."""
        curves = curves_file(self._place, self._new.mark)
        packets = packets_file(self._place, self._new.mark)
        self._objects.write(self._new.mark, self._rows, self._digest)
        objects = objects_file(self._place, self._new.mark)
        moves = [
            (self._curves, curves),
            (self._objects.path, objects),
            (self._alerts, self._place),
        ]
        if self._new.mark in self._packet_files:
            moves.insert(0, (self._new.packets, packets))
        for source, target in moves:
            to_disk(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)


def _run(part: Part, kept: Mask) -> Run:
    """The rows of a sorted part that stay."""
    read = {"alerts": part.tables, "curves": part.curves_tables}
    return Run(part.places[kept], lambda kind: masked(read[kind](), kept))


def _windows(tables: Iterator[Any], kept: Mask) -> Iterator[Any]:
    """The rows that stay, ROWS_PER_GROUP at a time."""
    for table in regrouped(masked(tables, kept), ROWS_PER_GROUP):
        yield from (
            table.slice(begin, ROWS_PER_GROUP) for begin in range(0, len(table), ROWS_PER_GROUP)
        )


def _again(part: Part, known: Mapping[str, Ids]) -> Mask:
    """Which rows of a part have a key that is known."""
    columns = (tuple(part.column(group, name) for name in KEY) for group in range(part.groups))
    found = [among(survey, alert_id, known) for survey, alert_id in columns]
    return np.concatenate([np.zeros(0, np.bool_), *found])


def _taken_over(table: Any, older: Any) -> Any:  # noqa: ANN401
    """A table whose rows without a packet have the older row's, where that has one."""
    import pyarrow as pa

    place = np.arange(len(table))
    survey, ids = (values_of(table.column(name)) for name in KEY)
    older_survey, older_ids = (values_of(older.column(name)) for name in KEY)
    lacking = values_of(table.column(PACKET_FILE)) == ""
    kept = values_of(older.column(PACKET_FILE)) != ""
    for name in np.unique(survey).tolist():
        theirs = np.flatnonzero((older_survey == name) & kept)
        own = np.flatnonzero((survey == name) & lacking)
        theirs = theirs[np.argsort(older_ids[theirs])]
        if len(theirs):
            at = np.searchsorted(older_ids[theirs], ids[own]).clip(max=len(theirs) - 1)
            hit = older_ids[theirs][at] == ids[own]
            place[own[hit]] = len(table) + theirs[at[hit]]
    for column in PACKET:
        both = pa.chunked_array([*table.column(column).chunks, *older.column(column).chunks])
        position = table.schema.get_field_index(column)
        table = table.set_column(position, table.schema.field(position), both.take(place))
    return table


def _clear(lake: Path, night: str) -> list[Standing]:
    """Remove what no part that stands names: what was taken over, and broken attempts.

    The parts that stand.
    """
    parts = _standing(lake, night)
    keep = {one.path for one in parts}
    for one in parts:
        keep.add(curves_file(one.path, one.mark))
        keep.add(objects_file(one.path, one.mark))
        keep |= {packets_file(one.path, name) for name in one.packet_files}
    for file in _files(lake, night):
        if file not in keep:
            file.unlink()
    return parts


def _standing(lake: Path, night: str) -> list[Standing]:
    return standing(lake, frozenset({night_folder(lake, ALERTS, night).name}))


def _files(lake: Path, night: str) -> Iterator[Path]:
    folders = (night_folder(lake, table, night) for table in FOLDERS)
    return chain.from_iterable([*folder.glob("*")] for folder in folders)
