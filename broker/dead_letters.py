"""What is kept of an alert that could not be published: why, where it lies, and its first bytes.

A dead letter is a JSON object, so that it can be read where nothing else of ours is installed:

    reason, detail                       why, in a fixed word and in one line
    topic, partition, offset             where the whole packet lies
    timestamp_ms                         Kafka's, of that packet; -1 where absent
    size_bytes, sha256                   of the packet, sha256 in hexadecimal
    prefix_base64                        its first bytes; none where alerts may be withheld

Its key is `topic-partition-offset`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import deque
from dataclasses import dataclass

from broker.errors import TooManyDead
from broker.ports import Message

PREFIX_BYTES_MAX = 1024
"""How much of the packet a dead letter keeps: enough for its header and its first fields."""

DETAIL_CHARACTERS_MAX = 500
"""How much of a detail is kept; it may quote the packet."""

OUTPUT_TOO_LARGE = "output too large"
"""The reason of an alert that was decoded, but is larger than its topics accept."""


NOT_ENRICHABLE = "no room for our field"
"""The reason of an alert that was decoded, but whose writer schema we cannot add a field to."""

AFTER_DECODING = (OUTPUT_TOO_LARGE, NOT_ENRICHABLE)
"""The reasons of alerts that the filters have seen; all others are the decoder's."""


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
        """Where the alert lies, as one word."""
        return f"{self.message.topic}-{self.message.partition}-{self.message.offset}".encode()

    def encode(self) -> bytes:
        """The JSON object described above, UTF-8."""
        value = self.message.value
        prefix = b"" if self.without_packet else value[:PREFIX_BYTES_MAX]
        return json.dumps(
            {
                "reason": self.reason,
                "detail": self.detail[:DETAIL_CHARACTERS_MAX],
                "topic": self.message.topic,
                "partition": self.message.partition,
                "offset": self.message.offset,
                "timestamp_ms": self.message.timestamp_ms,
                "size_bytes": len(value),
                "sha256": hashlib.sha256(value).hexdigest(),
                "prefix_base64": base64.b64encode(prefix).decode(),
            }
        ).encode()


class DeadLetterBound:
    """Stops a worker rather than let it dead-letter a whole stream, say for a wrong registry.

    Off unless a fraction is set, for a stream of rubbish is no fault of the broker's.
    """

    def __init__(self, *, fraction_max: float = 1.0, alerts_min: int = 10_000) -> None:
        """Of the last batches that together hold at least `alerts_min` alerts; 1 is no bound.

        Nothing is remembered over a restart.
        """
        self._fraction_max = fraction_max
        self._alerts_min = alerts_min
        self._batches: deque[tuple[int, int]] = deque()

    def check(self, alerts: int, dead: int) -> None:
        """Ask before a batch is published; raises TooManyDead, and the batch stays uncommitted."""
        self._batches.append((alerts, dead))
        while sum(n for n, _ in self._batches) - self._batches[0][0] >= self._alerts_min:
            self._batches.popleft()
        seen, died = (sum(column) for column in zip(*self._batches, strict=True))
        if seen >= self._alerts_min and died > self._fraction_max * seen:
            raise TooManyDead(
                f"{died} of the last {seen} alerts cannot be published, more than the fraction"
                f" {self._fraction_max}; mend the input or its schemas, or raise dead_fraction_max"
            )
