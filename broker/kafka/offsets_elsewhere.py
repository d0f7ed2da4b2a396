"""What a group has committed at another cluster than its own (broker/positions.py)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from confluent_kafka import Consumer, KafkaException

from broker.errors import ProducerFenced, TransactionAborted
from broker.kafka.connection import Connection
from broker.kafka.faults import Use
from broker.kafka.group_consumer import GroupConsumer
from broker.kafka.offsets import RETRY_S, GroupOffsets, Membership, placed
from broker.kafka.watch import LOG
from broker.lives import Committed
from broker.ports import Life, Partition
from broker.positions import PositionStore
from schemas.errors import BrokerError


class OffsetsElsewhere(GroupOffsets):
    """Offsets that stand in `positions`; what else a group's Kafka knows, it is asked for."""

    def __init__(
        self,
        member: GroupConsumer,
        connection: Connection,
        worker: str | None,
        use: Use,
        positions: PositionStore,
        *,
        shown: bool,
    ) -> None:
        """`shown`: whether the group's own Kafka is told of them, too."""
        super().__init__(member, connection, worker, use)
        self._positions = positions
        self._shown = shown

    def read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed] | None:
        """Each partition's position and life."""
        return self._positions.read(partitions)

    def await_read(self, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
        """The positions of partitions that are assigned, once they are ours alone."""
        wanted = tuple(partitions)
        deadline_s = time.monotonic() + self._connection.patience_s
        while not self.take(wanted):
            self._connection.require_time(deadline_s)
            time.sleep(RETRY_S)
        return self._positions.read(wanted)

    def commit(self, offsets: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Write them in a transaction of their own. Raises TransactionAborted: try again."""
        try:
            self._positions.commit(offsets, lives)
        except ProducerFenced as error:
            self._begin_again(tuple(offsets))
            raise TransactionAborted(str(error)) from error

    def take(self, partitions: Collection[Partition]) -> bool:
        """Have them be ours alone (`Positions.take`); whether that is so now.

        Raises MembershipOver where the group has fenced us, TransactionAborted where it does not
        have us as a member now.
        """
        try:
            return self._positions.take(partitions)
        except TransactionAborted:
            LOG.debug("worker %r: a claim was not written; it is tried again", self._worker)
        except ProducerFenced:
            self._begin_again(partitions)
        return False

    def release(self, partitions: Collection[Partition]) -> BrokerError | None:
        """Say that they are ours no longer; where that fails, whoever gets them fences us.

        What it gives is to end us: a transaction of ours may be open that nobody would end.
        """
        try:
            self._positions.release(partitions)
        except (TransactionAborted, ProducerFenced) as error:
            LOG.debug("worker %r: what it gives back stays claimed: %s", self._worker, error)
        except BrokerError as error:
            return error
        return None

    def token(self, consumer: Consumer) -> Membership:
        """With what takes the positions."""
        return replace(super().token(consumer), positions=self._positions)

    def show(self, offsets: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """Commit them at the group's own Kafka, too, for who watches lag there: nobody waits."""
        if self._shown and offsets and self._member.member_id:
            try:
                self._member.client.commit(offsets=placed(offsets, lives), asynchronous=True)
            except KafkaException as raised:
                LOG.debug("offsets of worker %r are not shown: %s", self._worker, raised)

    def _begin_again(self, partitions: Collection[Partition]) -> None:
        """A new epoch, once the group says that no other process has our name."""
        known = self._positions.read(partitions)
        self.confirm({each: max(0, at.offset) for each, at in known.items()}, {})
        self._positions.rebuild()


def offsets_of(
    member: GroupConsumer,
    connection: Connection,
    worker: str | None,
    use: Use,
    positions: PositionStore | None,
    *,
    shown: bool,
) -> GroupOffsets:
    """A group's, where it keeps them: itself, or in `positions`."""
    if positions is None:
        return GroupOffsets(member, connection, worker, use)
    return OffsetsElsewhere(member, connection, worker, use, positions, shown=shown)
