"""What is kept of an alert that could not be published: why, where it lies, and its first bytes.

A dead letter is a JSON object, so that it can be read where nothing else of ours is installed:

    reason, detail                       why, in a fixed word and in one line
    topic, partition, offset             where the whole packet lies
    timestamp_ms                         Kafka's, of that packet; -1 where absent
    size_bytes, sha256                   of the packet, sha256 in hexadecimal
    withheld                             whether not everybody may see it: no byte is kept then
    prefix_base64                        its first bytes
    original                             its message: key_base64, value_base64, headers (pairs of
                                         name and base64); null where it is withheld, or too
                                         large for the letters' topic

Its key is `topic-partition-offset`. Beside the letters stand marks of those that were sent again,
JSON objects whose `replayed` is such a key; broker/dead_letters/replay.py writes them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from broker.headers import JSON, JSON_BYTES
from broker.ports import Message, Output, Partition
from schemas.plain_text import plain

PREFIX_BYTES_MAX = 1024
"""How much of the packet a dead letter keeps: enough for its header and its first fields."""

DETAIL_CHARACTERS_MAX = 500
"""How much of a detail is kept; it may quote the packet."""

ORIGINAL_JSON_BYTES = 80
HEADER_JSON_BYTES = 16
"""What the names and signs of JSON take, rounded up."""

NOT_PUBLIC = "withheld"
"""The reason of a message that not everybody may see: as it was set, so no fault."""


@dataclass(frozen=True)
class DeadLetter:
    """One alert that was given up."""

    reason: str
    detail: str
    message: Message
    without_packet: bool = False
    """Whether no byte of the packet is kept, as not everybody may see it."""

    @property
    def key(self) -> bytes:
        return f"{self.message.topic}-{self.message.partition}-{self.message.offset}".encode()

    def encode(self, bytes_max: int) -> bytes:
        """The JSON object described above, UTF-8; with the packet where key and all fit."""
        small, key = self._described(), self.message.key
        spare = bytes_max - len(self.key) - len(json.dumps(small | {"original": None}))
        original = None
        if not self.without_packet and self._original_bytes_max() <= spare:
            original = {
                "key_base64": None if key is None else _base64(key),
                "value_base64": _base64(self.message.value),
                "headers": [(name, _base64(held)) for name, held in self.message.headers],
            }
        return json.dumps(small | {"original": original}).encode()

    def output(self, topic: str, bytes_max: int) -> Output:
        """The letter on its topic, which takes messages of at most that size."""
        return Output(topic, self.key, self.encode(bytes_max - JSON_BYTES), JSON)

    def _described(self) -> dict[str, str | int]:
        value = self.message.value
        prefix = b"" if self.without_packet else value[:PREFIX_BYTES_MAX]
        return {
            "reason": self.reason,
            "detail": plain(self.detail)[:DETAIL_CHARACTERS_MAX],
            "topic": self.message.topic,
            "partition": self.message.partition,
            "offset": self.message.offset,
            "timestamp_ms": self.message.timestamp_ms,
            "size_bytes": len(value),
            "sha256": hashlib.sha256(value).hexdigest(),
            "withheld": self.without_packet,
            "prefix_base64": _base64(prefix),
        }

    def _original_bytes_max(self) -> int:
        """At most what the original takes; a character of a header's name takes at most 12."""
        names = sum(12 * len(name) + HEADER_JSON_BYTES for name, _ in self.message.headers)
        held = [self.message.key or b"", self.message.value]
        held += [value for _, value in self.message.headers]
        return names + sum(4 * (len(each) // 3 + 1) for each in held) + ORIGINAL_JSON_BYTES


class Letter(NamedTuple):
    """A dead letter as it was read from its topic."""

    written_ms: int
    """When, by Kafka's clock."""
    reason: str
    detail: str
    source: Partition
    offset: int
    timestamp_ms: int
    size_bytes: int
    sha256: str
    withheld: bool
    """Whether not everybody may see the packet."""
    prefix: bytes
    original: Message | None
    """The message that died; None where the letter does not hold it."""

    @property
    def key(self) -> bytes:
        """The letter's key: where the packet lay."""
        return f"{self.source.topic}-{self.source.number}-{self.offset}".encode()

    def describes(self, value: bytes) -> bool:
        """Whether a packet is the one that died: a topic made anew may have another there."""
        return hashlib.sha256(value).hexdigest() == self.sha256

    @property
    def identity(self) -> Identity:
        return Identity(self.key.decode(), self.sha256)


class Identity(NamedTuple):
    """Where a packet lay, and its sha256: a topic made anew may have another at that place."""

    key: str
    sha256: str


class Mark(NamedTuple):
    """A record that a letter was sent again, of the same transaction."""

    letter: Identity
    to: str
    by: str
    unix_s: float

    def encode(self) -> bytes:
        """A JSON object, UTF-8."""
        key, sha256 = self.letter
        fields = {"replayed": key, "sha256": sha256, "to": self.to, "by": self.by}
        return json.dumps(fields | {"unix_s": self.unix_s}).encode()


def read(message: Message) -> Letter | Mark | None:
    """What a message on the letters' topic is; None where it is neither."""
    try:
        document = json.loads(message.value)
        if "replayed" in document:
            identity = Identity(document["replayed"], document["sha256"])
            return Mark(identity, document["to"], document["by"], document["unix_s"])
        return _letter(document, message.timestamp_ms)
    except (ValueError, KeyError, TypeError):
        return None


def _letter(document: dict[str, Any], written_ms: int) -> Letter:
    source, offset = Partition(document["topic"], document["partition"]), document["offset"]
    held = document.get("original")  # Older letters have none.
    original = None
    if held is not None:
        key, value = held["key_base64"], base64.b64decode(held["value_base64"])
        original = Message(
            *(source.topic, source.number, offset, document["timestamp_ms"]),
            None if key is None else base64.b64decode(key),
            value,
            tuple((name, base64.b64decode(each)) for name, each in held["headers"]),
        )
    return Letter(
        written_ms,
        document["reason"],
        document["detail"],
        source,
        offset,
        document["timestamp_ms"],
        document["size_bytes"],
        document["sha256"],
        document.get("withheld", not document["prefix_base64"] and document["size_bytes"] > 0),
        base64.b64decode(document["prefix_base64"]),
        original,
    )


def _base64(held: bytes) -> str:
    return base64.b64encode(held).decode()
