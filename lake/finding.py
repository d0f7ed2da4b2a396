"""Rows of a lake that are asked for by place or by object, with no more read than that takes."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import conformed, values_of
from lake.layout import INDEX, PLACE, POINTS
from lake.objects import NO_ROWS, OBJECT, ObjectIndex, hash_of, own_rows
from lake.part import Part, Rows
from lake.reading import Lake, LakeRows
from schemas.batch import LightCurves
from schemas.columns import CODES
from schemas.dust import DUST
from schemas.errors import QuestionError
from schemas.light_curves import no_light_curves
from sky.cells import Cells
from sky.cones import Cone, touching

NIGHT, ALERT = "night", "alert_id"


class Hit(NamedTuple):
    """Rows of one part."""

    part: Part
    rows: Rows


class Found:
    """Rows of a lake, by night and place."""

    def __init__(self, lake: Lake, hits: Sequence[Hit], object_id: str | None = None) -> None:
        """With an id only the rows that are its: an index finds those of an id's hash."""
        self.lake = lake
        self._hits = tuple(hit for hit in hits if len(hit.rows))
        self._object_id = object_id

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The rows of each part that has any."""
        if (one := self._object_id) is not None:
            own = (hit._replace(rows=own_rows(*hit, one)) for hit in self._hits)
            self._hits = tuple(hit for hit in own if len(hit.rows))
            self._object_id = None
        return self._hits

    def __len__(self) -> int:
        return sum(len(hit.rows) for hit in self.hits)

    def table(self, columns: Sequence[str] | None = None) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Their columns as an Arrow table, what is a code by its name.

        All columns but those of packets where none are named. Raises QuestionError for one that no
        night has.
        """
        schema = schema_of(self.lake, columns)
        if self._object_id is not None and OBJECT in schema.names:
            table = _joined(self._hits, schema)
            if all(one == self._object_id for one in table.column(OBJECT).to_pylist()):
                self._object_id = None  # as ever, but where two ids have one hash
                return with_names(table)
        return with_names(_joined(self.hits, schema))

    def curves(self, kind: str) -> LightCurves:
        """Their light curves, or their forced photometry."""
        parts = [hit.part.curves(kind, hit.rows) for hit in self.hits]
        if not parts:
            return no_light_curves(0)
        offsets = np.cumsum([0, *np.concatenate([np.diff(one.offsets) for one in parts])])
        joined = (np.concatenate([getattr(one, name) for one in parts]) for name in POINTS)
        return LightCurves(offsets.astype(np.int64), *joined)

    def row(self, place: int) -> LakeRows:
        """One of them as a table for filters, pictures and stamps."""
        for hit in self.hits:
            if place < len(hit.rows):
                return self.lake.row(hit.part, int(hit.rows[place]))
            place -= len(hit.rows)
        raise IndexError(place)


