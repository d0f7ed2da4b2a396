"""A lake read as tables for filters: a column comes from disk when it is asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lake.arrays import joined_schema
from lake.footers import Standing
from lake.layout import (
    LEARNED,
    LITE_BYTES,
    NIGHT,
    PACKET,
    PACKET_BYTES,
    PLAIN,
    TEXTS,
    alert_files,
    night_date,
)
from lake.part import Part
from lake.standing import standing
from schemas.avro import WriterSchema
from schemas.batch import AlertBatch, LightCurves, Spans
from schemas.cutouts import Stamps
from schemas.decode import Decoder
from schemas.errors import ArchiveError
from schemas.learned import Given, Learned

Rows = NDArray[np.int64]

STAMPS_MAX = 4_096
"""Alerts whose stamps are decoded together: those of a whole group would not fit in memory."""

SCHEMA = WriterSchema.of('{"type": "record", "name": "archived", "fields": []}')
"""Of rows whose packets were not kept."""


class Lake:
    """The nights of a folder that `LakeWriter` wrote, or some of them, as they stand now."""

    def __init__(
        self, path: Path, nights: Sequence[str] = (), *, decoder: Decoder | None = None
    ) -> None:
        """`nights`: "20231018" or "20231001:20231031", both ends included; none for all.

        `decoder` reads the packets again where stamps are asked for. Raises ArchiveError where the
        folder is no lake, or has none of the nights.
        """
        self.path = path
        self.decoder = decoder or Decoder()
        every = {file.parent.name for file in alert_files(path)}
        if not every:
            raise ArchiveError(f"{path} is no lake: no folder alerts/night=YYYYMMDD stands in it")
        wanted = [span_of(each) for each in nights]
        chosen = frozenset(one for one in every if not wanted or _is_among(one, wanted))
        if not chosen:
            raise ArchiveError(_none(path, nights, sorted(every)))
        self.parts = tuple(Part(each) for each in standing(path, chosen))

    @classmethod
    def of(cls, path: Path, parts: Sequence[Standing], schema: Any) -> Self:  # noqa: ANN401
        """Some parts of a lake as they stood, with the columns of a schema."""
        found = cls.__new__(cls)
        found.path, found.decoder, found.schema = path, Decoder(), schema
        found.parts = tuple(map(Part, parts))
        return found

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def has_packets(self) -> bool:
        """Whether every alert's packet was kept."""
        return all(part.has_packets for part in self.parts)

    @cached_property
    def schema(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Of the alerts of all nights, their night first; but for the places of packets."""
        import pyarrow as pa  # noqa: PLC0415 - `gueststar --help` shall not load it

        joined = joined_schema([part.schema for part in self.parts])
        night = pa.field("night", pa.int32(), nullable=False)
        return pa.schema([night, *(field for field in joined if field.name not in PACKET)])

    @property
    def nights(self) -> Mapping[str, int]:
        """How many alerts each night has, in order."""
        found = Counter[str]()
        for part in self.parts:
            found[part.night] += len(part)
        return found

    @property
    def sha256(self) -> str:
        """Of the nights and their alerts' keys, whatever pieces these came in."""
        digests = Counter[str]()
        for part in self.parts:
            digests[part.night] += part.standing.digest
        lines = (f"{night} {digests[night] % 2**64:016x}\n" for night in self.nights)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def row(self, part: Part, row: int) -> LakeRows:
        """One row of one of its parts."""
        group = next(each for each in range(part.groups) if row < part.span(each)[1])
        return LakeRows(part, group, self.decoder, np.array([row - part.span(group)[0]]))

    def tables(self, rows_max: int | None = None) -> Iterator[LakeRows]:
        """The alerts, a group at a time; of at most `rows_max` where that is given."""
        for part in self.parts:
            for group in range(part.groups):
                whole = LakeRows(part, group, self.decoder)
                yield from _pieces(whole, rows_max) if rows_max else (whole,)


class LakeRows:
    """Rows of one group of one part of a night, as a filter reads them (`filters.alerts.Table`)."""

    def __init__(self, part: Part, group: int, decoder: Decoder, rows: Rows | None = None) -> None:
        """`rows` within the group; all of them by default."""
        self.part = part
        self._group = group
        self._decoder = decoder
        self._rows = rows
        self._columns: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        begin, end = self.part.span(self._group)
        return end - begin if self._rows is None else len(self._rows)

    @property
    def night(self) -> str:
        return self.part.night

    def column(self, name: str) -> NDArray[Any]:
        """A plain column, (n,); of a whole group it is as it was read, not a copy."""
        if name not in self._columns:
            self._columns[name] = self._column(name)
        return self._columns[name]

    @cached_property
    def light_curve(self) -> LightCurves:
        return self._curves("light_curve")

    @cached_property
    def forced_photometry(self) -> LightCurves:
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
    def given(self) -> Mapping[str, Given]:
        return self.part.given

    def learned_column(self, name: str, column: str) -> NDArray[np.floating[Any]]:
        return self.column(f"{LEARNED[self.given[name].kind]}{name}.{column}")

    def take(self, rows: Rows, /) -> LakeRows:
        own = rows if self._rows is None else self._rows[rows]
        return LakeRows(self.part, self._group, self._decoder, own)

    @property
    def packet_bytes(self) -> NDArray[np.int64]:
        """Each packet's size as the survey sent it, (n,)."""
        return self.column(PACKET_BYTES)

    @property
    def packets(self) -> list[bytes]:
        """As the survey sent them. Raises ArchiveError where one was not kept."""
        rows = np.arange(len(self)) if self._rows is None else self._rows
        return self.part.packets(self._group, rows)

    @property
    def lite_bytes(self) -> NDArray[np.int64]:
        """The same without cutouts, (n,)."""
        return self.column(LITE_BYTES)

    def batch(self, *, with_packets: bool = True) -> AlertBatch:
        """These rows in memory, with their packets where those were kept, and their scores.

        The lake has these at even odds; here they are at the natural prior.
        """
        batch = self._decoded() if with_packets and self.part.has_packets else self._bare()
        for name, given in self.given.items():
            found = [self.learned_column(name, column) for column in given.columns]
            batch.learned[name] = Learned(given.kind, given.columns, np.stack(found, axis=1))
        return batch.with_prior("natural")

    def _column(self, name: str) -> NDArray[Any]:
        if name == "night":
            return np.full(len(self), int(self.night), dtype=np.int32)
        if self._rows is not None and name in TEXTS:
            return self.part.texts(self._group, name, self._rows)
        whole = self.part.column(self._group, name)
        return whole if self._rows is None else whole[self._rows]

    def _curves(self, kind: str) -> LightCurves:
        begin, end = self.part.span(self._group)
        return self.part.curves(
            kind, range(begin, end) if self._rows is None else self._rows + begin
        )

    def _decoded(self) -> AlertBatch:
        batch = self._decoder.decode(self.packets)
        if batch.rejected:
            _, reason, detail = batch.rejected[0]
            raise ArchiveError(
                f"a packet of the night {self.night} cannot be decoded again: {reason},"
                f" {detail}; name the folder of its schemas"
            )
        return batch

    def _bare(self) -> AlertBatch:
        n = len(self)
        columns: dict[str, Any] = {name: self.column(name) for name in (*PLAIN, "night")}
        return AlertBatch(
            **columns,
            light_curve=self.light_curve,
            forced_photometry=self.forced_photometry,
            buffer=np.zeros(0, dtype=np.uint8),
            spans=Spans.none(n),
            packets=[b""] * n,
            source_index=np.arange(n, dtype=np.int64),
            schema=np.zeros(n, dtype=np.int32),
            schemas=(SCHEMA,),
        )


def is_lake(path: Path) -> bool:
    return any(alert_files(path))


def _pieces(whole: LakeRows, rows_max: int) -> Iterator[LakeRows]:
    for begin in range(0, len(whole), rows_max):
        yield whole.take(np.arange(begin, min(begin + rows_max, len(whole))))


def span_of(text: str) -> tuple[str, str]:
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


def _none(path: Path, nights: Sequence[str], every: Sequence[str]) -> str:
    first, last = (every[place].removeprefix(NIGHT) for place in (0, -1))
    return f"the lake {path} has no night {', '.join(nights)}; it has {first} to {last}"
