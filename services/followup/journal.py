"""The journal of requests: records and what goes with them, each write one transaction.

It is written through the sink of the job's own loop, between two batches: whoever takes the job's
name has fenced it, and writes of an older process are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from broker.errors import TooManyAborts, TransactionAborted
from broker.ports import Output, Sink
from services.followup.requests import Request

ABORTS_MAX: Final = 10
"""In a row, after which the job ends; the next one goes on."""


class SinkJournal:
    """See `services.followup.tracker.Journal`."""

    def __init__(self, sink: Sink, topic: str) -> None:
        self._sink = sink
        self._topic = topic

    def write(self, requests: Sequence[Request], others: Sequence[Output] = ()) -> None:
        """All of it, or nothing. Raises ProducerFenced, KafkaUnavailable, TooManyAborts."""
        outputs = [*(one.output(self._topic) for one in requests), *others]
        if not outputs:
            return
        for _ in range(ABORTS_MAX):
            try:
                self._sink.begin()
                self._sink.produce(outputs)
                self._sink.commit()
            except TransactionAborted:
                self._sink.abort()
            else:
                return
        raise TooManyAborts(f"no change of a request could be written in {ABORTS_MAX} attempts")
