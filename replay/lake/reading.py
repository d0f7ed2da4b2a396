"""A lake read as tables for filters: a column comes from disk when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.lake.layout import (
    ALERTS,
    LITE_BYTES,
    NIGHT,
    PACKET_BYTES,
    PLAIN,
    TEXTS,
    night_date,
)
from replay.lake.night import Night
from schemas.avro import WriterSchema
from schemas.batch import AlertBatch, LightCurves, Spans
from schemas.cutouts import Stamps
from schemas.decode import Decoder
from schemas.errors import ArchiveError

Rows = NDArray[np.int64]

STAMPS_MAX = 4_096
"""Alerts whose stamps are decoded together: those of a whole group would not fit in memory."""

SCHEMA = WriterSchema.of('{"type": "record", "name": "archived", "fields": []}')
"""Of rows whose packets were not kept."""


class Lake:
    """The nights of a folder that `LakeWriter` wrote, or some of them."""

    def __init__(
        self, path: Path, nights: Sequence[str] = (), *, decoder: Decoder | None = None
    ) -> None:
        """`nights`: "20231018" or "20231001:20231031", both ends included; none for all.

        `decoder` reads the packets again where stamps are asked for. Raises ArchiveError where the
        folder is no lake, or has none of the nights.
        """
        self.path = path
        self.decoder = decoder or Decoder()
        if not is_lake(path):
            raise ArchiveError(f"{path} is no lake: no folder night=YYYYMMDD stands in it")
        every = sorted(one for one in path.glob(f"{NIGHT}*") if (one / ALERTS).is_file())
        wanted = [_span(each) for each in nights]
        chosen = [one for one in every if not wanted or _is_among(one.name, wanted)]
        if not chosen:
            raise ArchiveError(_none(path, nights, every))
        self.nights = tuple(Night(folder) for folder in chosen)

    def __len__(self) -> int:
        """How many alerts."""
        return sum(len(night) for night in self.nights)

    @property
    def has_packets(self) -> bool:
        """Whether every night kept its packets."""
        return all(night.has_packets for night in self.nights)

    @property
    def sha256(self) -> str:
        """Of the nights and their alerts' ids."""
        lines = (f"{night.name} {night.sha256}\n" for night in self.nights)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def tables(self, rows_max: int | None = None) -> Iterator[LakeRows]:
        """The alerts, a group at a time; of at most `rows_max` where that is given."""
        for night in self.nights:
            for group in range(night.groups):
                whole = LakeRows(night, group, self.decoder)
                yield from _pieces(whole, rows_max) if rows_max else (whole,)


