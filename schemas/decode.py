"""Packets in, columns out: the decoder of every survey and framing."""

from __future__ import annotations

import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas import decoder as ops
from schemas.avro import SchemaSource, WriterSchema
from schemas.batch import AlertBatch, Reason, Rejected, Spans
from schemas.container import MAGIC, SYNC_BYTES
from schemas.container_records import split_file
from schemas.framing import Framed, Framer
from schemas.limits import DecodeLimits
from schemas.parts import Part, merge, survey_columns, take, unsound
from schemas.program import Program
from schemas.record_reader import Reading, raw_rows, read_rows
from schemas.refusal import Refusal
from schemas.survey import Ints, Survey
from schemas.surveys import surveys as every_survey
from schemas.wire import block_bytes, long_bytes, text_bytes
from schemas.ztf import ZTF

REASONS = {
    ops.TRUNCATED: Reason.TRUNCATED,
    ops.BAD_UNION: Reason.BAD_UNION,
    ops.VARINT: Reason.VARINT,
    ops.TOO_MANY: Reason.TOO_MANY,
    ops.TRAILING: Reason.TRAILING,
    ops.TOO_LONG: Reason.TOO_LARGE,
    ops.TOO_DEEP: Reason.TOO_DEEP,
    ops.CROWDED: Reason.TOO_MANY,
}
LIMITS = DecodeLimits()
DETAIL_LETTERS_MAX = 200


@dataclass
class _Intake:
    """The messages that have a record, and why the others are none."""

    bytes_max: int
    """Of what messages were inflated to, all together."""
    sources: list[int] = field(default_factory=list)
    """By framed record: the message's place in what was given."""
    framed: list[Framed] = field(default_factory=list)
    inflated: list[int] = field(default_factory=list)
    """By framed record: how many bytes were made of the message."""
    inflated_all: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    def take(self, index: int, packet: bytes, framed: Framed) -> None:
        """Keep a record; of too much together the largest goes, so that no sound one does."""
        made = 0 if framed.message is packet else len(framed.message)
        made += 0 if framed.content is framed.message else len(framed.content)
        self.sources.append(index)
        self.framed.append(framed)
        self.inflated.append(made)
        self.inflated_all += made
        while self.inflated_all > self.bytes_max:
            place = max(range(len(self.inflated)), key=self.inflated.__getitem__)
            size = self.inflated.pop(place)
            self.inflated_all -= size
            self.framed.pop(place)
            detail = f"{size} bytes once inflated, in a batch of over {self.bytes_max}"
            self.refuse(self.sources.pop(place), Reason.TOO_LARGE, detail)

    def refuse(self, index: int, reason: Reason, detail: str) -> None:
        """Refuse a message. What it says of itself may stand in the detail: a line, no more."""
        line = "".join(letter if letter.isprintable() else "?" for letter in detail)
        self.rejected.append(Rejected(index, reason, line[:DETAIL_LETTERS_MAX]))

    def reject(self, place: int, reason: Reason, detail: str) -> None:
        """Refuse a framed record after all."""
        self.refuse(self.sources[place], reason, detail)


class Decoder:
    """Decodes batches of messages, and keeps what it learned of writer schemas between them.

    Not thread-safe: one loop owns it. The compiled code runs without the interpreter's lock.
    """

    def __init__(
        self,
        *,
        schemas: SchemaSource | None = None,
        limits: DecodeLimits = LIMITS,
        rescore: bool = False,
        now_s: Callable[[], float] = time.time,
        surveys: Sequence[Survey] | None = None,
    ) -> None:
        """`schemas` finds Confluent-framed writer schemas; `rescore` takes our own packets too.

        Rubin's 11.1 is known by its id (`schemas.lsst_schema`) where that finds none.

        `now_s` is the clock, Unix seconds, by which an exposure would lie in the future. `surveys`
        are those to read, by default the built-in ones and packages'. Raises SurveyError.
        """
        self._limits = limits
        self._now_s = now_s
        known = every_survey() if surveys is None else surveys
        self._framer = Framer(schemas=schemas, limits=limits, rescore=rescore, known=known)

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        """Messages of one record each, of any survey and framing, as columns in their order.

        A message that is no alert is in `rejected`, and its neighbours live. What the source of
        schemas raises when it cannot be reached passes through.
        """
        intake = self._take_in(packets)
        buffer, spans = _join(intake.framed)
        with np.errstate(all="ignore"):  # a hostile magnitude may overflow to inf
            parts = [
                self._read_survey(survey, np.array(places, np.int64), intake, buffer, spans)
                for survey, places in _by_survey(intake.framed).items()
            ]
        return _batch(intake, merge(parts), buffer, spans)

    def split(self, data: bytes) -> Iterator[bytes]:
        """A container file of any number of records as messages of one record, same header.

        Never raises for what is in the file: what cannot be cut comes whole, and `decode`
        refuses it with its reason.
        """
        return split_file(data, self._framer, self._limits)

    def warm_up(self) -> None:
        """Compile, or load what was compiled before, ahead of the first alert."""
        batch = self.decode([_smallest_alert()])
        assert len(batch) == 1, batch.rejected

    def _take_in(self, packets: Sequence[bytes]) -> _Intake:
        intake = _Intake(self._limits.batch_bytes_max)
        for index, packet in enumerate(packets):
            try:
                intake.take(index, packet, self._framer.frame(packet))
            except Refusal as refusal:
                intake.refuse(index, refusal.reason, refusal.detail)
        return intake

    def _read_survey(
        self,
        survey: Survey,
        places: Ints,
        intake: _Intake,
        buffer: NDArray[np.uint8],
        spans: Ints,
    ) -> Part:
        """The columns of one survey's records; what is no alert joins `intake.rejected`."""
        programs = [intake.framed[place].layout.program for place in places]
        rows = _rows_by_program(programs)
        reading = read_rows(buffer, spans[places], rows, survey, self._limits)
        for row in np.flatnonzero(~reading.fine).tolist():
            intake.reject(int(places[row]), *_why(reading, row, programs[row]))
        for lost in reading.lost:
            intake.unread[lost.label] += len(lost.rows)
        raw = raw_rows(buffer, reading, survey)
        part = Part(places[reading.fine], survey_columns(raw, survey))
        bad = unsound(part.columns, self._now_s(), self._limits.ahead_days_max)
        fine_rows = np.flatnonzero(reading.fine)
        for row, lacking in bad.items():
            detail = f"the record has no sound {lacking}{_unread(reading, fine_rows[row])}"
            intake.reject(int(part.places[row]), Reason.NOT_AN_ALERT, detail)
        return take(part, np.delete(np.arange(len(part.places)), list(bad))) if bad else part


