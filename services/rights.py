"""The rights at our Kafka of a job with a loop that is no worker."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from broker.kafka import transactional_id
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.settings import Settings
from broker.subscribed import names_of


def of_job(
    own: Settings,
    *,
    beside: Sequence[str],
    outputs: Sequence[str],
    worker: str,
    there: Collection[str],
) -> Iterator[Right]:
    """Each once. own: the settings with what it reads for input.

    beside: topics that it reads but for alerts; outputs: those that its transactions write; worker:
    its name; there: the topics that our Kafka has.
    """
    for topic in dict.fromkeys((*names_of(own.topics.input, there), *beside)):
        yield Right("Read", "topic", topic)
    if not own.is_elsewhere:
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
