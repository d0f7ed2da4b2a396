"""What a batch of enriched messages becomes: rows of the lake, or messages left unread there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters import DeadLetter
from broker.ledger import Counts
from broker.packets import packet_of
from broker.ports import Message
from broker.processor import Processed
from lake.flush import Beside, taken
from lake.layout import ORIGIN, PUBLISHED
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Given
from schemas.nights import NONE
from schemas.scored import Note, noted, scored

LAKE: Final = "lake"
"""Where the job publishes, in its ledger."""

NO_NIGHT: Final = "no night"
"""Why an alert has no place in a lake: its time is none."""

Decode = Callable[[Sequence[bytes]], tuple[AlertBatch, Beside]]
"""Packets as a batch, and the columns of what was published with each of its alerts."""

Put = Callable[[AlertBatch, Beside, Mapping[str, Sequence[Any]]], None]
"""Takes what the next flush is to hold (`lake.flush.Flush`)."""


@dataclass(frozen=True)
class Kept:
    """What the job tells its observers of a batch."""

    received_unix_s: NDArray[np.float64]
    """When each message reached the topic, by Kafka; NaN where that is not said."""
    faults: tuple[str, ...] = ()


class EnrichedDecoder:
    """Enriched packets as columns, with what was learned; plain ones of a survey, too."""

    def __init__(self, schemas: SchemaSource | None = None) -> None:
        """`schemas`: of bare records."""
        self.decoder = Decoder(schemas=schemas, rescore=True)
        self._given: dict[str, Given] = {}

    def __call__(self, packets: Sequence[bytes]) -> tuple[AlertBatch, Beside]:
        """A stage that gave once keeps its columns."""
        batch = self.decoder.decode(packets)
        notes = noted(batch)
        self._given = dict(scored(batch, notes, given=self._given).given)
        return batch, published(notes)


class LakeJob:
    """A `broker.processor.Processor`: each message is a row, or is left unread."""

    def __init__(self, decode: Decode, put: Put) -> None:
        self._decode = decode
        self._put = put

    def process(self, messages: Sequence[Message]) -> Processed[Kept]:
        """Nothing is published to a topic: what is kept was put where the flush finds it."""
        batch, beside = self._decode([packet_of(message) for message in messages])
        refused = [(index, str(reason), detail) for index, reason, detail in batch.rejected]
        nightless = batch.source_index[batch.night == NONE].tolist()
        refused += [(index, NO_NIGHT, "its time is none") for index in nightless]
        dead = [DeadLetter(reason, detail, messages[at]) for at, reason, detail in sorted(refused)]
        rows = np.flatnonzero(batch.night != NONE)
        beside = taken(beside, rows)
        kept = batch.take(rows)
        origin = _origin([messages[at] for at in kept.source_index.tolist()])
        self._put(kept, origin | beside, unread(dead))
        return Processed(
            outputs=(),
            dead=dead,
            counts=Counts(
                {LAKE: len(rows)} if len(rows) else {}, Counter(each.reason for each in dead)
            ),
            outcome=Kept(_received(messages)),
        )


def published(notes: Sequence[Note]) -> Beside:
    """The columns of what was published beside scores and values (`layout.PUBLISHED`)."""
    found = (
        np.array([_us(note.get("ingest_time")) for note in notes], np.int64),
        np.array([_us(note.get("publish_time")) for note in notes], np.int64),
        np.array([note.get("broker_version", "") for note in notes], np.str_),
        np.array([_models(note) for note in notes], np.str_),
        [list(note["filters"]) for note in notes],
    )
    return dict(zip(PUBLISHED, found, strict=True))


def unread(dead: Sequence[DeadLetter]) -> dict[str, list[Any]]:
    """The columns of messages that are no alerts; none at all where there are none."""
    if not dead:
        return {}
    came = [each.message for each in dead]
    return {
        "topic_name": [each.topic for each in came],
        "topic_partition": [each.partition for each in came],
        "topic_offset": [each.offset for each in came],
        "timestamp_ms": [each.timestamp_ms for each in came],
        "key": [each.key for each in came],
        "value": [each.value for each in came],
        "reason": [each.reason for each in dead],
        "detail": [each.detail for each in dead],
    }


def _origin(messages: Sequence[Message]) -> dict[str, NDArray[Any]]:
    found = (
        np.array([each.topic for each in messages], np.str_),
        np.array([each.partition for each in messages], np.int32),
        np.array([each.offset for each in messages], np.int64),
    )
    return dict(zip(ORIGIN, found, strict=True))


def _received(messages: Sequence[Message]) -> NDArray[np.float64]:
    times_ms = np.array([each.timestamp_ms for each in messages], np.float64)
    return np.where(times_ms < 0, np.nan, times_ms / 1e3)


def _us(time: Any) -> int:  # noqa: ANN401 - a datetime, as Avro readers give one
    """Microseconds since 1970; -1 where there is none."""
    return -1 if time is None else round(time.timestamp() * 1e6)


def _models(note: Note) -> str:
    return ", ".join(
        f"{one['name']} {one['version']} {one['sha256']}" for one in note.get("models", ())
    )
