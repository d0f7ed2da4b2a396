"""A member of a consumer group, as broker/ports.py wants it: positions are kept here, exactly.

librdkafka's own position stops before the control records of a transactional source and is
unknown until the first message; the ledger needs ranges that meet. So the committed offsets are
asked for when partitions are assigned, and counted on from there by messages and ends of
partitions.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from broker.errors import MembershipOver, TransactionAborted
from broker.kafka.connection import SESSION_TIMEOUT_MS, Connection, Start
from broker.kafka.coverage import Coverage
from broker.kafka.faults import UNKNOWN_TOPIC, Use, error_of, member_fault, offset_gap
from broker.kafka.group_consumer import GroupConsumer
from broker.kafka.lives import Lives
from broker.kafka.messages import is_fatal, message_of
from broker.kafka.namesakes import Namesakes
from broker.kafka.offsets import Membership, placed
from broker.kafka.offsets_elsewhere import offsets_of
from broker.kafka.placement import Placement
from broker.kafka.watch import LOG
from broker.lives import offsets_in_lives
from broker.ports import Life, Message, Partition
from broker.positions import PositionStore
from broker.rewind import Rewind
from schemas.errors import BrokerError

CHUNK_MESSAGES: Final = 64
# Assignments, signals and outages are looked at this often while nothing comes: librdkafka's
# wait goes on over a rebalance that it served, and the new partitions would wait with it.
WAIT_S_MAX: Final = 0.05


class KafkaSource:
    """A static group member that reads committed messages. See `broker.ports.Source`.

    Nothing is asked of Kafka before `join` or the first `poll`. A topic that does not exist yet
    is waited for. group: None for a reader that shares nothing and keeps its places itself, as long
    as it lives. worker: this member's name, stable over restarts; None for a reader without one.
    start: where a new group begins in what is there already; that offset is committed at once, so
    that a worker which dies before its first transaction skips nothing. What appears later, be it
    a topic or a partition, is read from its first offset (history.py). rewind: where partitions
    are read from again, whatever the group has committed. positions: where it commits, if the
    group is at another cluster than the sink. before_release: called before partitions are given
    back, and may hold that up; it asks nothing of this source.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        topics: Sequence[str],
        group: str | None,
        worker: str | None,
        start: Start = "earliest",
        rewind: Rewind | None = None,
        session_timeout_ms: int = SESSION_TIMEOUT_MS,
        positions: PositionStore | None = None,
        before_release: Callable[[], object] = lambda: None,
    ) -> None:
        self._connection = connection
        self._before_release = before_release
        self._elsewhere = positions
        self._topics = list(topics)
        self._worker = worker
        self._shared = group is not None
        self._placement = Placement(topics, start, rewind, durable=bool(group or positions))
        self._lives = Lives(connection)
        self._coverage = Coverage(topics, needed=worker is not None and connection.topic_ids)
        self._settings = connection.consumer(
            group=group or connection.lone_group(),
            worker=worker,
            session_timeout_ms=session_timeout_ms,
        )
        self._use = Use(connection.entered_as, "Read", tuple(topics), self._settings["group.id"])
        self._namesakes = Namesakes(connection, self._use.group, worker, session_timeout_ms / 1e3)
        self._unplaced: tuple[Partition, ...] = ()
        self._kept: deque[confluent_kafka.Message] = deque()
        self._starts: dict[Partition, int] = {}
        self._positions: dict[Partition, int] = {}
        self._took = False
        self._rebalances = 0
        self._membership: Membership | None = None
        self._fault: BrokerError | None = None
        self._may_release = False
        self._subscribe()

    def join(self) -> None:
        """Return once the group has us, or once Kafka says that there is no such topic yet."""
        deadline_s = time.monotonic() + self._connection.patience_s
        while self._membership is None and not self._placement.awaits:
            self._connection.require_time(deadline_s)
            self._have_client()
            self._next(WAIT_S_MAX)

    def confirm_member(self) -> None:
        """Ask the group itself, and enter it again where it dropped us. Raises MemberFenced."""
        if not self._positions:
            return self._namesakes.require_none(self._member.member_id)
        try:
            # What is committed already, committed again: it changes nothing.
            stands = self.committed() if self._elsewhere is None else self._starts
            self._offsets.confirm(stands, self.lives())
        except TransactionAborted:
            self._namesakes.require_none(self._member.member_id)
            self._enter_again()
            self.join()

    def poll(self, *, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        """Wait for the first message, then take what is there already, up to both bounds."""
        if self._took:
            self._starts = dict(self._positions)
            self._offsets.show(self._starts, self.lives())
        self._may_release = True
        try:
            taken = self._wait_first(timeout_s)
        finally:
            self._may_release = False
        rebalances = self._rebalances
        bytes_taken = sum(len(message.value) for message in taken)
        while taken and len(taken) < messages_max and (message := self._next(0)) is not None:
            bytes_taken += len(message.value() or b"")
            if bytes_taken > bytes_max:
                self._kept.appendleft(message)
                break
            taken.append(self._take(message))
        if rebalances != self._rebalances:
            taken.clear()  # whoever owns these partitions now reads them again
        self._took = bool(taken)
        if taken:
            self._lives.ask(self._offsets.moved_ends(self._starts, self._positions))
        return taken

    def starts(self) -> Mapping[Partition, int]:
        """Where each assigned partition stood when the last poll with messages began."""
        return dict(self._starts)

    def positions(self) -> Mapping[Partition, int]:
        """The next offset of each assigned partition, control records passed over."""
        return dict(self._positions)

    def committed(self) -> Mapping[Partition, int]:
        """The group's committed offset of each assigned partition; waits for pending ones."""
        found = self._offsets.await_read(self._positions) if self._positions else {}
        return offsets_in_lives(found, self.lives())

    def lives(self) -> Mapping[Partition, Life]:
        """The life of its topic in which each assigned partition is read."""
        return self._lives.memory.lives(self._starts)

    def confirm_lives(self) -> None:
        """Raises TopicRemade where what the last poll brought may be of two topics of one name."""
        self._lives.confirm()

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Go back to these offsets; what was prefetched is forgotten. Needed after an abort."""
        self._drop_prefetched()
        self._positions.update({p: at for p, at in positions.items() if p in self._positions})
        # Every partition, for the prefetched messages of the others went with the rest.
        self._consumer.assign(placed(self._positions))
        self._starts, self._took = dict(self._positions), False

    def lag(self) -> Mapping[Partition, int]:
        """Messages behind the end of each assigned partition, from what the client knows."""
        ends = self._offsets.known_ends(self._positions)
        return {each: max(0, end - self._positions[each]) for each, end in ends.items()}

    def ends(self) -> Mapping[Partition, int] | None:
        """Where what is committed ends in each assigned partition; None: not known now."""
        if self._membership is None or self._unplaced:
            return None
        return self._offsets.all_ends(self._positions)

    def group(self) -> Membership:
        """A token of the present membership, for `Sink.send_offsets`."""
        assert self._membership is not None, "no partition was ever assigned"
        return replace(self._membership, lives=self.lives(), starts=self.starts())

    def close(self) -> None:
        """End; a static member keeps its partitions until its session ends. Idempotent."""
        self._member.close()
        self._namesakes.close()
        self._lives.close()
        if self._elsewhere is not None:
            self._elsewhere.close()

    @property
    def _consumer(self) -> Consumer:
        return self._member.client

    def _subscribe(self) -> None:
        self._member = GroupConsumer(
            self._settings, self._topics, assigned=self._assigned, revoked=self._revoked
        )
        known = self._member, self._connection, self._worker, self._use
        self._offsets = offsets_of(*known, self._elsewhere, shown=self._shared)

    def _have_client(self) -> None:
        """One that is no member any more is replaced, if the name is still ours."""
        if self._member.is_lost and self._namesakes.are_none(self._member.member_id):
            self._enter_again()

    def _enter_again(self) -> None:
        """With a new client, for the group has dropped this one: `poll` finds what it gets."""
        LOG.info("worker %r enters the group again", self._worker)
        self._member.close()
        self._forget()
        self._kept.clear()
        self._lives.begin_client()
        self._membership = None
        self._subscribe()

    def _wait_first(self, timeout_s: float) -> list[Message]:
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._connection.watch.check_heard()
            if self._fault is not None:
                raise self._fault
            self._member.is_over |= self._lives.look({each.topic for each in self._positions})
            self._have_client()
            if self._coverage.is_lacking(self._positions, self._offsets):
                self._ask_again()
            self._place()
            left_s = max(0.0, deadline_s - time.monotonic())
            message = self._next(min(left_s, WAIT_S_MAX))
            if message is not None:
                return [self._take(message)]
            if left_s == 0.0:
                return []

    def _next(self, timeout_s: float) -> confluent_kafka.Message | None:
        while self._kept or self._fill(timeout_s):
            message = self._kept.popleft()
            error = message.error()
            if error is None:
                return message
            self._hear(message, error)
            timeout_s = 0
        return None

    def _fill(self, timeout_s: float) -> bool:
        self._placement.arrive(self._offsets, self._lives)
        rebalances = self._rebalances
        count = 1 if timeout_s > 0 else CHUNK_MESSAGES
        try:
            came = self._consumer.consume(count, timeout_s)
        except KafkaException as raised:
            self._judge(error_of(raised))
            return False
        # What came before a rebalance is read again by whoever owns the partition now.
        self._kept.extend(came if rebalances == self._rebalances else filter(is_fatal, came))
        return bool(self._kept)

    def _take(self, came: confluent_kafka.Message) -> Message:
        message = message_of(came)
        self._positions[Partition(message.topic, message.partition)] = message.offset + 1
        return message

    def _hear(self, message: confluent_kafka.Message, error: KafkaError) -> None:
        partition = Partition(message.topic(), message.partition())
        if error.code() == KafkaError._PARTITION_EOF:
            known = self._positions.get(partition)
            if known is not None:
                self._positions[partition] = max(known, message.offset())
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:
            self._judge_position(partition)
        elif error.code() in UNKNOWN_TOPIC:
            self._placement.await_topic(partition.topic, self._offsets)
        else:
            self._judge(error)

    def _judge(self, error: KafkaError) -> None:
        fault = member_fault(error, self._worker, self._use)
        if isinstance(fault, MembershipOver):
            self._member.is_over = True
        elif fault is not None:
            self._fault = fault  # said once by the client, and true from then on
            raise fault
        LOG.debug("worker %r: %s", self._worker, error)

    def _judge_position(self, partition: Partition) -> None:
        """The topic does not hold it: it is another of that name, or it forgot."""
        topic_id = (self._lives.present({partition.topic}) or {}).get(partition.topic)
        held = self._offsets.ends(partition) if topic_id == "" else None
        if topic_id or (held and self._positions.get(partition, 0) <= held[1]):
            raise offset_gap(partition, self._positions.get(partition), self._worker)
        self._member.is_over = True

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Assigned nothing for now: `_place` asks where they stand, outside of this callback.
        consumer.assign([])
        self._forget()
        self._unplaced = tuple(Partition(each.topic, each.partition) for each in partitions)
        self._membership = self._offsets.token(consumer)
        self._namesakes.note(self._member.member_id)
        LOG.info("worker %r has %d partitions", self._worker, len(partitions))

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._before_release()
        if self._may_release:
            self._fault = self._offsets.release(self._positions) or self._fault
        self._forget()
        LOG.info("worker %r gives back %d partitions", self._worker, len(partitions))

    def _forget(self) -> None:
        self._rebalances += 1
        self._placement.keep(self._starts, self.lives())
        self._unplaced = ()
        self._drop_prefetched()
        self._lives.memory.give_back()
        self._starts, self._positions = {}, {}

    def _ask_again(self) -> None:
        self._forget()
        self._member.ask_again()

    def _drop_prefetched(self) -> None:
        self._kept = deque(filter(is_fatal, self._kept))

    def _place(self) -> None:
        """Read what is newly assigned, once it is known where from."""
        if not self._unplaced:
            return
        try:
            if not self._offsets.take(self._unplaced):
                return
            known = self._placement.places(self._unplaced, self._offsets, self._lives)
        except TransactionAborted as error:
            is_over = isinstance(error, MembershipOver) or not self._member.member_id
            self._member.is_over |= is_over
            return
        if self._lives.doubts(self._unplaced):
            self._ask_again()
        elif known is not None:
            self._lives.memory.place(known)
            self._positions = {each: place.offset for each, place in known.items()}
            self._unplaced, self._starts = (), dict(self._positions)
            self._consumer.assign(placed(self._positions))
            self._offsets.show(self._positions, self.lives())
