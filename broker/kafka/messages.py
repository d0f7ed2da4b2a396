"""A message of Kafka's client as one of ours."""

from __future__ import annotations

import confluent_kafka
from confluent_kafka import KafkaError

from broker.ports import Headers, Message


def message_of(came: confluent_kafka.Message) -> Message:
    """One that came without an error; a tombstone has an empty value."""
    kind, timestamp_ms = came.timestamp()
    return Message(
        came.topic(),
        came.partition(),
        came.offset(),
        timestamp_ms if kind else -1,
        came.key(),
        came.value() or b"",
        _headers(came),
    )


def _headers(came: confluent_kafka.Message) -> Headers:
    """A message's headers; one without a value has an empty one."""
    headers = came.headers()
    return tuple((name, value or b"") for name, value in headers) if headers else ()


def is_fatal(message: confluent_kafka.Message) -> bool:
    """Whether it is the news that the client is at its end, which comes once."""
    error = message.error()
    return error is not None and bool(error.code() == KafkaError._FATAL)
