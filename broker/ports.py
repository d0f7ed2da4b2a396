"""What the engine needs of a Kafka: small protocols, so that a twin in memory can stand in.

Each implementation passes the same behaviour suite (tests/broker/behaviours.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int


class Message(NamedTuple):
    """One consumed message. `timestamp_ms` is Kafka's, in ms since 1970, -1 where absent."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes


class Output(NamedTuple):
    """One message to publish. Equal keys go to one partition."""

    topic: str
    key: bytes | None
    value: bytes


class Clock(Protocol):
    """Time, passed in."""

    def now_s(self) -> float:
        """UTC seconds since 1970."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from any zero; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after that long."""
        ...


class Source(Protocol):
    """The consuming side of one group member. Not thread-safe; one loop owns it.

    A rebalance happens inside `poll` only. After one, positions are the committed offsets of
    what is now assigned, and nothing polled before it may be committed (`Sink.commit` fails).
    """

    def poll(self, *, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        """Wait for the first message, then take what is there already, up to both bounds.

        At least one message is returned however large it is; empty after `timeout_s`.
        Raises MemberFenced where another live process has this member's name, OffsetGap where
        the position was forgotten by the topic's retention, KafkaUnavailable after the
        configured patience.
        """
        ...

    def starts(self) -> Mapping[Partition, int]:
        """Where each assigned partition stood before the last poll: the last commit's end."""
        ...

    def positions(self) -> Mapping[Partition, int]:
        """The next offset of each assigned partition, control records passed over."""
        ...

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Go back to these offsets; what was prefetched is forgotten. Needed after an abort."""
        ...

    def lag(self) -> Mapping[Partition, int]:
        """Messages behind the end of each assigned partition, from what the client knows."""
        ...

    def group(self) -> object:
        """A token of the present membership, for `Sink.send_offsets`."""
        ...

    def close(self) -> None:
        """Leave the group, or keep the static membership for a restart. Idempotent."""
        ...


class Sink(Protocol):
    """The publishing side: one transaction at a time (or plain delivery, where set).

    Raises TransactionAborted (abort, seek back, try again), ProducerFenced (`rebuild`, seek
    back, try again), OutputTooLarge (from `produce`), KafkaUnavailable.
    """

    def begin(self) -> None:
        """Open a transaction."""
        ...

    def produce(self, outputs: Sequence[Output]) -> None:
        """Queue messages within the open transaction; blocks while the queue is full."""
        ...

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Put the consumed offsets (next to read) into the open transaction."""
        ...

    def commit(self) -> None:
        """Everything since `begin`, or nothing, becomes visible to read_committed readers."""
        ...

    def abort(self) -> None:
        """Give up everything since `begin`."""
        ...

    def rebuild(self) -> None:
        """A new producer of the same transactional id, after this one was fenced."""
        ...

    def bytes_max(self, topic: str) -> int:
        """The largest message (value plus key, bytes) that client and topic both accept."""
        ...

    def close(self) -> None:
        """Flush and let go. Idempotent."""
        ...