class LakeRows:
    """Rows of one group of one night, as a filter reads them (`filters.alerts.Table`)."""

    def __init__(
        self, night: Night, group: int, decoder: Decoder, rows: Rows | None = None
    ) -> None:
        """`rows` within the group; all of them by default."""
        self.night = night
        self._group = group
        self._decoder = decoder
        self._rows = rows
        self._columns: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        """How many alerts."""
        begin, end = self.night.span(self._group)
        return end - begin if self._rows is None else len(self._rows)

    def column(self, name: str) -> NDArray[Any]:
        """A plain column, (n,); of a whole group it is as it was read, not a copy."""
        if name not in self._columns:
            self._columns[name] = self._column(name)
        return self._columns[name]

    @cached_property
    def light_curve(self) -> LightCurves:
        """History and this detection."""
        return self._curves("light_curve")

    @cached_property
    def forced_photometry(self) -> LightCurves:
        """Forced photometry at the object's position."""
        return self._curves("forced_photometry")

    @cached_property
    def stamps(self) -> Stamps:
        """The three cutouts of every row. Raises ArchiveError where no packets were kept."""
        if len(self) > STAMPS_MAX:
            raise ArchiveError(
                f"stamps of {len(self):,} alerts at once are over {STAMPS_MAX:,}; take fewer rows"
            )
        return self._decoded().stamps

    @property
    def score_labels(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each classifier that has scored."""
        return self.night.score_labels

    def score(self, classifier: str, label: str) -> NDArray[np.float32]:
        """One label's probability, (n,)."""
        return self.column(f"score.{classifier}.{label}")

    def take(self, rows: Rows, /) -> LakeRows:
        """The same of some rows, in the order given."""
        own = rows if self._rows is None else self._rows[rows]
        return LakeRows(self.night, self._group, self._decoder, own)

    @property
    def packet_bytes(self) -> NDArray[np.int64]:
        """Each packet's size as the survey sent it, (n,)."""
        return self.column(PACKET_BYTES)

    @property
    def lite_bytes(self) -> NDArray[np.int64]:
        """The same without cutouts, (n,)."""
        return self.column(LITE_BYTES)

    def batch(self) -> AlertBatch:
        """These rows in memory, with their packets where those were kept, and their scores."""
        batch = self._decoded() if self.night.has_packets else self._bare()
        for classifier, labels in self.score_labels.items():
            columns = [self.score(classifier, label) for label in labels]
            batch.scores[classifier] = np.stack(columns, axis=1)
            batch.score_labels[classifier] = labels
        return batch

    def _column(self, name: str) -> NDArray[Any]:
        if self._rows is not None and name in TEXTS:
            return self.night.texts(self._group, name, self._rows)
        whole = self.night.column(self._group, name)
        return whole if self._rows is None else whole[self._rows]

    def _curves(self, kind: str) -> LightCurves:
        begin, end = self.night.span(self._group)
        return self.night.curves(
            kind, range(begin, end) if self._rows is None else self._rows + begin
        )

    def _decoded(self) -> AlertBatch:
        rows = np.arange(len(self)) if self._rows is None else self._rows
        batch = self._decoder.decode(self.night.packets(self._group, rows))
        if batch.rejected:
            _, reason, detail = batch.rejected[0]
            raise ArchiveError(
                f"a packet of the night {self.night.name} cannot be decoded again: {reason},"
                f" {detail}; name the folder of its schemas"
            )
        return batch

    def _bare(self) -> AlertBatch:
        n = len(self)
        nowhere = np.full((n, 3, 2), -1, dtype=np.int64)
        none = np.zeros((n, 2), dtype=np.int64)
        columns: dict[str, Any] = {name: self.column(name) for name in PLAIN}
        return AlertBatch(
            **columns,
            light_curve=self.light_curve,
            forced_photometry=self.forced_photometry,
            buffer=np.zeros(0, dtype=np.uint8),
            spans=Spans(none, nowhere, nowhere.copy(), np.zeros(n, dtype=np.bool_)),
            packets=[b""] * n,
            source_index=np.arange(n, dtype=np.int64),
            schema=np.zeros(n, dtype=np.int32),
            schemas=(SCHEMA,),
        )


def is_lake(path: Path) -> bool:
    """Whether a folder holds nights of a lake."""
    return any(path.glob(f"{NIGHT}*/{ALERTS}"))


def _pieces(whole: LakeRows, rows_max: int) -> Iterator[LakeRows]:
    for begin in range(0, len(whole), rows_max):
        yield whole.take(np.arange(begin, min(begin + rows_max, len(whole))))


def _span(text: str) -> tuple[str, str]:
    """A night or a range of them, as its first and last. Raises ArchiveError."""
    first, _, last = text.partition(":")
    try:
        ends = night_date(first), night_date(last or first)
    except ValueError:
        raise ArchiveError(
            f"{text!r} names no nights; write 20231018, or 20231001:20231031"
        ) from None
    if ends[0] > ends[1]:
        raise ArchiveError(f"{text!r} ends before it begins; write the earlier night first")
    return first, last or first


def _is_among(folder: str, spans: Sequence[tuple[str, str]]) -> bool:
    night = folder.removeprefix(NIGHT)
    return any(first <= night <= last for first, last in spans)


def _none(path: Path, nights: Sequence[str], every: Sequence[Path]) -> str:
    names = [one.name.removeprefix(NIGHT) for one in every]
    return f"the lake {path} has no night {', '.join(nights)}; it has {names[0]} to {names[-1]}"
