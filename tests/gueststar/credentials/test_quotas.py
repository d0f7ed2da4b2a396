"""Quotas at a real Kafka: who has one is slowed, others are not, and revoking ends it."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.gueststar.credentials.test_at_kafka import Service, hook, service
from tests.running import until

__all__ = ["hook", "service"]

pytestmark = pytest.mark.kafka

TOPIC = "trust.enriched"
MESSAGES, BYTES = 60, 50_000
QUOTA = 200_000
"""Kafka looks at ten seconds: two million bytes come at once, and there is more."""


class Throttled(NamedTuple):
    """What librdkafka says as Kafka tells it to wait."""

    throttle_time: float


def throttled_s(service: Service, name: str, password: str) -> float:
    """How long a reader was told to wait in all, as it read the topic's last messages whole."""
    waits: list[float] = []

    def hear(event: Throttled) -> None:
        waits.append(event.throttle_time)

    consumer = Consumer(
        {
            **service.client,
            "sasl.username": name,
            "sasl.password": password,
            "group.id": f"{name}.quota",
            "throttle_cb": hear,
            "fetch.message.max.bytes": 200_000,
            "log_level": 0,
        }
    )
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=30)
        consumer.assign([TopicPartition(TOPIC, 0, end - MESSAGES)])
        read = 0
        while read < MESSAGES:
            message = consumer.poll(60)
            assert message is not None and message.error() is None
            read += 1
        consumer.poll(1)  # what was told of the last
    finally:
        consumer.close()
    return sum(waits)


@pytest.fixture(scope="module")
def filled(service: Service) -> Service:
    """The topic with enough to be read that a quota shows."""
    producer = Producer({"bootstrap.servers": service.plain, "log_level": 0})
    for _ in range(MESSAGES):
        producer.produce(TOPIC, b"x" * BYTES, partition=0)
    assert producer.flush(60) == 0
    return service


def test_a_reader_with_a_quota_is_slowed_and_others_are_not(filled: Service) -> None:
    slow = filled.password("add", "slow", "reader", "--quota", str(QUOTA))
    free = filled.password("add", "free", "reader")
    until(lambda: "slow, at most 200,000 bytes a second\n" in filled.command("list"))
    assert "free\n" in filled.command("list")
    assert throttled_s(filled, "slow", slow) > 1
    assert throttled_s(filled, "free", free) == 0
    filled.command("limit", "slow")
    until(lambda: "slow\n" in filled.command("list"))
    filled.command("limit", "free", "--quota", "1000000")
    until(lambda: "free, at most 1,000,000 bytes a second\n" in filled.command("list"))
    for name in ("slow", "free"):
        filled.command("revoke", name)


def test_who_comes_again_under_a_name_that_was_revoked_has_no_quota_of_before(
    filled: Service,
) -> None:
    filled.password("add", "again", "reader", "--quota", str(QUOTA))
    filled.command("revoke", "again")
    filled.password("add", "again", "reader")
    until(lambda: "again\n" in filled.command("list"))
    filled.command("revoke", "again")
