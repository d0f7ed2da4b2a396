"""Alerts as they come: a reader of one topic, and the public `subscribe`."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from broker.kafka import AtLeastOnceSink, Connection, KafkaSource
from broker.kafka.connection import Start
from broker.ports import Message, Partition, Sink, Source
from gueststar.alert import Alert, rows
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch, Rejected
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader

LOG = logging.getLogger("gueststar.subscription")

POLL_MESSAGES_MAX = 500
POLL_BYTES_MAX = 64_000_000
POLL_WAIT_S = 0.5
"""How long one poll waits for a first alert, and so at most how late an interrupt is heard."""

NO_NOTES: Mapping[str, Any] = {"scores": {}, "filters": ()}
"""What is known of an alert that no broker has enriched."""


def subscribe(
    topic: str,
    *,
    bootstrap: str = "localhost:9092",
    group: str | None = None,
    start: Start = "latest",
    security: Mapping[str, str] | None = None,
    registry: str | None = None,
) -> Iterator[Alert]:
    """Yield a topic's alerts for ever, as they come; closing the iterator leaves Kafka.

    Only committed alerts are seen. With a `group` it resumes where that group stopped: an alert
    counts as dealt with when the ones after it are asked for. Without one it reads from `start`.
    `security` are librdkafka's settings (`security.protocol`, `sasl.*`, `ssl.*`); `registry` is the
    schema registry's address, for topics in Confluent framing. A message that is no alert is logged
    and passed over. Raises KafkaUnavailable where nobody answers.
    """
    connection = Connection(bootstrap, security=security or {})
    opened = connected(connection, topic, group=group, start=start, schemas=registered(registry))
    with closing(opened) as subscription:
        yield from subscription


def registered(registry: str | None) -> SchemaSource | None:
    """The writer schemas that a registry has, where there is one."""
    if registry is None:
        return None
    # Its client takes a fifth of a second to load, which most readers need not wait.
    from schemas.registry import RegistrySchemas  # noqa: PLC0415

    return RegistrySchemas({"url": registry})


def connected(
    connection: Connection,
    topic: str,
    *,
    group: str | None = None,
    start: Start = "latest",
    schemas: SchemaSource | None = None,
) -> Subscription:
    """A subscription through a real Kafka; a group of its own where none is named."""
    source = reader(connection, topic, group=group, start=start)
    # A group of its own is never seen again, so nobody needs to know how far it came.
    commits = AtLeastOnceSink(connection, topics=[], ask_limits=False) if group else None
    return Subscription(source, commits, schemas=schemas)


def reader(
    connection: Connection, topic: str, *, group: str | None = None, start: Start
) -> KafkaSource:
    """A source of one topic for who is no worker."""
    own = f"gueststar-reader-{uuid.uuid4().hex}"
    return KafkaSource(connection, topics=[topic], group=group or own, worker=None, start=start)


class Subscription:
    """Owns the source that it reads, and the sink that commits its offsets, where there is one."""

    def __init__(
        self, source: Source, sink: Sink | None, *, schemas: SchemaSource | None = None
    ) -> None:
        """Nothing is read before the first alert is asked for. `schemas`: of bare records."""
        if sink is not None:
            sink.rebuild()
        self._source = source
        self._sink = sink
        self._decoder = Decoder(schemas=schemas, rescore=True)
        self._reader = EnrichedReader(schemas=schemas)
        self._dealt_with: dict[Partition, int] = {}

    def __iter__(self) -> Iterator[Alert]:
        """Alerts for ever; each counts as dealt with when the next one is asked for."""
        while True:
            messages, alerts = self._fetch(POLL_WAIT_S)
            for alert in alerts:
                yield alert
                message = messages[alert.batch.source_index[alert.row]]
                self._dealt_with[Partition(message.topic, message.partition)] = message.offset + 1
            self._dealt_with = dict(self._source.positions()) if messages else {}

    def poll(self, timeout_s: float) -> list[Alert]:
        """What is there now, waiting up to `timeout_s` for a first alert; dealt with at once."""
        messages, alerts = self._fetch(timeout_s)
        self._dealt_with = dict(self._source.positions()) if messages else {}
        return alerts

    def close(self) -> None:
        """Commit what was dealt with, and leave. Idempotent."""
        self._commit()
        self._source.close()
        if self._sink is not None:
            self._sink.close()

    def _fetch(self, timeout_s: float) -> tuple[list[Message], list[Alert]]:
        self._commit()
        messages = self._source.poll(
            messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=timeout_s
        )
        batch = self._decoder.decode([message.value for message in messages])
        for rejected in batch.rejected:
            _say_passed_over(messages[rejected.index], rejected)
        return messages, list(self._annotated(batch))

    def _annotated(self, batch: AlertBatch) -> Iterator[Alert]:
        notes = [self._reader.annotation(packet) or NO_NOTES for packet in batch.packets]
        filters = [tuple(note["filters"]) for note in notes]
        return rows(batch, [note["scores"] for note in notes], filters)

    def _commit(self) -> None:
        if not self._dealt_with or self._sink is None:
            return
        offsets, self._dealt_with = self._dealt_with, {}
        self._sink.begin()
        self._sink.send_offsets(offsets, self._source.group())
        self._sink.commit()


def _say_passed_over(message: Message, rejected: Rejected) -> None:
    place = f"{message.topic}/{message.partition} offset {message.offset}"
    LOG.warning("no alert, passed over: %s: %s, %s", place, rejected.reason, rejected.detail)
