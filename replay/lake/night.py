"""One night of a lake: its files, opened when first asked, and read a column at a time."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.lake.arrays import curves_of, values_of
from replay.lake.layout import (
    ALERTS,
    NIGHT,
    PACKET_AT,
    PACKET_BYTES,
    POINTS,
    SCORE,
    TEXTS,
    VERSION,
    curves_file,
    packets_file,
)
from schemas.batch import LightCurves
from schemas.errors import ArchiveError

Rows = NDArray[np.int64]


class Night:
    """The alerts of a night, in groups of rows."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self.folder = folder
        self.name = folder.name.removeprefix(NIGHT)

    def __len__(self) -> int:
        """How many alerts."""
        return int(self._alerts.metadata.num_rows)

    @property
    def sha256(self) -> str:
        """Of the alerts' ids, in their order."""
        return self._fact("sha256")

    @property
    def groups(self) -> int:
        """How many groups of rows."""
        return int(self._alerts.num_row_groups)

    @property
    def has_packets(self) -> bool:
        """Whether the packets were kept."""
        return self._packets.exists()

    @cached_property
    def score_labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each classifier that has scored."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self._alerts.schema_arrow.names:
            if name.startswith(SCORE):
                _, classifier, label = name.split(".", 2)
                found[classifier] = (*found.get(classifier, ()), label)
        return found

    def span(self, group: int) -> tuple[int, int]:
        """Where a group's rows begin and end within the night."""
        return int(self._begins[group]), int(self._begins[group + 1])

    def column(self, group: int, name: str) -> NDArray[Any]:
        """A column of a group, without a copy where it is numbers."""
        return values_of(self._read(self._alerts, [group], [name]).column(0))

    def texts(self, group: int, name: str, rows: Rows) -> NDArray[np.str_]:
        """A column of text at some rows of a group: the others are not made Python's."""
        assert name in TEXTS
        return values_of(self._read(self._alerts, [group], [name]).column(0).take(rows))

    def curves(self, kind: str, rows: Rows | range) -> LightCurves:
        """The light curves of some rows of the night, in the order given; a range as a whole."""
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
        """The packets of some rows of a group. Raises ArchiveError where none were kept."""
        if not self.has_packets:
            raise ArchiveError(
                f"the night {self.name} was archived without packets, so it has no stamps;"
                " archive it again with --with-packets"
            )
        begins, sizes = self.column(group, PACKET_AT)[rows], self.column(group, PACKET_BYTES)[rows]
        with self._explained(), self._packets.open("rb") as file:
            return [
                _piece(file, *span) for span in zip(begins.tolist(), sizes.tolist(), strict=True)
            ]

    @cached_property
    def _alerts(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        opened = self._opened(self.folder / ALERTS)
        facts = opened.metadata.metadata or {}
        version = facts.get(b"gueststar.lake", b"").decode()
        if version != VERSION:
            said = f"is of a lake of version {version}" if version else "is no file of a lake"
            raise ArchiveError(
                f"{self.folder / ALERTS} {said}; this gueststar reads version {VERSION}:"
                " write it with `gueststar archive`"
            )
        return opened

    @cached_property
    def _curves(self) -> Any:  # noqa: ANN401
        return self._opened(curves_file(self.folder, self._fact("mark")))

    @cached_property
    def _packets(self) -> Path:
        return packets_file(self.folder, self._fact("mark"))

    @cached_property
    def _begins(self) -> Rows:
        return _begins(self._alerts)

    def _fact(self, name: str) -> str:
        facts: dict[bytes, bytes] = self._alerts.metadata.metadata
        return facts[f"gueststar.{name}".encode()].decode()

    def _opened(self, path: Path) -> Any:  # noqa: ANN401
        import pyarrow.parquet as pq

        with self._explained():
            return pq.ParquetFile(path, memory_map=True, pre_buffer=False)

    def _read(self, file: Any, groups: list[int], names: list[str]) -> Any:  # noqa: ANN401
        with self._explained():
            found = file.read_row_groups(groups, columns=names, use_threads=False)
            for name in set(names).difference(found.column_names):
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
                f"the night {self.folder} cannot be read: {why}; if it was replaced meanwhile,"
                " read it again, else archive it again"
            ) from error


def _begins(file: Any) -> Rows:  # noqa: ANN401
    """Where the row groups of a Parquet file begin, and where the last ends (groups + 1)."""
    facts = file.metadata
    counts = [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _piece(file: Any, begin: int, size: int) -> bytes:  # noqa: ANN401
    file.seek(begin)
    data: bytes = file.read(size)
    if len(data) != size:
        raise OSError(f"its packets end at byte {begin + len(data)}, within a packet")
    return data
