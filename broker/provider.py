"""The topics that a worker needs: created where they are missing, each as its use asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from broker.errors import TopicMissing
from broker.kafka import KafkaAdmin, TopicSettings, control_topic
from broker.kafka.connection import Compression, topic_compression
from broker.messengers.section import events_topic
from broker.settings import Settings
from broker.status import status_topic

SOON_COMPACTED: Final[Mapping[str, str]] = {"segment.bytes": "16777216"}
"""Who takes a partition over reads the topic whole, and a segment that is written to is kept as it
is."""
FOREVER: Final[Mapping[str, str]] = {"retention.ms": "-1"}
"""The ledger is kept: it is small, and what it proves may be asked years later."""


def provide(settings: Settings, admin: KafkaAdmin, names: Sequence[str]) -> None:
    """Have these topics exist; raises TopicMissing, naming all, where none may be created."""
    there = admin.partitions()
    missing = [topic for topic in names if topic not in there]
    if missing and not settings.topics.create:
        raise TopicMissing(
            f"no such topics: {', '.join(missing)}; create them, or set [topics] create = true"
        )
    admin.create([_new_topic(settings, topic) for topic in missing])


def output_topic(
    name: str, partitions: int, replication: int, compressions: Mapping[str, Compression]
) -> TopicSettings:
    """A topic of enriched alerts; `compressions`: by topic, where one is to have its own."""
    own = topic_compression(compressions[name]) if name in compressions else {}
    return TopicSettings(name, partitions, replication, own)


class Provider:
    """Has one topic after another exist; Kafka is asked about those that are not known yet."""

    def __init__(self, settings: Settings, admin: KafkaAdmin) -> None:
        self._settings = settings
        self._admin = admin
        self._known: set[str] = set()

    def __call__(self, topic: str) -> None:
        """Raises TopicMissing where it may not be created, KafkaUnavailable."""
        if topic not in self._known:
            self._known = {*self._admin.partitions()}
        if topic not in self._known:
            provide(self._settings, self._admin, [topic])


def _new_topic(settings: Settings, name: str) -> TopicSettings:
    topics = settings.topics
    topic = output_topic(name, topics.partitions, topics.replication, topics.compressions)
    if name == topics.ledger:
        # One partition, so that it is read in the order in which it was written.
        return replace(topic, partitions=1, settings={**topic.settings, **FOREVER})
    followup = settings.followup
    ours = (*followup.named, *followup.inboxes.values(), settings.notices.outbox)
    if name in (settings.filters.live, *settings.models.records, *ours):
        return control_topic(name, replication=topics.replication)
    if name in settings.messengers.named:
        return events_topic(settings.messengers, name, replication=topics.replication)
    if name == topics.status:
        return status_topic(name, replication=topics.replication)
    if name == topics.positions:
        found = control_topic(name, replication=topics.replication)
        return replace(found, settings={**found.settings, **SOON_COMPACTED})
    return topic
