"""A message of Kafka's client as one of ours."""

from __future__ import annotations

import confluent_kafka

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
    return tuple((name, value or b"") for name, value in came.headers() or ())
