"""The rights at our Kafka of a job that looks at each enriched alert once."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from broker.kafka import transactional_id
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.settings import Settings


def of_job(
    own: Settings,
    *,
    beside: Sequence[str],
    outputs: Sequence[str],
    worker: str,
    there: Container[str],
) -> Iterator[Right]:
    """Each once. own: `services.enriched.over_enriched`.

    beside: topics that it reads but for alerts; outputs: those that its transactions write; worker:
    its name; there: the topics that our Kafka has.
    """
    for topic in dict.fromkeys((*own.topics.input, *beside)):
        yield Right("Read", "topic", topic)
    yield Right("Read", "group", own.kafka.group)
    yield Right("Describe", "group", f"{READERS}-", begins=True)
    for topic in outputs:
        yield Right("Write", "topic", topic)
        yield Right("DescribeConfigs", "topic", topic)
    if own.topics.create:
        for topic in dict.fromkeys((*beside, *outputs)):
            if topic not in there:
                yield Right("Create", "topic", topic)
    yield Right("Write", "transactional id", transactional_id(own.kafka.group, worker))
