"""Enriched packets: the survey's record and what we learned, written by appending.

An Avro record is its fields' encodings in a row, so a record whose schema has one more field at
its end is the packet's own bytes and that field's. A lite record is the same, with null in place
of each cutout; where a cutout cannot be null, its image is emptied.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import value_maps
from schemas.annotation import Annotations, encode_annotations
from schemas.avro import WriterSchema
from schemas.batch import AlertBatch, Spans
from schemas.enriched_framing import Framing, FramingName, Registrar, Slices, framing_of
from schemas.enriched_schema import emptied_bytes
from schemas.form import Form
from schemas.surveys import surveys
from schemas.wire import long_bytes

SCHEMAS_KEPT_MAX = 64
"""Writer schemas made ready; all are forgotten when there is one more."""


class Written(NamedTuple):
    """An enriched packet, and what its message's key must be, where the framing says so."""

    value: bytes
    key: bytes | None


class Enricher:
    """Writes enriched packets in any framing; Confluent's needs a registrar."""

    def __init__(self, *, registrar: Registrar | None = None) -> None:
        """Each writer schema is registered once, when first written in Confluent framing."""
        self._registrar = registrar
        self._writings: dict[WriterSchema, _Writing] = {}

    @staticmethod
    def warm_up() -> None:
        """Do once what the first batch would pay for."""
        value_maps.warm_up()

    def write(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form = "lite",
        rows: NDArray[np.int64] | None = None,
        framing: FramingName = "container",
    ) -> list[Written]:
        """The enriched packets of a batch, or of some rows. `annotations` is of the whole batch.

        The same input gives the same bytes. An annotation that a row came with is replaced.
        Raises SchemaError where a schema has no room for our field, and what the registrar does.
        """
        assert len(annotations) == len(batch), "one annotation an alert"
        chosen = np.arange(len(batch)) if rows is None else rows
        schemas = [batch.schemas[number] for number in batch.schema[chosen].tolist()]
        prints = [schema.fingerprint for schema in schemas]
        survey_scores = batch.survey_real_score[chosen]
        known = annotations.take(chosen)
        tails = encode_annotations(
            known if form == "full" else known.without_vectors(), prints, survey_scores
        )
        surveys = batch.survey[chosen].tolist()
        writings = list(map(self._writing, schemas, surveys))
        framings = [writing.framing(framing) for writing in writings]
        rows_pieces = _pieces(batch.buffer, batch.spans.take(chosen), writings, form)
        return [
            Written(framed.pack(batch.packets[row], [*pieces, tail]), framed.key)
            for row, framed, pieces, tail in zip(
                chosen.tolist(), framings, rows_pieces, tails, strict=True
            )
        ]

    def encode(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form = "lite",
        rows: NDArray[np.int64] | None = None,
        framing: FramingName = "container",
    ) -> list[bytes]:
        """The same without the keys."""
        return [one.value for one in self.write(batch, annotations, form, rows, framing)]

    def _writing(self, schema: WriterSchema, survey: str) -> _Writing:
        if schema not in self._writings:
            if len(self._writings) >= SCHEMAS_KEPT_MAX:
                self._writings.clear()
            self._writings[schema] = _Writing(schema, survey, self._registrar)
        return self._writings[schema]


class _Writing:
    """One writer schema, made ready to write packets of."""

    def __init__(self, schema: WriterSchema, survey: str, registrar: Registrar | None) -> None:
        self._schema, self._registrar = schema, registrar
        self._framings: dict[FramingName, Framing] = {}
        record = schema.parsed
        cutouts = next(one.cutouts for one in surveys() if one.name == survey)
        order = [field["name"] for field in record["fields"] if field["name"] in cutouts]
        self._planes = [(cutouts.index(name), emptied_bytes(record, name)) for name in order]
        """In the order of the wire: the plane, and what stands for its field where one may."""

    @property
    def is_enriched(self) -> bool:
        """Whether its records end with a field of ours."""
        return self._schema.enriched

    def framing(self, name: FramingName) -> Framing:
        """The framing of that name, for this schema."""
        if name not in self._framings:
            self._framings[name] = framing_of(name, self._schema, self._registrar)
        return self._framings[name]

    def lite(self, view: memoryview, begin: int, end: int, fields: Pairs, stamps: Pairs) -> Slices:
        """A record's bytes from `begin` to `end`, without its cutouts."""
        pieces: Slices = []
        for plane, empty in self._planes:
            cut = _image(view, *stamps[plane]) if empty is None else fields[plane]
            if cut[0] >= 0:
                pieces += [view[begin : cut[0]], empty or long_bytes(0)]
                begin = cut[1]
        return [*pieces, view[begin:end]]


Pairs = list[list[int]]
"""Begin and end of each plane."""


def _pieces(
    buffer: NDArray[np.uint8], spans: Spans, writings: list[_Writing], form: Form
) -> list[Slices]:
    """Each row's record as the survey encoded it, in slices of the buffer."""
    view = buffer.data
    ends = [
        ours if ours >= 0 and writing.is_enriched else end
        for writing, ours, end in zip(
            writings, spans.annotation[:, 0].tolist(), spans.datum[:, 1].tolist(), strict=True
        )
    ]
    begins = spans.datum[:, 0].tolist()
    if form == "full":
        return [[view[begin:end]] for begin, end in zip(begins, ends, strict=True)]
    rows = zip(writings, begins, ends, spans.field.tolist(), spans.stamp.tolist(), strict=True)
    return [writing.lite(view, *places) for writing, *places in rows]


def _image(view: memoryview, begin: int, end: int) -> tuple[int, int]:
    """Where an image and its length lie; -1 where there is none, or its length is oddly written.

    Avro allows a length to be written with more bytes than it needs, though no library does so.
    """
    length = long_bytes(end - begin)
    if begin < 0 or begin == end or view[begin - len(length) : begin] != length:
        return -1, -1
    return begin - len(length), end
