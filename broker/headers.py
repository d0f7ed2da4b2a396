"""Headers by which readers know what a message of ours holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from broker.ports import Headers, Partition, size_bytes

FORMAT: Final = "_format"
CONTENT_TYPE: Final = "content-type"
FILTERS: Final = "gueststar-filters"
"""On a topic that filters share: which of them selected the alert, names divided by commas."""

SOURCE: Final = "gueststar-source"
"""The message that a record is of: TOPIC/PARTITION/OFFSET of its survey's Kafka."""

TEST_STREAM: Final = "test-stream"
"""A header that says that a message is a test's and no observation; it is passed on."""

JSON: Final[Headers] = ((FORMAT, b"json"), (CONTENT_TYPE, b"application/json"))
"""Of dead letters and ledger entries."""
JSON_BYTES: Final = size_bytes(None, b"", JSON)


def naming(filters: Iterable[str]) -> bytes:
    """The value of the header FILTERS."""
    return ",".join(filters).encode()


def named(headers: Headers) -> tuple[bytes, ...]:
    """The filters that a message's headers name; none where it is on no topic that they share."""
    # It stands last, behind what the survey sent.
    for name, value in reversed(headers):
        if name == FILTERS:
            return tuple(value.split(b","))
    return ()


def source_of(headers: Headers) -> tuple[Partition, int] | None:
    """The partition and offset that a record is of; None where its headers do not say."""
    for name, value in headers:
        if name == SOURCE:
            with suppress(ValueError):
                topic, number, offset = value.decode().rsplit("/", 2)
                return Partition(topic, int(number)), int(offset)
    return None
