"""A flush: what was read of a stream at once, written as one change of a lake, whole or not at all.

Its files are durable before the last of them gets its name: the alerts of the latest of its nights,
or what was left unread where there are no alerts. That file commits the flush. Its footer holds the
offsets that were read, and names the others; theirs say where the file is that commits them.
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import Texts, curves_table, table_of
from lake.digests import digest
from lake.disk import publish_all
from lake.facts import facts_of
from lake.layout import (
    ALERTS,
    ALERTS_PER_GROUP,
    CURVES_PER_GROUP,
    LITE_BYTES,
    NIGHT,
    ORIGIN,
    PACKET_AT,
    PACKET_BYTES,
    PACKET_FILE,
    REPEATING,
    ROWS_PER_GROUP,
    TEXTS,
    UNREAD,
    curves_file,
    night_folder,
    packet_sizes,
    packets_file,
)
from lake.night_buffer import columns_of
from lake.places import places_of
from lake.ranges import Stretch
from lake.streams import write_tables
from schemas.batch import AlertBatch

Beside = Mapping[str, NDArray[Any] | Texts]
"""Columns of what came with a batch's alerts, one value a row."""


@dataclass(frozen=True)
class Flush:
    """What was read at once."""

    batch: AlertBatch
    """Scored alerts, each of a night."""
    beside: Beside
    unread: Mapping[str, Sequence[Any]]
    """Columns of the messages that are no alerts, plain values; empty where there are none."""
    stretches: Sequence[Stretch]


class Flushed(NamedTuple):
    """What a flush wrote."""

    rows: Mapping[str, int]
    """By night."""
    bytes: int
    files: int
    left_unread: bool = False
    """Whether one of the files is of messages that are no alerts."""


Written = tuple[Path, Path]
"""A file, and the name that it is to get."""

Facts = dict[str, Any]
"""What of its facts the files of a flush have in common (`facts_of`)."""


class Writer:
    """Writes flushes to a lake whose lock one holds."""

    def __init__(
        self, lake: Path, staging: Path, facts: Mapping[str, str], *, with_packets: bool
    ) -> None:
        """staging: a folder on the lake's disk that is empty; facts go into every file."""
        self._lake = lake
        self._staging = staging
        self._own = facts
        self._with_packets = with_packets

    def write(self, flush: Flush, number: int, mark: str) -> Flushed:
        """Make it part of the lake, as the flush of that number. Raises OSError, ArchiveError.

        Where it raises, or the process ends, nothing of it is part of the lake, or all.
        """
        nights = [str(night) for night in np.unique(flush.batch.night).tolist()]
        commits, others = _facts(flush, number, nights)
        written = []
        if flush.unread or not nights:
            written.append(self._unread(flush, mark, others if nights else commits))
        for night in nights:
            written += self._night(flush, night, mark, commits if night == nights[-1] else others)
        size = sum(file.stat().st_size for file, _ in written)
        publish_all(written)
        rows = {night: int((flush.batch.night == int(night)).sum()) for night in nights}
        return Flushed(rows, size, len(written), left_unread=bool(flush.unread or not nights))

    def _unread(self, flush: Flush, mark: str, facts: Facts) -> Written:
        import pyarrow as pa

        schema, file = unread_schema(), self._staging / "unread"
        table = pa.table(dict(flush.unread), schema) if flush.unread else schema.empty_table()
        kept = {**self._own, **facts_of(mark, **facts)}
        write_tables(file, [table], schema, ROWS_PER_GROUP, repeating=(), facts=lambda: kept)
        return file, self._lake / UNREAD / f"{mark}.parquet"

    def _night(self, flush: Flush, night: str, mark: str, facts: Facts) -> list[Written]:
        """The files of a night, sorted by place, that of its alerts last."""
        rows = np.flatnonzero(flush.batch.night == int(night))
        places = places_of(flush.batch.ra_deg[rows], flush.batch.dec_deg[rows])
        rows = rows[np.argsort(places, kind="stable")]
        batch = flush.batch.take(rows)
        target = night_folder(self._lake, ALERTS, night) / f"{mark}.parquet"
        beside = taken(flush.beside, rows)
        written = [(self._curves(batch, beside, night), curves_file(target, mark))]
        if self._with_packets:
            packets = self._staging / f"{night}.packets"
            packets.write_bytes(b"".join(batch.packets))
            written.append((packets, packets_file(target, mark)))
        table = table_of(columns_of(batch) | beside | self._places(batch, mark))
        own = facts_of(
            mark,
            night=night,
            digest=digest(batch.survey, batch.alert_id),
            with_packets=len(batch) * self._with_packets,
            packet_files=[mark] * self._with_packets,
            **facts,
        )
        file, kept = self._staging / f"{night}.alerts", {**self._own, **own}
        write_tables(
            file, [table], table.schema, ALERTS_PER_GROUP, repeating=REPEATING, facts=lambda: kept
        )
        return [*written, (file, target)]

    def _curves(self, batch: AlertBatch, beside: Beside, night: str) -> Path:
        """With where each alert lay in the stream: an alert that came twice has two."""
        file, table = self._staging / f"{night}.curves", curves_table(batch)
        origin = table_of({name: beside[name] for name in ORIGIN if name in beside})
        for field in origin.schema:
            table = table.append_column(field, origin.column(field.name))
        write_tables(file, [table], table.schema, CURVES_PER_GROUP, repeating=TEXTS)
        return file

    def _places(self, batch: AlertBatch, mark: str) -> dict[str, NDArray[Any]]:
        whole, lite = packet_sizes(batch)
        begins = np.cumsum(whole) - whole if self._with_packets else np.full(len(batch), -1)
        file = np.full(len(batch), mark * self._with_packets)
        return {PACKET_BYTES: whole, LITE_BYTES: lite, PACKET_FILE: file, PACKET_AT: begins}


def _facts(flush: Flush, number: int, nights: Sequence[str]) -> tuple[Facts, Facts]:
    """Of the file that commits, and of the others."""
    folders = [f"{NIGHT}{night}" for night in nights]
    beside = folders[:-1] + [UNREAD] * bool(flush.unread and nights)
    commits = {"commits": [number], "stretches": flush.stretches, "beside": beside}
    return {"holds": [number], **commits}, {"holds": [number], "commit_in": "".join(folders[-1:])}


def taken(beside: Beside, rows: NDArray[np.int64]) -> dict[str, NDArray[Any] | Texts]:
    """Some rows of all columns."""
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        for name, column in beside.items()
    }


def unread_schema() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Of the messages that are no alerts: where each lay, all of it, and why."""
    import pyarrow as pa

    kinds = {
        "topic_name": pa.string(),
        "topic_partition": pa.int32(),
        "topic_offset": pa.int64(),
        "timestamp_ms": pa.int64(),
        "key": pa.binary(),
        "value": pa.binary(),
        "reason": pa.string(),
        "detail": pa.string(),
    }
    return pa.schema(list(kinds.items()))
