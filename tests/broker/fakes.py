"""A survey of JSON packets, a model, and the broker's other neighbours, as small as can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broker.alerts.packer import Topics
from broker.kafka import KafkaAdmin, TopicSettings
from broker.kafka.rights import Right, Said
from classifiers.classifier import ModelIdentity
from filters.alerts import Alerts
from filters.filter_set import ActiveFilter, FilterSet
from filters.handmade import handmade
from filters.selection import Clauses, Selection
from schemas.annotation import Annotations
from schemas.batch import AlertBatch, Reason, Rejected
from schemas.enriched import Written
from schemas.enriched_framing import FramingName
from schemas.form import Form

TOPICS = Topics(forms={"bright": "full"})


def packet(number: int, *, bad: bool = False, cutouts: int = 0, history: int = 0) -> bytes:
    """An alert of the fake survey: `cutouts` is dropped from its lite record, `history` is not."""
    return json.dumps(
        {"id": number, "bad": bad, "cutouts": "c" * cutouts, "history": "h" * history}
    ).encode()


def number_of(record: bytes) -> int:
    """The alert of a record made by `FakeEnricher`."""
    return int(json.loads(record)["id"])


class FakeDecoder:
    """Reads `packet`s; the object is the alert's number by ten."""

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        """Bad ones are rejected as truncated."""
        read = [json.loads(each) for each in packets]
        rows = [index for index, each in enumerate(read) if not each["bad"]]
        bad = [index for index, each in enumerate(read) if each["bad"]]
        batch = handmade(
            rows=len(rows),
            alert_id=[read[row]["id"] for row in rows],
            object_id=[f"object-{read[row]['id'] % 10}" for row in rows],
            magnitude=[15.0 + read[row]["id"] % 5 for row in rows],
        )
        return replace(
            batch,
            packets=[packets[row] for row in rows],
            source_index=np.array(rows, dtype=np.int64),
            rejected=tuple(Rejected(index, Reason.TRUNCATED, "it said so") for index in bad),
        )


class FakeEnricher:
    """Appends what was learned to the JSON; lite leaves `cutouts` out."""

    def write(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form,
        rows: NDArray[np.int64] | None,
        framing: FramingName = "container",
    ) -> list[Written]:
        """One record a row; the schema in the key is empty."""
        chosen = range(len(batch)) if rows is None else rows.tolist()
        key = b"{}" if framing == "schema-in-key" else None
        return [Written(self._one(batch, annotations, row, form), key) for row in chosen]

    def _one(self, batch: AlertBatch, annotations: Annotations, row: int, form: Form) -> bytes:
        record: dict[str, Any] = json.loads(batch.packets[row])
        if form == "lite":
            del record["cutouts"]
        record["filters"] = list(annotations.filters[row])
        record["selected_by"] = [list(one[:2]) for one in annotations.selected_by[row]]
        record["flags"] = list(annotations.flags[row])
        record["scores"] = {name: str(found[row, 0]) for name, found in batch.scores.items()}
        return json.dumps(record).encode()


@dataclass
class FakeClassifier:
    """Says 1 for every alert, unless it is made to raise on some numbers."""

    name: str = "fake"
    raises_on: frozenset[int] = frozenset()
    labels: tuple[str, ...] = ("real",)
    reads: tuple[str, ...] = ()
    calls: int = 0

    @property
    def identity(self) -> ModelIdentity:
        """A name, and nothing served."""
        return ModelIdentity(self.name, "1", "0" * 64)

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Raises ValueError where the batch holds a number that it cannot bear."""
        self.calls += 1
        if self.raises_on & set(batch.alert_id.tolist()):
            raise ValueError("this alert is too\nmuch for me")
        return np.ones((len(batch), 1), dtype=np.float32)

    def warm_up(self) -> None:
        """Nothing to do."""


def _bright(alerts: Alerts) -> Clauses:
    """Magnitude under 17."""
    yield "bright", np.asarray(alerts.magnitude < 17)


def bright(topic: str = "bright", name: str = "bright") -> Selection:
    """A filter that selects two alerts of five, by number."""
    return Selection(_bright, topic=topic, name=name)


def filter_set_of(*selections: Selection) -> FilterSet:
    """Some filters, as those of a configuration."""
    active = [
        ActiveFilter(each.name, "1", "0" * 64, each.topic, clauses=(each.name,))
        for each in selections
    ]
    return FilterSet(selections, active)


def sharing(topic: str, **selects: Callable[[NDArray[np.int64]], NDArray[np.bool_]]) -> FilterSet:
    """`bright` on its own topic, and filters that share one, each by what it selects by number."""
    selections = [Selection(_by_number(each), topic=topic, name=n) for n, each in selects.items()]
    shared = [ActiveFilter(n, "1", "0" * 64, topic, ("asked",), shares=True) for n in selects]
    alone = filter_set_of(bright())
    return FilterSet([bright(), *selections], [*alone.active, *shared])


def _by_number(
    selects: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
) -> Callable[[Alerts], Clauses]:
    def asked(alerts: Alerts) -> Clauses:
        """By its number alone."""
        yield "asked", selects(np.asarray(alerts.alert_id))

    return asked


def is_bright(number: int) -> bool:
    """What `bright` answers."""
    return number % 5 < 2


def no_limit(topic: str) -> int:
    """For pipelines whose outputs fit."""
    return 2**30


class FakeAdmin(KafkaAdmin):
    """A Kafka that knows of some topics and their limits, and notes what it is to create."""

    def __init__(self, **limits: int) -> None:
        self.limits = {name.replace("_", "-"): limit for name, limit in limits.items()}
        self.created: list[TopicSettings] = []

    def partitions(self) -> dict[str, int]:
        """Two each."""
        return dict.fromkeys(self.limits, 2)

    def bytes_max(self, topics: Iterable[str]) -> dict[str, int]:
        """As given."""
        return {topic: self.limits[topic] for topic in topics}

    def ask_rights(self, rights: Collection[Right]) -> Said:
        """It checks none."""
        return Said("here:1")

    def create(self, topics: Sequence[TopicSettings]) -> None:
        """Noted."""
        self.created += topics
