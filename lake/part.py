"""One part of a night of a lake: its files, opened when first asked, read a column at a time."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.arrays import curves_of, values_of, with_texts
from lake.disk import present
from lake.footers import Standing, status
from lake.layout import (
    FIRST_ALERTS,
    INDEX,
    LEARNED,
    PACKET_AT,
    PACKET_BYTES,
    PACKET_FILE,
    POINTS,
    REPEATING,
    ROWS_PER_GROUP,
    TEXTS,
    curves_file,
    night_of,
    packets_file,
)
from schemas.batch import LightCurves
from schemas.columns import COLUMNS
from schemas.dust import DUST, extinction_ebv
from schemas.errors import ArchiveError
from schemas.learned import Given

Rows = NDArray[np.int64]


class Part:
    """Some of the alerts of a night, in groups: some of the file's, which are judged together."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.path = standing.path
        self.night = night_of(self.path)

    def __len__(self) -> int:
        return self.standing.alerts

    @property
    def groups(self) -> int:
        return len(self._groups)

    @property
    def has_packets(self) -> bool:
        """Whether every alert's packet was kept."""
        return self.standing.with_packets == len(self)

    @cached_property
    def schema(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        return self._alerts.schema_arrow

    @property
    def curves_schema(self) -> Any:  # noqa: ANN401
        return self._curves.schema_arrow

    @cached_property
    def given(self) -> Mapping[str, Given]:
        kinds = {begin: kind for kind, begin in LEARNED.items()}
        found: dict[str, Given] = {}
        for column in self.schema.names:
            begin, *rest = column.split(".", 2)
            kind = kinds.get(f"{begin}.")
            if kind is not None:
                name, own = rest
                known = found.get(name, Given(name, kind, ()))
                found[name] = known._replace(columns=(*known.columns, own))
        return found

    def span(self, group: int) -> tuple[int, int]:
        """Where a group's rows begin and end within the part."""
        groups = self._groups[group]
        return int(self.begins[groups[0]]), int(self.begins[groups[-1] + 1])

    def column(self, group: int, name: str) -> NDArray[Any]:
        """A column of a group, without a copy where it is numbers.

        One of the table that the lake was archived before holds its kind's value of none, or what
        the position alone says.
        """
        if name not in self._names and name in COLUMNS:
            if name == DUST:
                return extinction_ebv(self.column(group, "ra_deg"), self.column(group, "dec_deg"))
            begin, end = self.span(group)
            kind = COLUMNS[name].kind
            return np.full(end - begin, kind.none, kind.dtype)
        return values_of(self._read(self._alerts, self._groups[group], [name]).column(0))

    def texts(self, group: int, name: str, rows: Rows) -> NDArray[np.str_]:
        """A column of text at some rows of a group: the others are not made Python's."""
        assert name in TEXTS
        if name not in self._names:
            return self.column(group, name)[rows]
        column = self._read(self._alerts, self._groups[group], [name]).column(0)
        return values_of(column.take(rows))

    @cached_property
    def begins(self) -> Rows:
        """Where the groups of the file begin, and where the last ends (groups + 1)."""
        return _begins(self._alerts)

    @cached_property
    def reaches(self) -> Rows | None:
        """The least and the greatest place in each group of the file, (groups, 2).

        None where it does not tell them.
        """
        return self.reach(INDEX)

    def reach(self, name: str) -> Rows | None:
        """The same of another column of whole numbers."""
        if name not in self._names:
            return None
        at = self.schema.get_field_index(name)
        groups = range(len(self.begins) - 1)
        told = [self._alerts.metadata.row_group(group).column(at).statistics for group in groups]
        if not all(each and each.has_min_max for each in told):
            return None
        found = np.array([(each.min, each.max) for each in told], dtype=np.int64)
        return found.reshape(-1, 2)

    @cached_property
    def is_sorted(self) -> bool:
        """Whether its rows stand by their place."""
        reaches, footer = self.reaches, self._alerts.metadata
        if reaches is None or not (reaches[1:, 0] >= reaches[:-1, 1]).all():
            return False
        each = [footer.row_group(group).sorting_columns for group in range(len(reaches))]
        at = self.schema.get_field_index(INDEX)
        return all(one and one[0].column_index == at for one in each)

    @property
    def places(self) -> Rows:
        """The column of places, of a part that has it."""
        groups = [*range(len(self.begins) - 1)]
        return values_of(self._read(self._alerts, groups, [INDEX]).column(0))

    def read_groups(self, groups: list[int], names: list[str]) -> Any:  # noqa: ANN401
        """Some columns of some groups of the file, as an Arrow table; the file has them all."""
        return self._read(self._alerts, groups, names)

    def around(self, rows: Rows, names: list[str]) -> tuple[Any, Rows]:
        """Some columns from the first of some rows (rising, one at least) to the last.

        An Arrow table, of which nothing was copied, and where in it these rows are: it has others
        between them, but no group of the file that has none of them.
        """
        of_row = np.searchsorted(self.begins, rows, side="right") - 1
        groups = of_row[np.flatnonzero(np.diff(of_row, prepend=-1))]
        lengths = np.diff(self.begins)[groups]
        before = np.cumsum(lengths) - lengths
        local = before[np.searchsorted(groups, of_row)] + rows - self.begins[of_row]
        first, after = int(local[0]), int(local[-1]) + 1
        whole = self._read(self._repeating, groups.tolist(), names)
        texts = self._texts.intersection(names)
        return with_texts(whole.slice(first, after - first), texts), local - first

    def tables(self) -> Iterator[Any]:
        """The alerts' columns, an Arrow table a group."""
        yield from self._whole(self._alerts)

    def curves_tables(self) -> Iterator[Any]:
        """The light curves in the same order, an Arrow table a group of their own."""
        yield from self._whole(self._curves)

    def curves(self, kind: str, rows: Rows | range) -> LightCurves:
        """The light curves of some rows of the part, in the order given; a range as a whole."""
        wanted = np.asarray(rows, dtype=np.int64)
        begins = _begins(self._curves)
        of_row = np.searchsorted(begins, wanted, side="right") - 1
        groups, place = np.unique(of_row, return_inverse=True)
        names = [f"{kind}.{name}" for name in POINTS]
        found = curves_of(self._read(self._curves, groups.tolist(), names), kind)
        before = np.concatenate(([0], np.cumsum(np.diff(begins)[groups])))[:-1]
        local = before[place] + wanted - begins[of_row]
        alike = len(local) == len(found) and bool((local == np.arange(len(found))).all())
        return found if alike else found.take(local)

    def packets(self, group: int, rows: Rows) -> list[bytes]:
        """The packets of some rows of a group.

        Raises ArchiveError where one was not kept; asked for no rows, where any was not.
        """
        places = [self.column(group, name)[rows].tolist() for name in (PACKET_AT, PACKET_BYTES)]
        names = self.packet_files(group, rows)
        if not self.has_packets and not (names and all(names)):
            raise ArchiveError(
                f"alerts of the night {self.night} were archived without packets, so they have no"
                " stamps; archive them again with --with-packets"
            )
        with self._explained():
            return _pieces(self.path, names, *places)

    def packet_files(self, group: int, rows: Rows) -> list[str]:
        """Marks of the files with the packets of some rows; empty where a packet was not kept."""
        if self.path.name == FIRST_ALERTS:
            return [self.standing.mark if self.standing.with_packets else ""] * len(rows)
        named = self._read(self._alerts, self._groups[group], [PACKET_FILE]).column(0).take(rows)
        found: list[str] = named.to_pylist()
        return found

    @cached_property
    def _alerts(self) -> Any:  # noqa: ANN401
        with self._explained():
            return _opened(self._content, self.standing.footer)

    @cached_property
    def _repeating(self) -> Any:  # noqa: ANN401
        """The same file, whose text of few values is read as places in a dictionary."""
        with self._explained():
            return _opened(self._content, self._alerts.metadata, read_dictionary=[*self._texts])

    @cached_property
    def _content(self) -> Any:  # noqa: ANN401
        """The file of alerts, mapped."""
        with self._explained():
            file = present(self.path)
            mapped = _mapped(file)
            if status(file) != self.standing.status:
                raise OSError("it has other rows than before")
            return mapped

    @cached_property
    def _curves(self) -> Any:  # noqa: ANN401
        with self._explained():
            return _opened(_mapped(present(curves_file(self.path, self.standing.mark))))

    @cached_property
    def names(self) -> list[str]:
        """Of the alerts' columns."""
        return [*self.schema.names]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _texts(self) -> frozenset[str]:
        """The columns of text of few values."""
        import pyarrow as pa

        own = self._names.intersection(REPEATING)
        return frozenset(name for name in own if pa.types.is_string(self.schema.field(name).type))

    @cached_property
    def _groups(self) -> list[list[int]]:
        """The file's groups that are read together: one at least, ROWS_PER_GROUP rows at most."""
        found: list[list[int]] = []
        for number, end in enumerate(self.begins[1:].tolist()):
            if found and end - self.begins[found[-1][0]] <= ROWS_PER_GROUP:
                found[-1].append(number)
            else:
                found.append([number])
        return found

    def _whole(self, file: Any) -> Iterator[Any]:  # noqa: ANN401
        for group in range(file.num_row_groups):
            yield self._read(file, [group], file.schema_arrow.names)

    def _read(self, file: Any, groups: list[int], names: list[str]) -> Any:  # noqa: ANN401
        with self._explained():
            found = file.read_row_groups(groups, columns=names, use_threads=False)
            if found.num_columns < len(names):
                (name, *_) = set(names).difference(found.column_names)
                raise OSError(f"it was archived before there was a column {name!r}")
            return found

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What the disk or Parquet refuses, in one line."""
        import pyarrow as pa

        try:
            yield
        except (OSError, pa.ArrowException) as error:
            why = " ".join(str(error).split())
            raise ArchiveError(
                f"{self.path} cannot be read: {why}; if it was archived to meanwhile,"
                " read it again, else archive it again"
            ) from error


def _begins(file: Any) -> Rows:  # noqa: ANN401
    """Where the groups of a Parquet file begin, and where the last ends (groups + 1)."""
    facts = file.metadata
    counts = [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _mapped(path: Path) -> Any:  # noqa: ANN401
    """A file as one buffer: of a mapped file itself Arrow asks the system for each column anew."""
    import pyarrow as pa

    return pa.memory_map(str(path)).read_buffer()


def _opened(content: Any, footer: Any = None, **how: Any) -> Any:  # noqa: ANN401
    """A mapped file, whose footer need not be read again where one has it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetFile(pa.BufferReader(content), metadata=footer, pre_buffer=False, **how)


def _pieces(alerts: Path, names: list[str], begins: list[int], sizes: list[int]) -> list[bytes]:
    """Packets out of the files that hold them, each opened once."""
    found = []
    with ExitStack() as files:
        opened = {
            name: files.enter_context(present(packets_file(alerts, name)).open("rb"))
            for name in {*names}
        }
        for name, begin, size in zip(names, begins, sizes, strict=True):
            opened[name].seek(begin)
            found.append(opened[name].read(size))
            if len(found[-1]) != size:
                raise OSError(f"its packets end at byte {begin + len(found[-1])}, within a packet")
    return found