class Finder:
    """Finds rows of a lake as it stood when it was opened; asked again, it reads less."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._objects = ObjectIndex()

    def object(self, object_id: str) -> Found:
        """The alerts of an object."""
        return Found(self.lake, [*self._of_hash(object_id, self.lake.parts)], object_id)

    def newest_first(self, object_id: str) -> Iterator[Found]:
        """The same a night at a time, the last night first; none that has none."""
        parts = sorted(self.lake.parts, key=_night, reverse=True)
        for _, hits in groupby(self._of_hash(object_id, parts), key=lambda one: one.part.night):
            yield Found(self.lake, [*hits], object_id)

    def _of_hash(self, object_id: str, parts: Iterable[Part]) -> Iterator[Hit]:
        hashed = hash_of(object_id)
        found = (Hit(one, self._objects.rows_of(one, hashed)) for one in parts)
        return (hit for hit in found if len(hit.rows))

    def alert(self, alert_id: int) -> Found:
        """The alerts of that number, of which each survey may have one."""
        return Found(self.lake, [Hit(one, _numbered(one, alert_id)) for one in self.lake.parts])

    def cone(self, cone: Cone) -> Found:
        """The alerts in a cone, its border included. Raises QuestionError where it is none."""
        cone.check()
        ranges = cone.ranges()
        return Found(self.lake, [Hit(one, _within(one, cone, ranges)) for one in self.lake.parts])


def _night(part: Part) -> str:
    return part.night


def with_names(table: Any) -> Any:  # noqa: ANN401
    """A table in which codes are what they stand for, -1 the empty text."""
    import pyarrow as pa

    for name in set(CODES).intersection(table.column_names):
        names = pa.array([*CODES[name], ""])
        codes = values_of(table.column(name)).astype(np.int64)
        named = names.take(pa.array(np.where(codes < 0, len(names) - 1, codes)))
        field = pa.field(name, pa.string(), nullable=False)
        table = table.set_column(table.schema.get_field_index(name), field, named)
    return table


def schema_of(lake: Lake, columns: Sequence[str] | None) -> Any:  # noqa: ANN401
    """Of some columns, all but the index where none are named. Raises QuestionError."""
    import pyarrow as pa

    every = lake.schema
    if not columns:
        index = every.get_field_index(INDEX)
        return every if index < 0 else every.remove(index)
    if unknown := [name for name in columns if name not in every.names]:
        raise QuestionError(
            f"no night of {lake.path} has a column {unknown[0]!r}; it has {', '.join(every.names)}"
        )
    return pa.schema([every.field(name) for name in columns])


def _joined(hits: Sequence[Hit], schema: Any) -> Any:  # noqa: ANN401
    """Rows of parts in the columns of a schema."""
    import pyarrow as pa

    tables, places, begin = [], [NO_ROWS], 0
    wanted = frozenset(schema.names)
    for hit in hits:
        table, own = rows_table(hit, schema, wanted)
        tables.append(table)
        places.append(begin + own)
        begin += len(table)
    # Taken once, of all nights together: each column of each table costs a call.
    whole = pa.concat_tables(tables or [schema.empty_table()])
    return whole.take(np.concatenate(places))


def rows_table(hit: Hit, schema: Any, wanted: frozenset[str]) -> tuple[Any, Rows]:  # noqa: ANN401
    """Rows of a part and others between them, in the columns of a schema, and where they are.

    `wanted` are the schema's names.
    """
    import pyarrow as pa

    part, rows = hit
    own = part.names
    dusty = DUST in wanted and DUST not in own
    names = [name for name in own if name in wanted]
    read = [*dict.fromkeys([*names, *(PLACE if dusty else ())])]
    table, places = part.around(rows, read)
    if NIGHT in wanted:
        night = pa.array(np.full(len(table), int(part.night), np.int32))
        table = table.add_column(0, pa.field(NIGHT, night.type, nullable=False), night)
    return conformed(table, schema), places


def _within(part: Part, cone: Cone, ranges: Cells) -> Rows:
    """The rows of a part in a cone; only the groups of its file are read that may have some."""
    reaches = part.reaches
    groups = np.arange(len(part.begins) - 1)
    if reaches is not None:
        groups = np.flatnonzero(touching(ranges, reaches))
    if not len(groups):
        return groups
    table = part.read_groups(groups.tolist(), PLACE)
    return _rows_of(part, groups, cone.holds(*(values_of(table.column(one)) for one in PLACE)))


def _numbered(part: Part, alert_id: int) -> Rows:
    """The rows of a part with that number."""
    reach = part.reach(ALERT)
    groups = np.arange(len(part.begins) - 1)
    if reach is not None:
        groups = np.flatnonzero((reach[:, 0] <= alert_id) & (alert_id <= reach[:, 1]))
    if not len(groups):
        return groups
    table = part.read_groups(groups.tolist(), [ALERT])
    return _rows_of(part, groups, values_of(table.column(0)) == alert_id)


def _rows_of(part: Part, groups: Rows, held: NDArray[np.bool_]) -> Rows:
    """The rows that are held, of the rows of some groups one after another."""
    inside = np.flatnonzero(held)
    lengths = np.diff(part.begins)[groups]
    shift = part.begins[groups] - (np.cumsum(lengths) - lengths)
    found: Rows = inside + np.repeat(shift, lengths)[inside]
    return found
