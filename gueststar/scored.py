"""Scores that came with the alerts, as columns: filters run on them as on a live batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import Catalogue, SelectedBy
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch
from schemas.enriched_reading import EnrichedReader
from schemas.errors import SchemaError
from schemas.learned import Learned

Note = Mapping[str, Any]
"""What a broker wrote about one alert: the annotation, as Avro readers give it."""

NO_NOTE: Note = {"scores": {}, "filters": ()}
"""What is known of an alert that no broker has enriched."""

NO_LABELS: Mapping[str, Sequence[str]] = {}


def noted(
    batch: AlertBatch,
    reader: EnrichedReader | None = None,
    *,
    schemas: SchemaSource | None = None,
) -> list[Note]:
    """What the broker wrote about each alert (n); NO_NOTE where it wrote nothing.

    A `reader` keeps the schemas that it has met; `schemas` is where those of bare records are.
    A packet that is no single record (one of a survey's file of many) has no note.
    """
    reader = reader or EnrichedReader(schemas=schemas)
    return [_note(packet, reader) for packet in batch.packets]


def versions(note: Note) -> tuple[SelectedBy, ...]:
    """The filters that selected an alert, each with its version; none where none is noted."""
    return tuple(
        SelectedBy(
            one["filter"],
            one["version"],
            one["sha256"],
            tuple(Catalogue(each["name"], each["sha256"]) for each in one["catalogues"]),
        )
        for one in note.get("selected_by", ())
    )


def scored(
    batch: AlertBatch, notes: Sequence[Note], *, labels: Mapping[str, Sequence[str]] = NO_LABELS
) -> AlertBatch:
    """The batch with the scores that its `notes` (n) hold, for filters to read; the same batch.

    `batch.scores[classifier]` becomes float32 (n, labels), a NaN row where it declined; labels
    stand in the order of their first appearance. `labels` names classifiers that shall have
    columns even where they declined every alert, with their labels.
    """
    assert len(notes) == len(batch), "one note an alert"
    for name, known in _labels(notes, labels).items():
        batch.learned[name] = Learned.probabilities(known, _column(name, known, notes))
    return batch


def _note(packet: bytes, reader: EnrichedReader) -> Note:
    try:
        return reader.annotation(packet) or NO_NOTE
    except SchemaError:
        return NO_NOTE


def _labels(
    notes: Sequence[Note], labels: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Each classifier's labels: those given, then those found, each once."""
    found: dict[str, dict[str, None]] = {
        name: dict.fromkeys(given) for name, given in labels.items()
    }
    for note in notes:
        for name, chances in note["scores"].items():
            found.setdefault(name, {}).update(dict.fromkeys(chances))
    return {name: tuple(one) for name, one in found.items()}


def _column(name: str, labels: Sequence[str], notes: Sequence[Note]) -> NDArray[np.float32]:
    scores = np.full((len(notes), len(labels)), np.nan, dtype=np.float32)
    for row, note in enumerate(notes):
        if chances := note["scores"].get(name):
            scores[row] = [chances.get(label, np.nan) for label in labels]
    return scores
