"""A lake in partitions, a night each: what other processes open and answer for, as one would.

A partition is plain facts, small to send. Where the workers are is no matter here: `Run` is any
function that has another done for each partition and gives what came of them in order. The
built-in `map` is one.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.finding import Finder, Found, Hit, rows_table, schema_of, with_names
from lake.footers import Standing
from lake.part import Rows
from lake.reading import Lake
from sky.cones import Cone

Run = Callable[[Callable[["Partition"], Any], Sequence["Partition"]], Iterable[Any]]
Columns = Mapping[str, NDArray[Any]]
Result = TypeVar("Result")

ALERTS = "alerts"
"""How many alerts, in a count."""


class Partition(NamedTuple):
    """A night of a lake, as it stood."""

    path: Path
    night: str
    parts: tuple[Standing, ...]
    """Without their footers, which who opens them reads."""
    schema: Any
    """Of the whole lake; pyarrow has no types."""

    def open(self) -> Lake:
        """The lake of this night alone, with the columns of all. Raises ArchiveError."""
        return Lake.of(self.path, self.parts, self.schema)


def partitions(lake: Lake) -> list[Partition]:
    """The partitions of a lake, in order."""
    nights = groupby(lake.parts, key=lambda part: part.night)
    return [
        Partition(
            lake.path,
            night,
            tuple(part.standing._replace(footer=None) for part in parts),
            lake.schema,
        )
        for night, parts in nights
    ]


class FarFinder:
    """Finds rows of a lake as `Finder` does, each partition's where `run` has it done."""

    def __init__(self, lake: Lake, run: Run) -> None:
        self._lake = lake
        self._run = run
        self._partitions = partitions(lake)

    def object(self, object_id: str) -> Found:
        """The alerts of an object; only which rows they are is asked elsewhere."""
        each = self._run(partial(_rows_of_object, object_id=object_id), self._partitions)
        rows = (one for night in each for one in night)
        return Found(self._lake, [Hit(*pair) for pair in zip(self._lake.parts, rows, strict=True)])

    def cone(self, cone: Cone) -> FarCone:
        """The alerts in a cone. Raises QuestionError where it is none."""
        cone.check()
        return FarCone(self._lake, cone, self._run, self._partitions)


class FarCone(NamedTuple):
    """The alerts in a cone, not yet asked for."""

    lake: Lake
    cone: Cone
    run: Run
    partitions: Sequence[Partition]

    def table(self, columns: Sequence[str] | None = None) -> Any:  # noqa: ANN401
        """As `Found.table`. Raises QuestionError."""
        import pyarrow as pa

        empty = with_names(schema_of(self.lake, columns).empty_table())
        ask = partial(_cone_table, cone=self.cone, columns=columns)
        return pa.concat_tables([empty, *self.run(ask, self.partitions)])


def count_by(lake: Lake, names: Sequence[str], run: Run) -> Any:  # noqa: ANN401
    """How many alerts have each value of some columns together: an Arrow table, sorted by these.

    Raises QuestionError for a column that no night has.
    """
    import pyarrow as pa

    empty = _counted(with_names(schema_of(lake, names).empty_table()), names)
    each = run(partial(_counts, names=names), partitions(lake))
    counts = pa.concat_tables([empty, *each]).group_by([*names]).aggregate([(ALERTS, "sum")])
    whole = counts.rename_columns([*names, ALERTS])
    return whole.sort_by([(name, "ascending") for name in names])


def applied(
    lake: Lake, function: Callable[[Columns], Result], names: Sequence[str], run: Run
) -> list[Result]:
    """What a function gives for some columns of the alerts, a group of rows at a time, in order.

    Raises QuestionError for a column that no night has.
    """
    schema_of(lake, names)
    each = run(partial(_applied, function=function, names=names), partitions(lake))
    return [one for night in each for one in night]


def _rows_of_object(partition: Partition, object_id: str) -> list[Rows]:
    lake = partition.open()
    found = {hit.part: hit.rows for hit in Finder(lake).object(object_id).hits}
    return [found.get(part, np.zeros(0, np.int64)) for part in lake.parts]


def _cone_table(partition: Partition, cone: Cone, columns: Sequence[str] | None) -> Any:  # noqa: ANN401
    return Finder(partition.open()).cone(cone).table(columns)


def _counts(partition: Partition, names: Sequence[str]) -> Any:  # noqa: ANN401
    import pyarrow as pa

    return pa.concat_tables(_counted(table, names) for table in _tables(partition, names))


def _counted(table: Any, names: Sequence[str]) -> Any:  # noqa: ANN401
    counts = table.group_by([*names]).aggregate([([], "count_all")])
    return counts.rename_columns([*names, ALERTS])


def _applied(
    partition: Partition, function: Callable[[Columns], Result], names: Sequence[str]
) -> list[Result]:
    return [
        function({name: values_of(table.column(name)) for name in names})
        for table in _tables(partition, names)
    ]


def _tables(partition: Partition, names: Sequence[str]) -> Iterator[Any]:
    """Some columns, a group of rows at a time."""
    lake = partition.open()
    schema = schema_of(lake, names)
    for part in lake.parts:
        for group in range(part.groups):
            every = Hit(part, np.arange(*part.span(group)))
            table, _ = rows_table(every, schema, frozenset(names))
            yield with_names(table)
