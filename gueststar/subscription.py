"""Alerts as they come: a reader of one topic, and the public `subscribe`."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from broker.kafka import AtLeastOnceSink, Connection, KafkaSource
from broker.ports import Message, Partition, Sink, Source
from gueststar.alert import Alert, rows
from gueststar.scored import Note, noted, scored, versions
from gueststar.starting import Start, beginning
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch, Rejected
from schemas.decode import Decoder
from schemas.enriched_reading import EnrichedReader

LOG = logging.getLogger("gueststar.subscription")

POLL_MESSAGES_MAX = 500
POLL_BYTES_MAX = 64_000_000
POLL_WAIT_S = 0.5
"""How long one poll waits for a first alert, and so at most how late an interrupt is heard."""

BOOTSTRAP = "localhost:9092"
"""Where Kafka is, unless an argument or the environment's GUESTSTAR_BOOTSTRAP says otherwise."""


def subscribe(
    topic: str,
    *,
    bootstrap: str | None = None,
    group: str | None = None,
    start: Start = "latest",
    security: Mapping[str, str] | None = None,
    registry: str | None = None,
) -> Generator[Alert, None, None]:
    """Yield a topic's alerts for ever, as they come; closing the generator leaves Kafka.

    Only committed alerts are seen. With a `group` it resumes where that group stopped: an alert
    counts as dealt with when the ones after it are asked for. `start` is where it begins: "latest"
    or "earliest" where nothing is to be resumed, or a rewind, which moves the group, too: a time
    ("2026-11-21T03:00", a datetime; UTC unless it says), so long ago ("6h", a timedelta), or
    offsets by partition ({0: 1500}).

    `bootstrap` is Kafka's address, by default GUESTSTAR_BOOTSTRAP of the environment, else
    localhost:9092. `security` are librdkafka's settings (`security.protocol`, `sasl.*`, `ssl.*`);
    those not given are read from the environment (GUESTSTAR_KAFKA_SASL_USERNAME, and so on).
    `registry` is the schema registry's address, for topics in Confluent framing.

    A message that is no alert is logged and passed over. Raises KafkaUnavailable where nobody
    answers, SettingsError for a start or a setting that is none, OffsetGap for an offset that the
    topic does not hold.
    """
    connection = connection_to(bootstrap, security)
    opened = connected(connection, topic, group=group, start=start, schemas=registered(registry))
    with closing(opened) as subscription:
        yield from subscription


def subscribe_batches(
    topic: str,
    *,
    bootstrap: str | None = None,
    group: str | None = None,
    start: Start = "latest",
    security: Mapping[str, str] | None = None,
    registry: str | None = None,
) -> Generator[AlertBatch, None, None]:
    """As `subscribe`, in batches of columns: what is there already, at most 500 alerts together.

    `batch.scores` holds the published scores, so filters run on a batch as they do in the broker,
    and `gueststar.astropy_table(batch)` and `pandas_frame(batch)` make tables of it. A batch counts
    as dealt with when the next one is asked for.
    """
    connection = connection_to(bootstrap, security)
    opened = connected(connection, topic, group=group, start=start, schemas=registered(registry))
    with closing(opened) as subscription:
        yield from subscription.batches()


def connection_to(bootstrap: str | None, security: Mapping[str, str] | None = None) -> Connection:
    """The Kafka that the arguments name, else the environment."""
    address = bootstrap or os.environ.get("GUESTSTAR_BOOTSTRAP") or BOOTSTRAP
    return Connection.configured(address, security=security)


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
    """A source of one topic for who is no worker. Raises SettingsError for a start that is none."""
    place = beginning(start)
    return KafkaSource(
        connection,
        topics=[topic],
        group=group or f"gueststar-reader-{uuid.uuid4().hex}",
        worker=None,
        start=place.start,
        rewind=place.rewind,
    )


class Arrived(NamedTuple):
    """What one poll brought: messages, those of them that are alerts, and what is known of them."""

    messages: list[Message]
    batch: AlertBatch
    notes: list[Note]

    def alerts(self) -> Iterator[Alert]:
        """One by one, in the order of the messages."""
        filters = [tuple(note["filters"]) for note in self.notes]
        scores = [note["scores"] for note in self.notes]
        return rows(self.batch, scores, filters, [versions(note) for note in self.notes])


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
        self._labels: dict[str, tuple[str, ...]] = {}
        self._dealt_with: dict[Partition, int] = {}

    def __iter__(self) -> Iterator[Alert]:
        """Alerts for ever; each counts as dealt with when the next one is asked for."""
        return self.until(lambda: False)

    def until(self, stopped: Callable[[], bool], *, limit: int | None = None) -> Iterator[Alert]:
        """The same until told to stop, which is heard between alerts, or after `limit` of them."""
        left = limit
        while not stopped():
            arrived = self._fetch(POLL_WAIT_S)
            for alert in arrived.alerts():
                yield alert
                message = arrived.messages[alert.batch.source_index[alert.row]]
                self._dealt_with[Partition(message.topic, message.partition)] = message.offset + 1
                left = left and left - 1
                if left == 0 or stopped():
                    return
            self._deal_with(arrived)

    def batches(self) -> Iterator[AlertBatch]:
        """Batches for ever, none of them empty; each is dealt with when the next is asked for.

        A classifier that has scored once keeps its columns, NaN where it declined.
        """
        while True:
            arrived = self._fetch(POLL_WAIT_S)
            if len(arrived.batch):
                yield arrived.batch
            self._deal_with(arrived)

    def poll(self, timeout_s: float) -> list[Alert]:
        """What is there now, waiting up to `timeout_s` for a first alert; dealt with at once."""
        arrived = self._fetch(timeout_s)
        self._deal_with(arrived)
        return list(arrived.alerts())

    def close(self) -> None:
        """Commit what was dealt with, and leave. Idempotent."""
        self._commit()
        self._source.close()
        if self._sink is not None:
            self._sink.close()

    def _fetch(self, timeout_s: float) -> Arrived:
        self._commit()
        messages = self._source.poll(
            messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=timeout_s
        )
        batch = self._decoder.decode([message.value for message in messages])
        for rejected in batch.rejected:
            _say_passed_over(messages[rejected.index], rejected)
        notes = noted(batch, self._reader)
        self._labels = dict(scored(batch, notes, labels=self._labels).score_labels)
        return Arrived(messages, batch, notes)

    def _deal_with(self, arrived: Arrived) -> None:
        self._dealt_with = dict(self._source.positions()) if arrived.messages else {}

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
