"""Missing topics are created as their use asks, and Kafka is asked no more than it must be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.errors import TopicMissing
from broker.kafka import KafkaAdmin, TopicSettings, control_topic
from broker.kafka_settings import TopicsSection
from broker.provider import Provider, provide
from broker.settings import Settings

SETTINGS = Settings(TopicsSection(input=("ztf",), partitions=3, replication=2))


class Counting(KafkaAdmin):
    """A Kafka that knows some topics, and counts how often it is asked for them."""

    def __init__(self, *topics: str) -> None:
        self.topics = dict.fromkeys(topics, 1)
        self.created: list[TopicSettings] = []
        self.asked = 0

    def partitions(self) -> dict[str, int]:
        """Those that are there."""
        self.asked += 1
        return dict(self.topics)

    def create(self, topics: list[TopicSettings]) -> None:  # type: ignore[override]
        """Noted, and there from now on."""
        self.created += topics
        self.topics |= {topic.name: topic.partitions for topic in topics}


def test_each_topic_is_created_as_its_use_asks() -> None:
    admin = Counting("there")
    provide(SETTINGS, admin, ["there", "young", "gueststar.ledger", "gueststar.filters"])
    assert admin.created == [
        TopicSettings("young", 3, 2),
        TopicSettings("gueststar.ledger", 1, 2, {"retention.ms": "-1"}),
        control_topic("gueststar.filters", replication=2),
    ]
    assert admin.created[2].settings["cleanup.policy"] == "compact"


def test_kafka_is_asked_once_about_many_topics_that_are_there() -> None:
    admin = Counting(*(f"topic-{number}" for number in range(500)))
    have = Provider(SETTINGS, admin)
    for topic in admin.topics:
        have(topic)
    assert (admin.asked, admin.created) == (1, [])


def test_a_topic_that_is_missing_is_created_once() -> None:
    admin = Counting()
    have = Provider(SETTINGS, admin)
    for _ in range(3):
        have("young")
    assert [topic.name for topic in admin.created] == ["young"]


def test_a_topic_that_may_not_be_created_is_named() -> None:
    settings = replace(SETTINGS, topics=replace(SETTINGS.topics, create=False))
    with pytest.raises(TopicMissing, match="no such topics: young; create them"):
        Provider(settings, Counting())("young")
