"""What stands around a record in its message: the key, and headers that say what it is.

    _format, content-type        avro in a container of its own (hop's clients look for the first)
    gueststar-form               full or lite
    gueststar-survey             whose record it is
    gueststar-schema             its schema's fingerprint, as in the annotation
    gueststar-source             the message that it is of: TOPIC/PARTITION/OFFSET

Besides, the survey's own headers are passed on, such as Rubin's `producer_timestamp`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from broker.alerts.packer import Record, Shape
from broker.headers import CONTENT_TYPE, FORMAT, SOURCE
from broker.ports import Headers, Message
from schemas.batch import AlertBatch
from schemas.enriched import Written

PASSED_ON_MAX: Final = 32
"""The survey's headers that are passed on, the first ones."""
PASSED_ON_BYTES_MAX: Final = 4096
"""Their names and values together; one that goes beyond is left out, with all after it."""

OWN_PREFIX: Final = "gueststar-"


class Envelopes:
    """Of one batch's alerts; `messages` are those that the batch was decoded from."""

    def __init__(self, batch: AlertBatch, messages: Sequence[Message]) -> None:
        self._schemas = batch.schemas
        self._object_ids = [each.encode() for each in batch.object_id.tolist()]
        self._kinds = list(zip(batch.schema.tolist(), batch.survey.tolist(), strict=True))
        came = [messages[at] for at in batch.source_index.tolist()]
        self._own = [
            ((SOURCE, where), *passed_on(message))
            for where, message in zip(sources(came), came, strict=True)
        ]

    def records(
        self, rows: Sequence[int], written: Sequence[Written], shape: Shape
    ) -> list[Record]:
        """What is published of alerts that were written in a shape.

        Their keys are their objects' ids, so that order is kept by them; where the framing needs
        the key for itself, that id still chooses the partition.
        """
        ids, own, kinds = self._object_ids, self._own, self._kinds
        about = {
            kind: described(kind[1], self._schemas[kind[0]].fingerprint, shape)
            for kind in {kinds[row] for row in rows}
        }
        return [
            Record.of(ids[row], value, about[kinds[row]] + own[row])
            if key is None
            else Record.of(key, value, about[kinds[row]] + own[row], ids[row])
            for row, (value, key) in zip(rows, written, strict=True)
        ]


def described(survey: str, fingerprint: str, shape: Shape) -> Headers:
    """The headers of an enriched record; `fingerprint`: of the survey's own schema."""
    container = ((FORMAT, b"avro"),) if shape.framing == "container" else ()
    return (
        *container,
        (CONTENT_TYPE, b"avro/binary"),
        (f"{OWN_PREFIX}form", shape.form.encode()),
        (f"{OWN_PREFIX}survey", survey.encode()),
        (f"{OWN_PREFIX}schema", fingerprint.encode()),
    )


def sources(messages: Sequence[Message]) -> list[bytes]:
    """Where each lies, as `SOURCE` says it; a partition is written out once."""
    places = {(one.topic, one.partition) for one in messages}
    written = {place: "{}/{}/".format(*place).encode() for place in places}
    return [b"%b%d" % (written[one.topic, one.partition], one.offset) for one in messages]


def passed_on(message: Message) -> Headers:
    """The headers that a message came with, less those that are ours to say, within bounds."""
    if not message.headers:
        return ()
    kept: list[tuple[str, bytes]] = []
    left_bytes = PASSED_ON_BYTES_MAX
    for name, value in message.headers:
        if _is_ours(name):
            continue
        left_bytes -= len(name.encode()) + len(value)
        if left_bytes < 0 or len(kept) == PASSED_ON_MAX:
            break
        kept.append((name, value))
    return tuple(kept)


def _is_ours(name: str) -> bool:
    lower = name.lower()
    return lower in (FORMAT, CONTENT_TYPE) or lower.startswith(OWN_PREFIX)
