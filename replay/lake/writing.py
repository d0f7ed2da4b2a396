"""Scored batches written as a lake: gathered by night, and each night put in place at the end."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from replay.lake.arrays import curves_table, table_of
from replay.lake.layout import (
    ALERTS,
    CURVES,
    CURVES_PER_GROUP,
    ENCODING,
    LITE_BYTES,
    PACKET_AT,
    PACKET_BYTES,
    PLAIN,
    REPEATING,
    ROWS_PER_GROUP,
    SCORE,
    VERSION,
    curves_file,
    night_folder,
    night_of,
    packet_sizes,
    packets_file,
)
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError

WAITING_BYTES_MAX = 256 * 2**20
"""Columns held in memory, of all nights together; over it the largest night goes to disk."""

UNIX_MJD = 40_587.0
"""The MJD of 1970-01-01."""


class NightWritten(NamedTuple):
    """A night that stands in the lake now."""

    night: str
    alerts: int
    bytes: int
    """Of its files."""


class LakeWriter:
    """Takes batches of any nights in any order; on leaving the `with`, the nights are in place.

    A night that the lake already had is replaced whole. Where the block raises, the lake stays
    as it was.
    """

    def __init__(self, lake: Path, *, version: str, with_packets: bool = True) -> None:
        """`version` is gueststar's, for the files. Raises ArchiveError where nothing can be made"""
        self._lake = lake
        self._mark = secrets.token_hex(4)
        self._desk = lake / f".writing-{self._mark}"
        self._facts = {"gueststar.lake": VERSION, "gueststar.version": version}
        self._with_packets = with_packets
        self._nights: dict[str, _Night] = {}
        self.written: tuple[NightWritten, ...] = ()
        with _explained(lake):
            self._desk.mkdir(parents=True)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the nights in place, or, after an error, nothing. Raises ArchiveError."""
        try:
            if error is None:
                with _explained(self._lake):
                    self.written = tuple(self._finished(each) for each in sorted(self._nights))
        finally:
            shutil.rmtree(self._desk, ignore_errors=True)

    def add(self, batch: AlertBatch) -> None:
        """Take a scored batch. Raises ArchiveError where the disk refuses."""
        nights = _nights(batch)
        with _explained(self._lake):
            for night in np.unique(nights).tolist():
                rows = np.flatnonzero(nights == night)
                whole = len(rows) == len(batch)
                self._of(night).add(batch if whole else batch.take(rows))
            while sum(each.waiting_bytes for each in self._nights.values()) > WAITING_BYTES_MAX:
                max(self._nights.values(), key=lambda each: each.waiting_bytes).spill()

    def _of(self, night: str) -> _Night:
        if night not in self._nights:
            folder = self._desk / night
            folder.mkdir()
            self._nights[night] = _Night(folder, with_packets=self._with_packets)
        return self._nights[night]

    def _finished(self, night: str) -> NightWritten:
        gathered, place = self._nights[night], night_folder(self._lake, night)
        place.mkdir(exist_ok=True)
        facts = self._facts | {"gueststar.mark": self._mark, "gueststar.night": night}
        gathered.spill()
        gathered.curves_into(curves_file(place, self._mark))
        if self._with_packets:
            gathered.packets.replace(packets_file(place, self._mark))
        whole = place / f"{ALERTS}.{self._mark}"
        gathered.alerts_into(whole, facts | {"gueststar.sha256": gathered.sha256})
        whole.replace(place / ALERTS)
        _clear(place, self._mark)
        size = sum(file.stat().st_size for file in place.iterdir())
        return NightWritten(night, gathered.alerts, size)


class _Night:
    """A night's alerts as they come: in memory, then in parts on disk of a row group each."""

    def __init__(self, folder: Path, *, with_packets: bool) -> None:
        self.packets = folder / "packets"
        self.alerts = 0
        self.waiting_bytes = 0
        self._folder = folder
        self._with_packets = with_packets
        self._packet_at = 0
        self._waiting: list[tuple[Any, Any]] = []
        self._waiting_rows = self._parts = 0
        self._ids = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the alerts' ids, in their order."""
        return self._ids.hexdigest()

    def add(self, batch: AlertBatch) -> None:
        """Take alerts of this night."""
        tables = (
            table_of(self._columns(batch)),
            curves_table({n: getattr(batch, n) for n in CURVES}),
        )
        self._waiting.append(tables)
        self._waiting_rows += len(batch)
        self.waiting_bytes += sum(each.nbytes for each in tables)
        self.alerts += len(batch)
        self._ids.update(batch.alert_id.tobytes())
        if self._with_packets:
            with self.packets.open("ab") as file:
                file.writelines(batch.packets)
        if self._waiting_rows >= ROWS_PER_GROUP:
            self.spill()

    def spill(self) -> None:
        """Write what waits in memory as a part on disk."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for place, kind in enumerate(("alerts", "curves") if self._waiting else ()):
            table = pa.concat_tables([pair[place] for pair in self._waiting])
            pq.write_table(table, self._part(kind, self._parts), **ENCODING)
        self._parts += bool(self._waiting)
        self._waiting.clear()
        self._waiting_rows = self.waiting_bytes = 0

    def alerts_into(self, path: Path, facts: dict[str, str]) -> None:
        """The parts' plain columns as one file, with facts in its metadata."""
        self._merged("alerts", path, ROWS_PER_GROUP, facts, use_dictionary=[*REPEATING])

    def curves_into(self, path: Path) -> None:
        """The parts' light curves as one file."""
        self._merged("curves", path, CURVES_PER_GROUP, {}, use_dictionary=False)

    def _columns(self, batch: AlertBatch) -> dict[str, NDArray[Any]]:
        whole, lite = packet_sizes(batch)
        begins = self._packet_at + np.cumsum(whole) - whole
        self._packet_at += int(whole.sum())
        scores = {
            f"{SCORE}{classifier}.{label}": np.ascontiguousarray(batch.score(classifier, label))
            for classifier, labels in batch.score_labels.items()
            for label in labels
        }
        sizes = {PACKET_BYTES: whole, LITE_BYTES: lite, PACKET_AT: begins}
        return {name: batch.column(name) for name in PLAIN} | scores | sizes

    def _part(self, kind: str, number: int) -> Path:
        return self._folder / f"{kind}-{number}"

    def _merged(
        self, kind: str, path: Path, rows: int, facts: dict[str, str], **encoding: object
    ) -> None:
        import pyarrow.parquet as pq

        schema = pq.read_schema(self._part(kind, 0))
        with pq.ParquetWriter(path, schema, **ENCODING, **encoding) as file:
            for number in range(self._parts):
                part = self._part(kind, number)
                file.write_table(pq.read_table(part, use_threads=False), row_group_size=rows)
                part.unlink()
            file.add_key_value_metadata(facts)


def _nights(batch: AlertBatch) -> NDArray[np.str_]:
    """Each alert's night, from its exposure, or else from its own time."""
    own = (batch.mjd - UNIX_MJD) * 86_400
    unix_s = np.where(np.isfinite(batch.exposed_unix_s), batch.exposed_unix_s, own)
    return np.array([night_of(each) for each in unix_s.tolist()], dtype=np.str_)


def _clear(place: Path, mark: str) -> None:
    """Remove the companions of the night that was replaced."""
    for file in place.iterdir():
        if file.name != ALERTS and mark not in file.name:
            file.unlink()


@contextmanager
def _explained(lake: Path) -> Iterator[None]:
    """What the disk or Parquet refuses, in one line."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"the lake {lake} cannot be written: {error}") from error
