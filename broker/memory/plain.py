"""Plain delivery in the twin: for Kafkas without transactions, at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from broker.memory.cluster import MESSAGE_BYTES_MAX, MemoryKafka
from broker.memory.group import Membership
from broker.memory.sink import require_size
from broker.ports import Output, Partition


class PlainMemorySink:
    """A `Sink` whose messages are seen at once, and whose offsets are committed after them."""

    def __init__(
        self, kafka: MemoryKafka, *, name: str, bytes_max: int = MESSAGE_BYTES_MAX
    ) -> None:
        self._kafka = kafka
        self._name = name
        self._bytes_max = bytes_max
        self._offsets: Mapping[Partition, int] = {}
        self._group: Membership | None = None

    def rebuild(self) -> None:
        """Nothing to take: there is no transactional id."""
        self._kafka.faults.strike("rebuild", self._name)
        self._offsets, self._group = {}, None

    def begin(self) -> None:
        self._kafka.faults.strike("begin", self._name)

    def produce(self, outputs: Sequence[Output]) -> None:
        """Write messages that everyone sees. Raises OutputTooLarge at the first too large."""
        self._kafka.faults.strike("produce", self._name)
        for output in outputs:
            require_size(output, self._bytes_max)
            self._kafka.publish(**output._asdict())

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Keep the offsets for `commit`."""
        self._kafka.faults.strike("send_offsets", self._name)
        assert isinstance(group, Membership), "the token is that of MemorySource.group"
        self._offsets, self._group = offsets, group

    def commit(self) -> None:
        """Commit the offsets. Raises TransactionAborted, MembershipOver as a group's member."""
        self._kafka.tick()
        self._kafka.faults.strike("commit", self._name)
        if self._group is not None:
            self._kafka.group(self._group.group).require(self._group)
            self._kafka.committed[self._group.group].update(self._group.committed(self._offsets))
        self._offsets, self._group = {}, None

    def abort(self) -> None:
        """Forget the offsets; what was written stays."""
        self._kafka.faults.strike("abort", self._name)
        self._offsets, self._group = {}, None

    def bytes_max(self, topic: str) -> int:
        return min(self._bytes_max, self._kafka.topic_bytes_max(topic))

    def close(self) -> None:
        """Nothing is held."""

    def kill(self) -> None:
        """As `kill -9` does: nothing is held, so nothing is left open."""
