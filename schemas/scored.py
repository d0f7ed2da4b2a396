"""What came with the alerts, as columns: filters run on them as on a live batch."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.annotation import SEEN_BEFORE, Catalogue, SelectedBy
from schemas.annotation_reading import read_annotations
from schemas.batch import AlertBatch
from schemas.learned import FLOATS, Given, Kind, Learned
from schemas.prior import EVEN, in_order, reweighed

Note = Mapping[str, Any]
"""What a broker wrote about one alert: the annotation, as Avro readers give it."""

NO_NOTE: Note = {"scores": {}, "filters": ()}
"""What is known of an alert that no broker has enriched."""

Shares = Mapping[str, Mapping[str, float]]
"""By classifier and label."""

NOTHING_GIVEN: Mapping[str, Given] = {}

NOTED: Mapping[Kind, str] = {"probabilities": "scores", "values": "values", "vector": "vectors"}
"""Where a note has what stages gave."""


def noted(batch: AlertBatch) -> list[Note]:
    """What the broker wrote about each alert (n); NO_NOTE where it wrote nothing."""
    return [one or NO_NOTE for one in read_annotations(batch)]


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


def priors(note: Note) -> Shares:
    """By classifier, the shares of its labels for which its scores are; none: even odds."""
    models = note.get("models", ())
    return {
        each["name"]: each.get("prior", {}) for each in models if each["name"] in note["scores"]
    }


def scored(
    batch: AlertBatch, notes: Sequence[Note], *, given: Mapping[str, Given] = NOTHING_GIVEN
) -> AlertBatch:
    """The batch with what its `notes` (n) say was learned, for filters to read; the same batch.

    `batch.learned[name]` has columns in the order of their first appearance, at the prior that was
    published, or at even odds where there were several. `given` names stages that shall have
    columns even where they gave nothing of any alert.
    """
    assert len(notes) == len(batch), "one note an alert"
    published = list(map(priors, notes))
    for name, one in _given(notes, given).items():
        batch.learned[name] = _learned(one, notes, published)
    batch.seen_before[:] = [SEEN_BEFORE in note.get("flags", ()) for note in notes]
    return batch


def _given(notes: Sequence[Note], given: Mapping[str, Given]) -> dict[str, Given]:
    """What stages gave: that which was known, then that which is found, each column once."""
    kinds = {name: one.kind for name, one in given.items()}
    columns = {name: dict.fromkeys(one.columns) for name, one in given.items()}
    for note in notes:
        for kind, field in NOTED.items():
            for name, entry in note.get(field, {}).items():
                if kinds.setdefault(name, kind) == kind:
                    columns.setdefault(name, {}).update(dict.fromkeys(_columns(kind, entry)))
    return {name: Given(name, kind, tuple(columns[name])) for name, kind in kinds.items()}


def _columns(kind: Kind, entry: Collection[Any]) -> Iterable[str]:
    return map(str, range(len(entry))) if kind == "vector" else entry


def _learned(given: Given, notes: Sequence[Note], published: Sequence[Shares]) -> Learned:
    found = Learned(given.kind, given.columns, _values(given, notes))
    said = [(row, each[given.name]) for row, each in enumerate(published) if given.name in each]
    if not found.is_scores or not any(prior for _, prior in said):
        return found
    if all(prior == said[0][1] and prior.keys() == set(given.columns) for _, prior in said):
        return found._replace(prior=in_order(given.columns, said[0][1]))
    for row, prior in said:
        own = [place for place, label in enumerate(given.columns) if label in prior]
        labels = tuple(given.columns[place] for place in own)
        values, shares = found.values[row : row + 1, own], in_order(labels, prior)
        found.values[row, own] = reweighed(given.name, labels, values, shares, EVEN)
    return found


def _values(given: Given, notes: Sequence[Note]) -> NDArray[np.floating[Any]]:
    """(n, columns), NaN where nothing was given."""
    values = np.full((len(notes), len(given.columns)), np.nan, FLOATS[given.kind])
    for row, note in enumerate(notes):
        entry = note.get(NOTED[given.kind], {}).get(given.name)
        if given.kind == "vector" and entry:
            values[row, : len(entry)] = entry
        elif entry:
            values[row] = [_number(entry.get(column)) for column in given.columns]
    return values


def _number(value: float | None) -> float:
    return math.nan if value is None else value
