"""Past scores, by model and version, beside the labels that came later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.models.comparison import joined
from broker.models.labelled import Marks, Scores, confusion, marks
from broker.models.records import ModelVersion
from broker.packets import packet_of
from gueststar.ending import polls_to_end
from gueststar.modelling.labels import Known, held_to
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
    kinds: list[str] = field(default_factory=list)
    """What each turned out to be."""
    rows: list[Mapping[str, float]] = field(default_factory=list)
    """By label; empty where it declined."""

    def add(self, object_id: str, kind: str, scores: Mapping[str, float]) -> None:
        self.labels = self.labels or tuple(scores)
        self.objects.append(object_id)
        self.kinds.append(kind)
        self.rows.append(scores)

    def values(self) -> NDArray[np.float32]:
        none = dict.fromkeys(self.labels, np.nan)
        table = [[{**none, **row}[label] for label in self.labels] for row in self.rows]
        return np.array(table, np.float32).reshape(len(self.rows), len(self.labels))


def published(place: ModelPlace, name: str, known: Known) -> Iterator[Past]:
    """Of each file of a model whose scores are on the topic of all alerts.

    An alert counts as labelled once it or its object is. Raises KafkaUnavailable.
    """
    found: dict[str, _Scores] = {}
    decoder = Decoder(schemas=registered(place.settings.own_registry), rescore=True)
    topic = place.settings.topics.enriched
    with closing(reader(place.connection, topic, start="earliest")) as source:
        for messages in polls_to_end(source):
            batch = decoder.decode([packet_of(each) for each in messages])
            objects = batch.object_id.tolist()
            kinds = known.of(objects, batch.alert_id.tolist())
            for row, note in enumerate(noted(batch)):
                if kinds[row]:
                    _add(found, name, objects[row], kinds[row], note)
    for sha256, each in found.items():
        identity = (name, each.version, sha256)
        objects = np.array(each.objects, np.str_)
        yield _past(identity, PUBLISHED, each.labels, each.values(), each.kinds, objects)


def shadowed(place: ModelPlace, version: ModelVersion, known: Known) -> Iterator[Past]:
    """Of what a version said beside the live ones. Raises KafkaUnavailable, TopicMissing."""
    messages = place.compared(version.name, version.version)
    if not messages:
        return
    all_ = joined(messages)
    kinds = known.of(all_.objects.tolist(), all_.alerts.tolist())
    identity = (version.name, version.model_version, version.sha256)
    yield _past(identity, SHADOW, all_.labels, all_.scores, kinds, all_.objects)


def _add(found: dict[str, _Scores], name: str, object_id: str, kind: str, note: Note) -> None:
    """Keep what a labelled alert's note says; others are of no use here."""
    models: Sequence[Mapping[str, Any]] = note.get("models", ())
    for model in models:
        if model["name"] == name:
            scores = found.setdefault(model["sha256"], _Scores(model["version"]))
            scores.add(object_id, kind, note["scores"].get(name, {}))


def _past(  # noqa: PLR0917 - all that it is of
    identity: tuple[str, str, str],
    what: str,
    labels: tuple[str, ...],
    scores: Scores,
    kinds: Sequence[str],
    objects: NDArray[np.str_],
) -> Past:
    held = held_to(labels, scores, kinds)
    return Past(
        *(*identity, what, held.labels),
        marks(held.scores, held.truth, objects),
        confusion(held.scores, held.truth),
    )
