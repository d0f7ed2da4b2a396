"""A worker's two sides at a real Kafka, as its settings want them."""

from __future__ import annotations

from collections.abc import Sequence

from broker.kafka import AtLeastOnceSink, Connection, KafkaSink, KafkaSource
from broker.kafka.connection import Compression
from broker.ledger import Delivery
from broker.ports import Sink, Source
from broker.rewind import Rewind
from broker.settings import KafkaSection, Settings


def kafka_ports(
    settings: Settings,
    outputs: Sequence[str],
    link: Connection,
    name: str,
    rewind: Rewind | None = None,
) -> tuple[Source, Sink]:
    """A group member and a producer at a real Kafka, of a worker's name.

    outputs: the topics that it writes to.
    rewind: where the input is read from, whatever the group has committed.
    """
    kafka = settings.kafka
    source = KafkaSource(
        link,
        topics=settings.topics.read,
        group=kafka.group,
        worker=name,
        start=kafka.start,
        rewind=rewind,
        session_timeout_ms=kafka.session_timeout_ms,
    )
    compression = settings.enriched.compression
    return source, kafka_sink(kafka, outputs, link, (kafka.group, name), compression)


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
