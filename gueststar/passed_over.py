"""What a reader says of messages that are no alerts: each at first, then how many, and a remedy."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from broker.ports import Message
from schemas.batch import Reason, Rejected

LOG = logging.getLogger("gueststar.subscription")

LINES_MAX: Final = 10
"""Messages that have a line of their own; the others are counted."""
COUNT_INTERVAL_S: Final = 60.0


class PassedOver:
    """Says in a few lines what was passed over, and once what would help.

    has_schemas: whether bare records' schemas are looked up anywhere.
    """

    def __init__(self, *, has_schemas: bool, now_s: Callable[[], float] = time.monotonic) -> None:
        self._has_schemas = has_schemas
        self._now_s = now_s
        self._count = 0
        self._counted_s = -COUNT_INTERVAL_S
        self._hinted = False

    def add(self, message: Message, rejected: Rejected) -> None:
        self._count += 1
        place = f"{message.topic}/{message.partition} offset {message.offset}"
        if self._count <= LINES_MAX:
            LOG.warning(
                "no alert, passed over: %s: %s, %s", place, rejected.reason, rejected.detail
            )
        elif self._now_s() - self._counted_s >= COUNT_INTERVAL_S:
            self._counted_s = self._now_s()
            LOG.warning("no alerts, passed over: %d so far, the last at %s", self._count, place)
        if rejected.reason is Reason.UNKNOWN_SCHEMA:
            self._hint(message)

    def _hint(self, message: Message) -> None:
        if self._hinted or self._has_schemas or not _is_confluent(message.value):
            return
        self._hinted = True
        LOG.warning(
            "topic %r: its records name their schema by a number, which a schema registry has:"
            ' say registry="URL", or --registry URL in the terminal',
            message.topic,
        )


def _is_confluent(value: bytes) -> bool:
    """Whether it begins as Confluent framing does: a zero, and a schema's number."""
    return value.startswith(b"\0")
