"""The rights that the follow-up job needs at our Kafka."""

from __future__ import annotations

from collections.abc import Container, Iterator

from broker.kafka import transactional_id
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.settings import Settings
from services.followup.assembly import WORKER, beside_of, outputs_of, settings_of_followup


def to_follow_up(settings: Settings, there: Container[str]) -> Iterator[Right]:
    """Each once. there: the topics that our Kafka has. Raises SettingsError without sites."""
    own = settings_of_followup(settings)
    beside, outputs = beside_of(own), outputs_of(own)
    for topic in dict.fromkeys((*own.topics.input, *beside, *own.messengers.asked)):
        yield Right("Read", "topic", topic)
    yield Right("Read", "group", own.kafka.group)
    yield Right("Describe", "group", f"{READERS}-", begins=True)
    for topic in outputs:
        yield Right("Write", "topic", topic)
        yield Right("DescribeConfigs", "topic", topic)
    if own.filters.live:
        # Filters that are woken have their alerts on topics of their own.
        yield Right("Write", "topic", own.filters.topic_prefix, begins=True)
    if own.topics.create:
        for topic in dict.fromkeys((*beside, *outputs)):
            if topic not in there:
                yield Right("Create", "topic", topic)
    yield Right("Write", "transactional id", transactional_id(own.kafka.group, WORKER))
