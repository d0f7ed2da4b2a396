"""Alerts as they come: a reader of one topic, and the public `subscribe`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from broker.defaults import BOOTSTRAP
from broker.errors import SettingsError, TopicRemade, TransactionAborted
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, KafkaSource
from broker.kafka.connection import PATIENCE_S
from broker.packets import packet_of
from broker.ports import Message, Partition, Sink, Source
from broker.rewind import ToOffsets
from broker.topics import Topics, matching, topics_of
from gueststar.addresses import Addresses, found_at
from gueststar.alert import Alert, rows
from gueststar.ending import POLL_BYTES_MAX, POLL_MESSAGES_MAX, POLL_WAIT_S, Ending, Until
from gueststar.passed_over import PassedOver
from gueststar.start import Start, beginning
from schemas.avro import SchemaSource
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Given
from schemas.scored import Note, noted, priors, scored, versions

LOG = logging.getLogger("gueststar.subscription")


def subscribe(
    topic: Topics,
    *,
    bootstrap: str | None = None,
    group: str | None = None,
    start: Start = "latest",
    until: Until | None = None,
    timeout_s: float | None = None,
    security: Mapping[str, str] | None = None,
    registry: str | None = None,
) -> Generator[Alert, None, None]:
    """Yield the alerts of topics as they come; closing the generator leaves Kafka.

    `topic` is a name, a list of them, or a pattern that begins with ^ ("^gueststar[.]filter[.]").
    The name of a deployed filter gives its alerts, on whatever topic they are; where filters share
    one, "TOPIC/FILTER" says the same, and nothing of the others' alerts is decoded.
    Only committed alerts are seen. With a `group` it resumes where that group stopped: an alert
    counts as dealt with when the ones after it are asked for. `start` is where it begins: "latest"
    or "earliest" where nothing is to be resumed, or a rewind, which moves the group, too: a time
    ("2026-11-21T03:00", a datetime; UTC unless it says), so long ago ("6h", a timedelta), or
    offsets by partition ({0: 1500}). What appears later, partitions or topics, is read whole. A
    member that is at one alert for longer than its group waits (five minutes) enters the group
    again: what was read since its last commit may come again, and a line says so.

    It goes on for ever, unless `until` is "end" (it stops where each partition ended when it was
    first got) or nothing has come for `timeout_s`.

    `bootstrap` is Kafka's address, by default GUESTSTAR_BOOTSTRAP of the environment, else
    localhost:9092. `security` are librdkafka's settings (`security.protocol`, `sasl.*`, `ssl.*`);
    those not given are read from the environment (GUESTSTAR_KAFKA_SASL_USERNAME, and so on).
    `registry` is the schema registry's address, for topics in Confluent framing.

    A message that is no alert is logged and passed over. Raises KafkaUnavailable where nobody
    answers, SettingsError for a topic, a start or a setting that is none, OffsetGap for an offset
    that the topic does not hold, TopicMissing for the end of a topic that does not exist.
    """
    connection, ending = connection_to(bootstrap, security), Ending.of(until, timeout_s)
    schemas = registered(registry)
    opened = connected(connection, topic, group=group, start=start, ending=ending, schemas=schemas)
    with closing(opened) as subscription:
        yield from subscription


def subscribe_batches(
    topic: Topics,
    *,
    bootstrap: str | None = None,
    group: str | None = None,
    start: Start = "latest",
    until: Until | None = None,
    timeout_s: float | None = None,
    security: Mapping[str, str] | None = None,
    registry: str | None = None,
) -> Generator[AlertBatch, None, None]:
    """As `subscribe`, in batches of columns: what is there already, at most 500 alerts together.

    `batch.learned` holds what was published, so filters run on a batch as they do in the broker,
    and `gueststar.astropy_table(batch)` and `pandas_frame(batch)` make tables of it. A batch counts
    as dealt with when the next one is asked for.
    """
    connection, ending = connection_to(bootstrap, security), Ending.of(until, timeout_s)
    schemas = registered(registry)
    opened = connected(connection, topic, group=group, start=start, ending=ending, schemas=schemas)
    with closing(opened) as subscription:
        yield from subscription.batches()


def connection_to(
    bootstrap: str | None,
    security: Mapping[str, str] | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> Connection:
    """The Kafka that the arguments name, else the environment."""
    address = bootstrap or os.environ.get("GUESTSTAR_BOOTSTRAP") or BOOTSTRAP
    return Connection.configured(address, patience_s=patience_s, security=security)


def registered(registry: str | Mapping[str, str] | None) -> SchemaSource | None:
    """The writer schemas that a registry has, where there is one; by its address, or settings."""
    if not registry:
        return None
    # Its client takes a fifth of a second to load, which most readers need not wait.
    from schemas.registry import RegistrySchemas  # noqa: PLC0415

    if isinstance(registry, str):
        return RegistrySchemas.at(registry)
    return RegistrySchemas(registry)


def connected(
    connection: Connection,
    topic: Topics,
    *,
    group: str | None = None,
    start: Start = "latest",
    ending: Ending | None = None,
    schemas: SchemaSource | None = None,
) -> Subscription:
    """A subscription through a real Kafka; a group of its own where none is named.

    Raises TopicMissing where the end of a topic is asked for that does not exist.
    """
    beginning(start)  # refused, if it is none, before anything is asked
    addresses = found_at(connection, topic)
    if ending is not None and ending.at_end:
        matching(addresses.topics, KafkaAdmin(connection).partitions())
    source = reader(connection, addresses.topics, group=group, start=start)
    # A group of its own is never seen again, so nobody needs to know how far it came.
    commits = AtLeastOnceSink(connection, topics=[], ask_limits=False) if group else None
    return Subscription(source, commits, ending=ending, schemas=schemas, addresses=addresses)


def reader(
    connection: Connection, topic: Topics, *, group: str | None = None, start: Start
) -> KafkaSource:
    """A source for who is no worker. Raises SettingsError for a topic or a start that is none."""
    place, topics = beginning(start), topics_of(topic)
    if isinstance(place.rewind, ToOffsets) and (len(topics) > 1 or topics[0].startswith("^")):
        raise SettingsError(f"start {start!r}: offsets are of one topic; name one, or a time")
    return KafkaSource(
        connection,
        topics=topics,
        group=group,
        worker=None,
        start=place.start,
        rewind=place.rewind,
    )


class Arrived(NamedTuple):
    """What one poll brought: messages, those of them that are alerts, and what is known of them."""

    messages: list[Message]
    batch: AlertBatch
    notes: list[Note]
    moved: bool
    """Whether the poll brought anything, of others too."""

    def alerts(self) -> Iterator[Alert]:
        """One by one, in the order of the messages."""
        filters = [tuple(note["filters"]) for note in self.notes]
        scores = [note["scores"] for note in self.notes]
        selected_by = [versions(note) for note in self.notes]
        return rows(self.batch, scores, filters, selected_by, list(map(priors, self.notes)))


class Subscription:
    """Owns the source that it reads, and the sink that commits its offsets, where there is one."""

    def __init__(
        self,
        source: Source,
        sink: Sink | None,
        *,
        ending: Ending | None = None,
        schemas: SchemaSource | None = None,
        addresses: Addresses | None = None,
    ) -> None:
        """Nothing is read before the first alert is asked for. `schemas`: of bare records.

        addresses: which alerts are wanted of topics that filters share; None: all.
        """
        if sink is not None:
            sink.rebuild()
        self._source = source
        self._sink = sink
        self._ending = ending or Ending()
        self._addresses = addresses or Addresses(())
        self._passed_over = PassedOver(has_schemas=schemas is not None)
        self._decoder = Decoder(schemas=schemas, rescore=True)
        self._given: dict[str, Given] = {}
        self._dealt_with: dict[Partition, int] = {}

    def __iter__(self) -> Iterator[Alert]:
        """Alerts until its end; each counts as dealt with when the next one is asked for."""
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
            if self._done(arrived):
                return

    def batches(self) -> Iterator[AlertBatch]:
        """Batches until its end, none empty; each is dealt with when the next is asked for.

        A classifier that has scored once keeps its columns, NaN where it declined.
        """
        while True:
            arrived = self._fetch(POLL_WAIT_S)
            if len(arrived.batch):
                yield arrived.batch
            if self._done(arrived):
                return

    def poll(self, timeout_s: float) -> list[Alert]:
        """What is there now, waiting up to `timeout_s` for a first alert; dealt with at once."""
        return list(self.arrive(timeout_s).alerts())

    def arrive(self, timeout_s: float) -> Arrived:
        """As `poll`, with the messages and all that was noted of each alert."""
        arrived = self._fetch(timeout_s)
        self._deal_with(arrived)
        return arrived

    def lag(self) -> int:
        """Messages of its topics that it has yet to read, as far as it knows."""
        return sum(self._source.lag().values())

    def close(self) -> None:
        """Commit what was dealt with, and leave. Idempotent."""
        self._commit()
        self._source.close()
        if self._sink is not None:
            self._sink.close()

    def _fetch(self, timeout_s: float) -> Arrived:
        self._commit()
        polled = self._source.poll(
            messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=timeout_s
        )
        messages = self._addresses.wanted(polled)
        batch = self._decoder.decode(list(map(packet_of, messages)))
        if not self._are_of_one_life():
            polled, messages, batch = [], [], self._decoder.decode([])
        for rejected in batch.rejected:
            self._passed_over.add(messages[rejected.index], rejected)
        notes = noted(batch)
        self._given = dict(scored(batch, notes, given=self._given).given)
        return Arrived(messages, batch, notes, moved=bool(polled))

    def _are_of_one_life(self) -> bool:
        """Whether what was polled is certain to be of the topics that are read, or polled again."""
        try:
            self._source.confirm_lives()
        except TopicRemade:
            self._source.seek(self._source.starts())
            return False
        return True

    def _done(self, arrived: Arrived) -> bool:
        """Whether these, now dealt with, were the last."""
        self._deal_with(arrived)
        return self._ending.reached(self._source, came=bool(arrived.messages))

    def _deal_with(self, arrived: Arrived) -> None:
        self._dealt_with = dict(self._source.positions()) if arrived.moved else {}

    def _commit(self) -> None:
        if not self._dealt_with or self._sink is None:
            return
        offsets, self._dealt_with = self._dealt_with, {}
        try:
            self._sink.begin()
            self._sink.send_offsets(offsets, self._source.group())
            self._sink.commit()
        except TransactionAborted as error:
            self._sink.abort()
            LOG.warning(
                "the group went on without this reader, which it had not heard of for too long; it"
                " enters again, and what was read since its last commit may come again (%s)",
                error,
            )
