"""One transaction after another that sends a part of a source and says how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from broker.errors import ProducerFenced, TransactionAborted
from broker.ports import Output, Partition, Sink
from schemas.errors import BrokerError

ATTEMPTS_MAX: Final = 5
"""How often a transaction that Kafka aborted is tried again."""


class Bookmark(Protocol):
    """How much of a source is on the topic, written in the transactions that sent it."""

    group: object
    """For `Sink.send_offsets`."""

    def offsets(self, taken: int) -> Mapping[Partition, int]:
        """What says that so many were taken from the source."""
        ...

    def read(self) -> int:
        """How many were; 0 where nothing was said."""
        ...


class MarkedPublisher:
    """Transactions of one sender; with a bookmark, each moves it."""

    def __init__(self, sink: Sink, bookmark: Bookmark | None) -> None:
        self._sink = sink
        self._bookmark = bookmark

    def publish(self, outputs: Sequence[Output], begin: int, end: int) -> None:
        """One transaction, by which the bookmark moves from one place to another.

        Again where Kafka gives it up; raises BrokerError after ATTEMPTS_MAX times, and where
        another sender moved the bookmark.
        """
        for _ in range(ATTEMPTS_MAX):
            try:
                self._once(outputs, end)
            except TransactionAborted as error:
                last: BrokerError = error
                self._sink.abort()
            except ProducerFenced as error:
                last = error
                self._sink.rebuild()
                if self._was_committed(begin, end):
                    return
            else:
                return
        raise BrokerError(f"Kafka aborted a transaction {ATTEMPTS_MAX} times: {last}") from last

    def _once(self, outputs: Sequence[Output], end: int) -> None:
        self._sink.begin()
        self._sink.produce(outputs)
        if self._bookmark is not None:
            self._sink.send_offsets(self._bookmark.offsets(end), self._bookmark.group)
        self._sink.commit()

    def _was_committed(self, begin: int, end: int) -> bool:
        """Whether the transaction whose answer was lost was committed after all."""
        if self._bookmark is None:
            return False
        if (found := self._bookmark.read()) not in (begin, end):
            raise BrokerError(
                f"another replay of the same source to the same topic began and sent up to packet"
                f" {found}, so this one ends"
            )
        return found == end
