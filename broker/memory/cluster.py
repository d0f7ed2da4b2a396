"""The server's side of the twin: topics, groups, and the coordinator of transactions."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from broker.balance import Seen
from broker.errors import OutputTooLarge, TopicMissing
from broker.lives import Committed
from broker.memory.faults import Fault, Faults
from broker.memory.group import Group
from broker.memory.log import Log, State, Transaction, end_transaction
from broker.ports import Clock, Headers, Message, Partition, PartitionLife, size_bytes

SESSION_S = 10.0
"""After so long without a heartbeat a member is dropped."""

MESSAGE_BYTES_MAX = 1_000_000
"""What a topic accepts unless it was created with another limit."""


@dataclass
class Topic:
    """A topic's partitions, the largest message it accepts, and its id, which never returns."""

    logs: list[Log]
    bytes_max: int
    id: str


class MemoryKafka:
    """A Kafka of one server, without threads: it lives when a client calls or `tick` does."""

    def __init__(
        self,
        clock: Clock,
        *,
        faults: Iterable[Fault] = (),
        session_s: float = SESSION_S,
        topic_ids: bool = True,
    ) -> None:
        """No topics yet. topic_ids: whether clients are told them (Kafka 2.8 and later does)."""
        self.clock = clock
        self.faults = Faults(faults)
        self.committed: dict[str, dict[Partition, Committed]] = defaultdict(dict)
        """The committed offsets, by group; those of a deleted topic go with it."""
        self._topic_ids = topic_ids
        self._created = count()
        self._session_s = session_s
        self._topics: dict[str, Topic] = {}
        self._groups: dict[str, Group] = {}
        self._epochs: dict[str, int] = {}
        self._open: dict[str, Transaction] = {}
        self._unkeyed = 0

    def create_topic(
        self, name: str, *, partitions: int = 1, bytes_max: int = MESSAGE_BYTES_MAX
    ) -> None:
        """A new topic; groups that wait for it are rebalanced."""
        self._create(name, partitions, bytes_max)
        for group in self._groups.values():
            group.rebalance()

    def add_partitions(self, topic: str, partitions: int) -> None:
        """Give a topic more, up to that many; its groups are rebalanced."""
        logs = self._topic(topic).logs
        logs += [Log(Partition(topic, number)) for number in range(len(logs), partitions)]
        for group in self._groups.values():
            group.rebalance()

    def delete_topic(self, name: str) -> None:
        """It is gone, with its messages and what groups have committed of it."""
        del self._topics[name]
        for offsets in self.committed.values():
            for partition in [each for each in offsets if each.topic == name]:
                del offsets[partition]

    def remake_topic(self, name: str, *, partitions: int = 1) -> None:
        """Delete it and make it anew in one breath: no client is told."""
        bytes_max = self.topic_bytes_max(name)
        self.delete_topic(name)
        self._create(name, partitions, bytes_max)

    def topic_id(self, name: str) -> str | None:
        """Its id, empty where clients are not told; None where there is no such topic."""
        if name not in self._topics:
            return None
        return self._topics[name].id if self._topic_ids else ""

    def holds(self, partition: Partition) -> bool:
        topic = self._topics.get(partition.topic)
        return topic is not None and partition.number < len(topic.logs)

    @property
    def topics(self) -> list[str]:
        return list(self._topics)

    def limit(self, topic: str, bytes_max: int) -> None:
        """Change the largest message that a topic accepts."""
        self._topic(topic).bytes_max = bytes_max

    def topic_bytes_max(self, topic: str) -> int:
        """The largest message (key, value and headers) that a topic accepts."""
        return self._topic(topic).bytes_max

    def publish(
        self,
        topic: str,
        value: bytes,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        transaction: Transaction | None = None,
        headers: Headers = (),
        partition_key: bytes | None = None,
    ) -> Message:
        """Append one message. Raises OutputTooLarge, TopicMissing."""
        target = self._topic(topic)
        size = size_bytes(key, value, headers)
        if size > target.bytes_max:
            raise OutputTooLarge(
                f"a message of {size} bytes for topic {topic}, which accepts {target.bytes_max};"
                " raise the topic's max.message.bytes"
            )
        if partition is None:
            partition = self._partition(partition_key or key, len(target.logs))
        now_ms = int(self.clock.now_s() * 1e3) if timestamp_ms is None else timestamp_ms
        return target.logs[partition].append(key, value, now_ms, transaction, headers)

    def read(self, topic: str) -> list[Message]:
        """What a read_committed reader finds, partition after partition."""
        everything = 2**62
        return [
            message
            for log in self._topic(topic).logs
            for message in log.read(log.start, everything, everything).messages
        ]

    def forget(self, partition: Partition, *, before: int) -> None:
        """Retention: drop a partition's records below an offset."""
        self.log(partition).forget(before)

    def log(self, partition: Partition) -> Log:
        return self._topic(partition.topic).logs[partition.number]

    def partitions(self, topic: str) -> int:
        return len(self._topic(topic).logs)

    def sizes(self) -> dict[str, int]:
        """How many partitions each topic has."""
        return {name: len(topic.logs) for name, topic in self._topics.items()}

    def group(self, name: str) -> Group:
        """The group of that name, made when first asked for."""
        return self._groups.setdefault(name, Group(name, self._session_s))

    def restart(self) -> None:
        """It is killed and comes back: coordinators know what they had written down."""
        for group in self._groups.values():
            group.restart()

    def pending(self, group: str, partition: Partition) -> bool:
        """Whether an open transaction holds an offset of the partition."""
        return any(partition in each.offsets.get(group, ()) for each in self._open.values())

    def tick(self) -> None:
        """Do what is due: transactions and sessions that ran out, rebalances to complete."""
        now_s = self.clock.monotonic_s()
        for name, transaction in list(self._open.items()):
            if now_s >= transaction.deadline_s:
                self.claim(name)
        partitions = {name: [log.partition for log in t.logs] for name, t in self._topics.items()}
        for group in self._groups.values():
            group.tick(now_s, partitions)

    def claim(self, name: str) -> int:
        """A transactional id's new epoch: what is open is aborted, earlier holders are fenced."""
        if name in self._open:
            self.end(name, State.ABORTED)
        self._epochs[name] = self._epochs.get(name, -1) + 1
        return self._epochs[name]

    def epoch(self, name: str) -> int:
        """The epoch that may write now."""
        return self._epochs[name]

    def open(self, name: str, timeout_s: float) -> Transaction:
        """Open the one transaction of a transactional id."""
        assert name not in self._open, f"{name} has a transaction open"
        self._open[name] = Transaction(self.clock.monotonic_s() + timeout_s)
        return self._open[name]

    def end(self, name: str, state: State) -> None:
        """Commit or abort what the id has open."""
        end_transaction(self._open.pop(name), state, self.committed)

    def _create(self, name: str, partitions: int, bytes_max: int) -> None:
        assert name not in self._topics, f"topic {name} exists"
        logs = [Log(Partition(name, number)) for number in range(partitions)]
        self._topics[name] = Topic(logs, bytes_max, f"id-{next(self._created)}")

    def _topic(self, name: str) -> Topic:
        if name not in self._topics:
            raise TopicMissing(f"topic {name} does not exist; create it")
        return self._topics[name]

    def _partition(self, key: bytes | None, partitions: int) -> int:
        """Equal keys meet in one partition; messages without one take turns."""
        if key is not None:
            return zlib.crc32(key) % partitions
        self._unkeyed += 1
        return self._unkeyed % partitions

    def visible(self, where: PartitionLife, offsets: Sequence[tuple[int, int]]) -> Seen | None:
        """What a read_committed reader finds within some ranges.

        None where the topic is in another life now.
        """
        partition = Partition(where.topic, where.number)
        is_another = where.life and self.topic_id(where.topic) not in ("", where.life)
        if is_another or not self.holds(partition):
            return None
        log = self.log(partition)
        left = [(max(start, log.start), end) for start, end in offsets if end > log.start]
        found = [
            message.offset
            for start, end in left
            for message in log.read(start, end - start, 2**62).messages
            if message.offset < end
        ]
        return Seen(found, log.start)
