"""The log of one partition: data, control records, and what a reader may see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from broker.errors import OffsetGap
from broker.lives import Committed
from broker.ports import Headers, Message, Partition


class State(Enum):
    """How a transaction stands."""

    OPEN = auto()
    COMMITTED = auto()
    ABORTED = auto()


@dataclass(eq=False)
class Transaction:
    """What one producer has written since `begin`, and the offsets it would commit."""

    deadline_s: float
    """On the clock's monotonic scale; past it the coordinator aborts."""
    state: State = State.OPEN
    logs: set[Log] = field(default_factory=set)
    offsets: dict[str, dict[Partition, Committed]] = field(default_factory=dict)
    """By group."""


class Record(NamedTuple):
    """One offset: a message, or (None) the control record that ended a transaction."""

    message: Message | None
    transaction: Transaction | None

    def visible(self) -> bool:
        """Whether it is a message for a read_committed reader (below the stable end)."""
        aborted = self.transaction is not None and self.transaction.state is State.ABORTED
        return self.message is not None and not aborted


class Fetched(NamedTuple):
    """What a read found, and where the next one starts."""

    messages: list[Message]
    position: int


class Log:
    """One partition's records; `start` grows as retention forgets."""

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.start = 0
        self._records: list[Record] = []
        self._open: dict[Transaction, int] = {}

    @property
    def end(self) -> int:
        return self.start + len(self._records)

    @property
    def stable_end(self) -> int:
        """Where a read_committed reader stops: the first offset of an open transaction."""
        return min(self._open.values(), default=self.end)

    def append(
        self,
        key: bytes | None,
        value: bytes,
        timestamp_ms: int,
        transaction: Transaction | None,
        headers: Headers = (),
    ) -> Message:
        """Write one message, within a transaction or plainly."""
        message = Message(*self.partition, self.end, timestamp_ms, key, value, headers)
        if transaction is not None:
            self._open.setdefault(transaction, self.end)
            transaction.logs.add(self)
        self._records.append(Record(message, transaction))
        return message

    def mark_end(self, transaction: Transaction) -> None:
        """Write the control record of a transaction that has ended."""
        del self._open[transaction]
        self._records.append(Record(None, transaction))

    def forget(self, before: int) -> None:
        """Retention: drop the records below an offset."""
        assert self.start <= before <= self.end, "only what is there can be forgotten"
        del self._records[: before - self.start]
        self.start = before

    def at_time(self, unix_ms: int) -> int:
        """The first offset whose message has that timestamp or a later one; the end if none."""
        messages = (record.message for record in self._records if record.message is not None)
        found = (each.offset for each in messages if each.timestamp_ms >= unix_ms)
        return next(found, self.end)

    def read(self, position: int, messages_max: int, bytes_max: int) -> Fetched:
        """Committed messages from a position on; at least one, if there is one, of any size.

        Raises OffsetGap where the position was forgotten, or is past the end.
        """
        self._require(position)
        messages: list[Message] = []
        size = 0
        while position < self.stable_end and len(messages) < messages_max:
            record = self._records[position - self.start]
            if record.visible():
                assert record.message is not None
                size += len(record.message.value)
                if messages and size > bytes_max:
                    break
                messages.append(record.message)
            position += 1
        return Fetched(messages, position)

    def _require(self, position: int) -> None:
        if not self.start <= position <= self.end:
            topic, number = self.partition
            raise OffsetGap(
                f"{topic}/{number}: offset {position} is gone, the topic holds {self.start} to"
                f" {self.end}; alerts may be lost, raise the topic's retention"
            )


def end_transaction(
    transaction: Transaction, state: State, committed: Mapping[str, dict[Partition, Committed]]
) -> None:
    """Commit or abort; `committed` are the offsets of each group."""
    assert transaction.state is State.OPEN, "a transaction ends once"
    transaction.state = state
    for log in transaction.logs:
        log.mark_end(transaction)
    if state is State.COMMITTED:
        for group, offsets in transaction.offsets.items():
            committed[group].update(offsets)
