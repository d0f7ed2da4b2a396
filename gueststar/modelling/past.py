"""Past scores, by model and version, beside the labels that came later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.models.comparison import joined
from broker.models.labelled import Marks, confusion, marks, places
from broker.models.records import ModelVersion
from broker.packets import packet_of
from gueststar.ending import polls_to_end
from gueststar.modelling.labels import by_model
from gueststar.modelling.place import ModelPlace
from gueststar.subscription import reader, registered
from schemas.decode import Decoder
from schemas.scored import Note, noted

PUBLISHED: Final = "published"
SHADOW: Final = "as a shadow"


@dataclass(frozen=True)
class Past:
    """One version's scores beside their labels."""

    name: str
    model_version: str
    sha256: str
    what: str
    labels: tuple[str, ...]
    marks: Marks | None
    confusion: NDArray[np.int64]
    """(labels, labels + 1), as `labelled.confusion` has it."""


@dataclass
class _Scores:
    """What one file said of alerts as they came."""

    version: str
    labels: tuple[str, ...] = ()
    objects: list[str] = field(default_factory=list)
    rows: list[Mapping[str, float]] = field(default_factory=list)
    """By label; empty where it declined."""

    def add(self, object_id: str, scores: Mapping[str, float]) -> None:
        self.labels = self.labels or tuple(scores)
        self.objects.append(object_id)
        self.rows.append(scores)

    def values(self) -> NDArray[np.float32]:
        none = dict.fromkeys(self.labels, np.nan)
        table = [[{**none, **row}[label] for label in self.labels] for row in self.rows]
        return np.array(table, np.float32).reshape(len(self.rows), len(self.labels))


def published(place: ModelPlace, name: str, types: Mapping[str, str]) -> Iterator[Past]:
    """Of each file of a model whose scores are on the topic of all alerts.

    An alert of an object counts as labelled once its object is. Raises KafkaUnavailable.
    """
    found: dict[str, _Scores] = {}
    decoder = Decoder(schemas=registered(place.settings.own_registry), rescore=True)
    topic = place.settings.topics.enriched
    with closing(reader(place.connection, topic, start="earliest")) as source:
        for messages in polls_to_end(source):
            batch = decoder.decode([packet_of(each) for each in messages])
            for object_id, note in zip(batch.object_id.tolist(), noted(batch), strict=True):
                _add(found, name, types, object_id, note)
    for sha256, each in found.items():
        yield _past((name, each.version, sha256), PUBLISHED, each, types)


def shadowed(place: ModelPlace, version: ModelVersion, types: Mapping[str, str]) -> Iterator[Past]:
    """Of what a version said beside the live ones. Raises KafkaUnavailable, TopicMissing."""
    messages = place.compared(version.name, version.version)
    if not messages:
        return
    all_ = joined(messages)
    truth = places(all_.objects.tolist(), by_model(types, all_.labels), all_.labels)
    yield Past(
        *(version.name, version.model_version, version.sha256, SHADOW, all_.labels),
        marks(all_.scores, truth, all_.objects),
        confusion(all_.scores, truth),
    )


def _add(
    found: dict[str, _Scores], name: str, types: Mapping[str, str], object_id: str, note: Note
) -> None:
    """Keep what a labelled alert's note says; others are of no use here."""
    models: Sequence[Mapping[str, Any]] = note.get("models", ())
    for model in models:
        if model["name"] == name and object_id in types:
            scores = found.setdefault(model["sha256"], _Scores(model["version"]))
            scores.add(object_id, note["scores"].get(name, {}))


def _past(
    identity: tuple[str, str, str], what: str, scores: _Scores, types: Mapping[str, str]
) -> Past:
    values = scores.values()
    truth = places(scores.objects, by_model(types, scores.labels), scores.labels)
    return Past(
        *(*identity, what, scores.labels),
        marks(values, truth, np.array(scores.objects, np.str_)),
        confusion(values, truth),
    )
