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


Headers = tuple[tuple[str, bytes], ...]
"""A message's headers, in order; names may come twice."""

HEADER_BYTES_MAX = 10
"""What Kafka adds to a header's name and value: their two lengths."""


class Life(NamedTuple):
    """Which of the topics that bear one name in turn, each deleted before the next is made.

    `name` is Kafka's topic id, or a number where it has none; empty where that is not known.
    Until the first commit in this life: `before` is the name of the one that the reader read before
    it, and `before_end` where the partition is known to have ended in that, at least.
    """

    name: str = ""
    before: str = ""
    before_end: int = 0


class PartitionLife(NamedTuple):
    """One partition in one life of its topic, by its `Life.name`.

    cluster: the id of its Kafka, where that is another than the ledger's.
    """

    topic: str
    number: int
    life: str = ""
    cluster: str = ""

    @property
    def without_life(self) -> PartitionLife:
        """What all topics of that name share."""
        return self._replace(life="")


class Message(NamedTuple):
    """One consumed message. `timestamp_ms` is Kafka's, in ms since 1970, -1 where absent."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes
    headers: Headers = ()


class Output(NamedTuple):
    """One message to publish. Equal keys go to one partition."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers = ()
    partition_key: bytes | None = None
    """Chooses the partition in place of the key, where that is not what order is kept by."""

    @property
    def size_bytes(self) -> int:
        """What a topic's limit is held against."""
        return size_bytes(self.key, self.value, self.headers)


def size_bytes(key: bytes | None, value: bytes, headers: Headers) -> int:
    """Key, value and headers together."""
    return len(value) + len(key or b"") + _headers_bytes(headers)


def header_bytes(name: str, value: bytes) -> int:
    """What one header adds to that."""
    return len(name.encode()) + len(value) + HEADER_BYTES_MAX


def _headers_bytes(headers: Headers) -> int:
    # Not by `header_bytes`: each record's are others, and calls would double what this takes.
    names_and_values = sum([len(name.encode()) + len(held) for name, held in headers])
    return names_and_values + HEADER_BYTES_MAX * len(headers)


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

    def join(self) -> None:
        """Return once the group has this process as a member (no partition need be assigned).

        Returns too where no topic exists yet: `poll` joins when one appears.

        Called once, before the sink takes its transactional id (`Sink.rebuild`): of two live
        processes with one name the older is then fenced as a member before its producer is, and
        knows not to fence back. Raises KafkaUnavailable after the configured patience.
        """
        ...

    def confirm_member(self) -> None:
        """Ask the group itself; raises MemberFenced where another live process has the name.

        A member that the group has dropped enters it again first.
        """
        ...

    def starts(self) -> Mapping[Partition, int]:
        """Where each assigned partition stood when the last poll with messages began.

        An empty poll moves nothing here, so a start is always the last commit's end, the
        committed offset at assignment, or the last seek.
        """
        ...

    def positions(self) -> Mapping[Partition, int]:
        """The next offset of each assigned partition, control records passed over."""
        ...

    def committed(self) -> Mapping[Partition, int]:
        """The group's committed offset of each assigned partition that has one, in this life.

        Waits for offsets that are pending in a transaction.
        """
        ...

    def lives(self) -> Mapping[Partition, Life]:
        """The life of its topic in which each assigned partition is read."""
        ...

    def confirm_lives(self) -> None:
        """To be called after a poll with messages, before anything is made of them that lasts.

        Raises TopicRemade where a topic of them is no longer, for certain, the one that was read:
        they may be of two topics, and must be given back (`seek` to `starts`). The next polls
        read a topic that was made anew from its first offset.
        """
        ...

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Go back to these offsets; what was prefetched is forgotten. Needed after an abort."""
        ...

    def lag(self) -> Mapping[Partition, int]:
        """Messages behind the end of each assigned partition, from what the client knows."""
        ...

    def ends(self) -> Mapping[Partition, int] | None:
        """Where what is committed ends in each assigned partition, asked now; None: not known."""
        ...

    def group(self) -> object:
        """A token of the present membership, for `Sink.send_offsets`."""
        ...

    def close(self) -> None:
        """Leave the group, or keep the static membership for a restart. Idempotent."""
        ...


class Sink(Protocol):
    """The publishing side: one transaction at a time (or plain delivery, where set).

    Any method may raise TransactionAborted (nothing was committed: abort, seek back, try again),
    ProducerFenced (`rebuild`, go back to what is committed, try again) or KafkaUnavailable: what
    was open is so still, and `abort` may be tried again. `produce` raises OutputTooLarge too,
    `send_offsets` and `commit` MembershipOver: as TransactionAborted, and `Source.confirm_member`
    is to say whose the name is.

    With plain delivery (at-least-once) the same calls are made: `begin` opens nothing, `commit`
    flushes and then commits the offsets for the group; what was flushed before a failure may be
    published twice.
    """

    def begin(self) -> None:
        """Open a transaction."""
        ...

    def produce(self, outputs: Sequence[Output]) -> None:
        """Queue messages within the open transaction; blocks while the queue is full."""
        ...

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Put the consumed offsets (next to read) into the open transaction.

        group: `Source.group` of the poll that they are of.
        """
        ...

    def commit(self) -> None:
        """Everything since `begin`, or nothing, becomes visible to read_committed readers."""
        ...

    def abort(self) -> None:
        """Give up everything since `begin`; nothing to do where nothing is open."""
        ...

    def rebuild(self) -> None:
        """A new producer of the same transactional id; needed before the first `begin` too.

        Whatever an earlier holder of the id left open is ended, and that holder is fenced. Never
        called but by a member of the group (`Source.join`, `Source.confirm_member`).
        """
        ...

    def bytes_max(self, topic: str) -> int:
        """The largest message (key, value and headers, bytes) that client and topic both accept.

        Asked for every batch, so it is cached; an aborted transaction empties the cache.
        """
        ...

    def close(self) -> None:
        """Abort what is open, flush and let go. Idempotent."""
        ...


class ControlTopic(Protocol):
    """A compacted topic of one partition, which everyone reads whole. Not thread-safe.

    Its reader is in no group and commits nothing; it sees committed messages only. A message
    whose key was deleted comes with an empty value.
    """

    def new(self) -> list[Message]:
        """What was written since last asked, in order; never waits.

        Raises KafkaUnavailable or TopicMissing; it may be asked again, and loses nothing.
        """
        ...

    def present(self) -> list[Message]:
        """As `new`, once all that was written before this call is there.

        Raises KafkaUnavailable after the configured patience, TopicMissing.
        """
        ...

    def complete(self) -> list[Message]:
        """As `present`, and no transaction is open any more that had begun to write before."""
        ...

    def write(self, key: bytes, value: bytes) -> int:
        """Write a message; its offset, once Kafka has it.

        Raises KafkaUnavailable after a few seconds, TopicMissing. A message that Kafka did not
        confirm may have been written all the same.
        """
        ...

    def close(self) -> None:
        """Let go. Idempotent."""
        ...