def _by_survey(framed: Sequence[Framed]) -> dict[Survey, list[int]]:
    """The places of each survey's records; where there is none, ZTF's columns stand empty."""
    places: dict[Survey, list[int]] = {}
    for place, one in enumerate(framed):
        places.setdefault(one.layout.survey, []).append(place)
    return places or {ZTF: []}


def _rows_by_program(programs: Sequence[Program]) -> dict[Program, Ints]:
    rows: dict[Program, list[int]] = {}
    for row, program in enumerate(programs):
        rows.setdefault(program, []).append(row)
    return {program: np.array(those, np.int64) for program, those in rows.items()}


def _join(framed: Sequence[Framed]) -> tuple[NDArray[np.uint8], Ints]:
    """The bare records one after another, and where each lies in that, int64 (n, 2)."""
    if len(framed) == 1:  # saves a copy where latency matters most
        only = framed[0]
        return np.frombuffer(only.content, np.uint8), np.array([[only.begin, only.end]])
    views = [np.frombuffer(one.content, np.uint8)[one.begin : one.end] for one in framed]
    ends = np.cumsum([len(view) for view in views], dtype=np.int64)
    begins = np.concatenate((np.zeros(1, np.int64), ends))[: len(ends)]
    # Not `b"".join`: numpy asks for large pages, and to be given 64 MB in small ones takes longer
    # than all else here (25 µs an alert of 66 kB, where this takes 7).
    whole = np.concatenate(views) if views else np.empty(0, np.uint8)
    whole.flags.writeable = False
    return whole, np.stack((begins, ends), axis=1)


def _why(reading: Reading, row: int, program: Program) -> tuple[Reason, str]:
    code, position, op = map(int, reading.outcomes[row])
    if code == ops.CROWDED:
        return REASONS[code], "it has more points than most, and its batch more than it may have"
    where = program.places[op] or "its end"
    return REASONS[code], f"at byte {position} of the record, at {where}"


def _unread(reading: Reading, row: int) -> str:
    """What stood in a row and could not be read, where there is such."""
    labels = [lost.label for lost in reading.lost if row in lost.rows]
    return f", and what it has cannot be read: {', '.join(labels)}" if labels else ""


def _batch(intake: _Intake, part: Part, buffer: NDArray[np.uint8], spans: Ints) -> AlertBatch:
    columns = dict(part.columns)
    names = (
        "field",
        "stamp",
        "annotation",
        "difference_reversed",
        "rows_southward",
        "pixel_arcsec",
    )
    own_spans = [columns.pop(name) for name in names]
    schemas: dict[WriterSchema, int] = {}
    layouts = [intake.framed[place].layout for place in part.places]
    numbers = [schemas.setdefault(layout.schema, len(schemas)) for layout in layouts]
    sources = [intake.sources[place] for place in part.places]
    return AlertBatch(
        **columns,
        buffer=buffer,
        spans=Spans(spans[part.places], *own_spans),
        packets=[intake.framed[place].message for place in part.places],
        source_index=np.array(sources, np.int64),
        schema=np.array(numbers, np.int32),
        schemas=tuple(schemas),
        rejected=tuple(sorted(intake.rejected)),
        unread=dict(intake.unread),
    )


def _smallest_alert() -> bytes:
    """A container of ZTF's shape with nothing in it but what an alert must have."""
    schema = (
        '{"type":"record","name":"alert","fields":[{"name":"objectId","type":"string"},'
        '{"name":"candid","type":"long"},{"name":"candidate","type":{"type":"record",'
        '"name":"candidate","fields":[{"name":"fid","type":"int"},{"name":"pid","type":"long"},'
        '{"name":"jd","type":"double"},{"name":"ra","type":"double"},'
        '{"name":"dec","type":"double"}]}}]}'
    )
    record = text_bytes("warm-up") + long_bytes(1) * 3 + struct.pack("<3d", 2460000.5, 0.0, 0.0)
    marker = bytes(SYNC_BYTES)
    header = MAGIC + block_bytes([text_bytes("avro.schema") + text_bytes(schema)])
    return b"".join((header, marker, long_bytes(1), long_bytes(len(record)), record, marker))
