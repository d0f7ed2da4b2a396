"""A worker's two sides at a real Kafka, as its settings want them."""

from __future__ import annotations

from collections.abc import Sequence

from broker.kafka import (
    AtLeastOnceSink,
    Connection,
    KafkaAdmin,
    KafkaControlTopic,
    KafkaSink,
    KafkaSource,
    fence,
    transactional_id,
)
from broker.kafka.connection import Compression
from broker.kafka.control_topic import TRANSACTIONS_FETCH_WAIT_MS
from broker.kafka_settings import KafkaSection
from broker.ledger import Delivery
from broker.ports import Sink, Source
from broker.positions import Positions
from broker.publishing import Publishing, PublishingThread
from broker.rewind import Rewind
from broker.settings import Settings


def kafka_ports(
    settings: Settings,
    outputs: Sequence[str],
    link: Connection,
    name: str,
    rewind: Rewind | None = None,
    *,
    beside: Publishing | None = None,
) -> tuple[Source, Sink]:
    """A group member and a producer of a worker's name, each at the Kafka that is set for it.

    outputs: the topics that it writes to. link: to our Kafka, where these stand.
    rewind: where the input is read from, whatever the group has committed. beside: what publishes
    beside the loop, and is waited for before partitions are given back.
    """
    kafka = settings.kafka
    compression = settings.enriched.compression
    sink = kafka_sink(kafka, outputs, link, (kafka.group, name), compression)
    source = KafkaSource(
        source_connection(settings, link),
        topics=settings.read,
        group=settings.group,
        worker=name,
        start=settings.start,
        rewind=rewind,
        session_timeout_ms=kafka.session_timeout_ms,
        positions=_positions(settings, link, name, sink) if settings.is_elsewhere else None,
        before_release=beside.wait if beside else lambda: None,
    )
    return source, sink


def publishing(settings: Settings) -> Publishing | None:
    """A thread that publishes a batch while the next is processed, where one transaction is all.

    Where the source is another Kafka's, or delivery plain, the sink has to do with the source.
    """
    if settings.is_elsewhere or settings.kafka.delivery is Delivery.AT_LEAST_ONCE:
        return None
    return PublishingThread(settings.limits.release_wait_s)


def source_connection(settings: Settings, link: Connection) -> Connection:
    """To the Kafka where the survey's topics stand; `link` is to ours."""
    if not settings.is_elsewhere:
        return link
    source, patience_s = settings.source, settings.kafka.patience_s
    return Connection(
        source.bootstrap,
        patience_s=patience_s,
        security=source.security,
        readers=f"{settings.group}-reader",
    )


def survey_cluster(settings: Settings, link: Connection) -> str:
    """The id of the survey's own Kafka, once it answers; empty where the topics stand in ours."""
    if not settings.is_elsewhere:
        return ""
    survey = source_connection(settings, link)
    admin = KafkaAdmin(survey)
    admin.wait()
    return admin.cluster()


def _positions(settings: Settings, link: Connection, name: str, sink: Sink) -> Positions:
    """Where the survey's Kafka is read, kept in ours."""
    assert isinstance(sink, KafkaSink), "the settings ask for exactly-once"
    topic = settings.topics.positions
    return Positions(
        topic,
        KafkaControlTopic(link, topic, fetch_wait_ms=TRANSACTIONS_FETCH_WAIT_MS),
        sink,
        group=settings.group,
        writer=transactional_id(settings.kafka.group, name),
        fence=lambda writer: fence(link, writer),
    )


def kafka_sink(
    kafka: KafkaSection,
    topics: Sequence[str],
    link: Connection,
    owner: tuple[str, str],
    compression: Compression = "none",
) -> Sink:
    """A producer of the delivery that is set; `owner`: group and worker, its transactional id."""
    if kafka.delivery is Delivery.AT_LEAST_ONCE:
        return AtLeastOnceSink(
            link,
            topics=topics,
            message_bytes_max=kafka.message_bytes_max,
            compression=compression,
        )
    group, worker = owner
    return KafkaSink(
        link,
        group=group,
        worker=worker,
        topics=topics,
        transaction_timeout_ms=kafka.transaction_timeout_ms,
        message_bytes_max=kafka.message_bytes_max,
        compression=compression,
    )
