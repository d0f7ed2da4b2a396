"""What a group has committed: asked for, waited for, and written, in a member's name."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from broker.errors import TransactionAborted
from broker.kafka.connection import Connection
from broker.kafka.faults import UNKNOWN_TOPIC, Use, error_of, member_fault, passes
from broker.kafka.group_consumer import GroupConsumer
from broker.kafka.watch import LOG
from broker.lives import Committed
from broker.ports import Life, Partition
from broker.positions import PositionStore
from schemas.errors import BrokerError

ANSWER_S_MAX: Final = 2.0
RETRY_S: Final = 0.05


@dataclass(frozen=True)
class Membership:
    """What `Sink.send_offsets` needs of a source."""

    offsets: GroupOffsets | None
    """None where nobody consumes (`broker.kafka.bookmark`)."""
    token: Any
    """The group's, opaque."""
    positions: PositionStore | None = None
    """What takes the offsets where the group is at another cluster."""
    starts: Mapping[Partition, int] = field(default_factory=dict)
    """Where the poll began."""
    lives: Mapping[Partition, Life] = field(default_factory=dict)
    """Written beside the offsets: those of another life are not believed."""
    name: str = ""
    """The group's, where nobody has read in it before."""


class GroupOffsets:
    """The committed offsets of one consumer's group. worker: its name, for what is raised."""

    def __init__(
        self, member: GroupConsumer, connection: Connection, worker: str | None, use: Use
    ) -> None:
        self._member = member
        self._connection = connection
        self._worker = worker
        self._use = use

    def read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed] | None:
        """Each partition's committed offset and life.

        None where that is not known now: Kafka is away, or a transaction over them is open.
        Raises MembershipOver where the group has fenced us.
        """
        asked = [TopicPartition(each.topic, each.number) for each in partitions]
        found = self._asked(lambda: self._member.client.committed(asked, ANSWER_S_MAX))
        if found is None or any(each.error for each in found):
            return None
        return {
            Partition(each.topic, each.partition): Committed(each.offset, each.metadata or "")
            for each in found
        }

    def await_read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
        """As `read`, once it is known. Raises KafkaUnavailable when patience is over."""
        wanted = tuple(partitions)
        deadline_s = time.monotonic() + self._connection.patience_s
        while (known := self.read(wanted)) is None:
            self._connection.require_time(deadline_s)
        return known

    def commit(self, offsets: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Commit them outside any transaction.

        Raises MembershipOver where the group has fenced us, TransactionAborted where it does not
        have us as a member now, KafkaUnavailable when patience is over.
        """
        deadline_s = time.monotonic() + self._connection.patience_s
        while (error := self._commit_once(placed(offsets, lives))) is not None:
            self._judge(error)
            if not passes(error):
                raise TransactionAborted(f"the group does not take our offsets: {error.str()}")
            self._connection.require_time(deadline_s)
            time.sleep(RETRY_S)

    def confirm(self, offsets: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Ask the group whether we are its member, by offsets that it may have; raises as `commit`.

        Of a group that keeps its offsets itself, what is committed is committed again.
        """
        GroupOffsets.commit(self, offsets, lives)

    def take(self, _: Collection[Partition]) -> bool:
        """Have what is assigned be ours alone; whether that is so: the group sees to it."""
        return True

    def release(self, _: Collection[Partition]) -> BrokerError | None:
        """They are given back in order; what goes wrong so that nobody may go on."""
        return None

    def show(self, offsets: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """They are committed, wherever that is."""

    def token(self, consumer: Consumer) -> Membership:
        """What `Sink.send_offsets` needs of the present membership."""
        return Membership(self, consumer.consumer_group_metadata())

    def ends(self, partition: Partition) -> tuple[int, int] | None:
        """The first offset that a partition holds and the one after its last, where known."""
        asked = TopicPartition(partition.topic, partition.number)
        found = self._asked(
            lambda: self._member.client.get_watermark_offsets(asked, timeout=ANSWER_S_MAX)
        )
        return None if found is None else (int(found[0]), int(found[1]))

    def all_ends(self, partitions: Iterable[Partition]) -> dict[Partition, int] | None:
        """The offset after the last committed message of each partition; None: not known now."""
        found: dict[Partition, int] = {}
        for partition in partitions:
            ends = self.ends(partition)
            if ends is None:
                return None
            found[partition] = ends[1]
        return found

    def known_ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Where each partition ends, of those of which the client knows; asks nobody."""
        found = {}
        for partition in partitions:
            asked = TopicPartition(partition.topic, partition.number)
            _, end = self._member.client.get_watermark_offsets(asked, cached=True)
            if end >= 0:
                found[partition] = int(end)
        return found

    def moved_ends(
        self, starts: Mapping[Partition, int], positions: Mapping[Partition, int]
    ) -> dict[Partition, int]:
        """Of the partitions that moved, where each ends, at least."""
        moved = {each: at for each, at in positions.items() if at != starts.get(each)}
        return {**moved, **self.known_ends(moved)}

    def at_time(self, partitions: Iterable[Partition], unix_ms: int) -> dict[Partition, int] | None:
        """The first offset of each partition at or after that time, its end where none is.

        None where that is not known now.
        """
        asked = [TopicPartition(each.topic, each.number, unix_ms) for each in partitions]
        found = self._asked(
            lambda: self._member.client.offsets_for_times(asked, timeout=ANSWER_S_MAX)
        )
        if found is None:
            return None
        offsets = {Partition(each.topic, each.partition): each.offset for each in found}
        for partition in (each for each, offset in offsets.items() if offset < 0):
            ends = self.ends(partition)
            if ends is None:
                return None
            offsets[partition] = ends[1]
        return offsets

    def partitions(self, topic: str) -> int | None:
        """How many a topic has, where that is known now."""
        listed = self._asked(lambda: self._member.client.list_topics(topic, timeout=ANSWER_S_MAX))
        known = listed.topics[topic] if listed else None
        return None if known is None or known.error is not None else len(known.partitions)

    def topics(self, timeout_s: float = ANSWER_S_MAX) -> dict[str, int] | None:
        """How many partitions each topic has, Kafka's own apart; None: not known now."""
        listed = self._asked(lambda: self._member.client.list_topics(timeout=timeout_s))
        if listed is None:
            return None
        return {
            name: len(each.partitions)
            for name, each in listed.topics.items()
            if each.error is None and not name.startswith("__")
        }

    def _asked(self, question: Callable[[], Any]) -> Any:  # noqa: ANN401 - what it gives
        """The client's answer; None where there is none now. Raises as `read` does.

        A question names no client: what is raised would keep it, and its end would not be ours.
        """
        try:
            return question()
        except KafkaException as raised:
            self._judge(error_of(raised))
            return None

    def _commit_once(self, offsets: list[TopicPartition]) -> KafkaError | None:
        # A client that gave its session up would be taken for a namesake of itself.
        if not self._member.member_id:
            return KafkaError(KafkaError.UNKNOWN_MEMBER_ID)
        try:
            answers = self._member.client.commit(offsets=offsets, asynchronous=False)
        except KafkaException as raised:
            errors = [error_of(raised)]
        else:
            errors = [answer.error for answer in answers if answer.error]
        # What was read of a topic that is deleted since is of no use to anybody.
        return next((error for error in errors if error.code() not in UNKNOWN_TOPIC), None)

    def _judge(self, error: KafkaError) -> None:
        fault = member_fault(error, self._worker, self._use)
        if fault is not None:
            raise fault
        LOG.debug("offsets of worker %r: %s", self._worker, error)


def placed(
    offsets: Mapping[Partition, int], lives: Mapping[Partition, Life] | None = None
) -> list[TopicPartition]:
    """Offsets as the client wants them; to be committed, with the lives that they are of."""
    known = lives or {}
    return [
        TopicPartition(each.topic, each.number, at, known.get(each, Life()).name)
        for each, at in offsets.items()
    ]
