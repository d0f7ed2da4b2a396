"""The consuming side of the twin: one member of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from itertools import count

from broker.errors import (
    KafkaUnavailable,
    OffsetGap,
    ProducerFenced,
    TopicRemade,
    TransactionAborted,
)
from broker.lives import LOOK_INTERVAL_S, Committed, Memory, offsets_in_lives
from broker.memory.cluster import MemoryKafka
from broker.memory.group import Membership
from broker.memory.history import History, Start
from broker.memory.rewind_targets import rewind_target
from broker.ports import Life, Message, Partition
from broker.positions import PositionStore
from broker.rewind import Rewind

WAIT_S = 0.05
"""How long a waiting call lets pass before it looks again."""

INSTANT_S = 1e-6
"""Less than this is what subtraction leaves over: a clock might not move by it."""

PATIENCE_S = 60.0
"""How long `committed` waits for offsets that are pending in a transaction."""

UNNAMED = count()


class MemorySource:
    """A `Source` of a `MemoryKafka`. A worker's name makes it a static member of its group."""

    def __init__(
        self,
        kafka: MemoryKafka,
        *,
        group: str | None,
        topics: Sequence[str],
        worker: str | None = None,
        start: Start = "earliest",
        rewind: Rewind | None = None,
        positions: PositionStore | None = None,
        before_release: Callable[[], object] = lambda: None,
    ) -> None:
        """No member yet: it enters the group with `join` or the first `poll`.

        group: None for a reader that shares nothing and keeps its places itself. topics: names,
        and patterns, which begin with ^. start: where a new group begins in what is there.
        rewind: where partitions are read from again, whatever the group has committed. positions:
        where it commits, if not in its group. before_release: called before all are given back.
        """
        self._before_release = before_release
        self._kafka = kafka
        self._elsewhere = positions
        self._group = kafka.group(group or f"reader-{next(UNNAMED)}")
        self._topics = tuple(topics)
        self._static = worker is not None
        self._kept: dict[Partition, Committed] | None = None if group else {}
        self._history = History(self._topics, start)
        self._rewind = rewind
        self._rewound: set[Partition] = set()
        self._name = worker if worker is not None else f"member-{next(UNNAMED)}"
        self._generation = self._id = -1
        self._assigned: tuple[Partition, ...] = ()
        self._positions: dict[Partition, int] = {}
        self._starts: dict[Partition, int] = {}
        self._memory = Memory()
        self._polled: dict[str, str | None] = {}
        self._looked_s = kafka.clock.monotonic_s()
        self._changed = self._delivered = self._entered = self._gone = False

    def join(self) -> None:
        """Enter the group, in the place of an earlier process of this name."""
        self._kafka.tick()
        self._history.arrive(self._kafka)
        self._entered = True
        self._generation = -1
        self._id = self._group.join(self._name, self, self._topics, static=self._static)

    def confirm_member(self) -> None:
        """Enters the group again where it dropped us. Raises MemberFenced."""
        self._kafka.tick()
        if not (self._entered and self._group.has(self._name, self, self._id)):
            self.join()

    def poll(self, *, messages_max: int, bytes_max: int, timeout_s: float) -> list[Message]:
        """As `Source.poll`; while it waits the clock moves and nobody else does."""
        assert not self._gone, "a closed source is not polled"
        self._kafka.faults.strike("poll", self._name)
        if self._delivered:
            self._starts, self._delivered = dict(self._positions), False
        clock = self._kafka.clock
        deadline_s = clock.monotonic_s() + timeout_s
        while True:
            self._follow_group()
            messages = self._fetched(messages_max, bytes_max)
            left_s = deadline_s - clock.monotonic_s()
            if messages or left_s < INSTANT_S:
                self._delivered = bool(messages)
                self._ask()
                return messages
            clock.sleep(min(WAIT_S, left_s))

    def starts(self) -> Mapping[Partition, int]:
        """Where each assigned partition stood when the last poll with messages began."""
        return dict(self._starts)

    def positions(self) -> Mapping[Partition, int]:
        return dict(self._positions)

    def committed(self) -> Mapping[Partition, int]:
        """The committed offsets of what is assigned; waits for pending ones."""
        if self._elsewhere is not None:
            return self._committed_elsewhere(self._elsewhere)
        deadline_s = self._kafka.clock.monotonic_s() + PATIENCE_S
        while any(self._kafka.pending(self._group.name, each) for each in self._assigned):
            if self._kafka.clock.monotonic_s() >= deadline_s:
                raise KafkaUnavailable(f"offsets of group {self._group.name} stay pending")
            self._kafka.clock.sleep(WAIT_S)
            self._kafka.tick()
        return offsets_in_lives(self._kafka.committed[self._group.name], self.lives())

    def _committed_elsewhere(self, positions: PositionStore) -> Mapping[Partition, int]:
        if not positions.take(self._assigned):
            raise TransactionAborted("others claim our partitions, too; try again")
        return offsets_in_lives(positions.read(self._assigned), self.lives())

    def lives(self) -> Mapping[Partition, Life]:
        """The life of its topic in which each assigned partition is read."""
        return self._memory.lives(self._starts)

    def confirm_lives(self) -> None:
        """Raises TopicRemade where what the last poll brought may be of two topics."""
        found, self._polled = self._polled, {}
        for topic in self._memory.differing(found):
            self._changed = found[topic] is not None
            raise TopicRemade(f"topic {topic!r} was deleted while it was read")

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Go back; partitions that are not assigned are left out."""
        mine = {each: at for each, at in positions.items() if each in self._positions}
        self._positions.update(mine)
        self._starts.update(mine)

    def lag(self) -> Mapping[Partition, int]:
        """Offsets behind the end of each assigned partition."""
        held = {each: at for each, at in self._positions.items() if self._kafka.holds(each)}
        return {each: max(0, self._kafka.log(each).end - at) for each, at in held.items()}

    def ends(self) -> Mapping[Partition, int] | None:
        """Where what is committed ends in each assigned partition; None outside of the group."""
        if not self._entered or self._generation < 0:
            return None
        return {
            each: self._kafka.log(each).stable_end
            for each in self._assigned
            if self._kafka.holds(each)
        }

    def group(self) -> Membership:
        return Membership(
            *(self._group.name, self._name, self._id, self._generation),
            lives=self.lives(),
            positions=self._elsewhere,
            starts=self.starts(),
        )

    def close(self) -> None:
        """Leave; a static member's place is kept for a session."""
        if not self._gone:
            self._gone = True
            self._group.leave(self._name, self, self._kafka.clock.monotonic_s())

    def kill(self) -> None:
        """As `kill -9` does: nobody is told, and the heartbeats stop."""
        self._gone = True
        self.suspend()

    def suspend(self) -> None:
        """Stop the process: its heartbeats stop until `resume`."""
        self._group.silence(self._name, self, self._kafka.clock.monotonic_s())

    def resume(self) -> None:
        """Let it go on; it may have been dropped meanwhile, and finds out by itself."""
        self._kafka.tick()
        self._group.silence(self._name, self, None)

    def _follow_group(self) -> None:
        """Enter or re-enter the group, and take over what a completed rebalance assigned."""
        self.confirm_member()
        self._look()
        if self._group.rebalancing:
            self._before_release()
            self.confirm_member()
            self._group.rejoin(self._name)
            self._kafka.tick()
        if self._group.rebalancing:
            self._adopt(-1, ())
        elif self._group.generation != self._generation:
            self._adopt(self._group.generation, self._group.assigned(self._name))

    def give_up(self) -> None:
        """As a client does that had no answer for a session: it joins without its id."""
        self._id = -1

    def _adopt(self, generation: int, assigned: tuple[Partition, ...]) -> None:
        if self._kept is not None:
            lives = self.lives()
            self._kept.update({p: Committed(at, lives[p].name) for p, at in self._starts.items()})
        if self._elsewhere is not None and self._positions:
            with suppress(TransactionAborted, ProducerFenced):
                self._elsewhere.release(self._positions)
        self._generation, self._assigned = generation, assigned
        self._memory.give_back()
        self._positions, self._starts = {}, {}

    def _look(self) -> None:
        """Enter the group again where a topic was made anew; it is looked at now and then."""
        now_s = self._kafka.clock.monotonic_s()
        if now_s >= self._looked_s + LOOK_INTERVAL_S:
            self._looked_s = now_s
            found = {each.topic: self._kafka.topic_id(each.topic) for each in self._positions}
            self._changed |= any(found[each] is not None for each in self._memory.differing(found))
        if self._changed:
            self._enter_again()

    def _enter_again(self) -> None:
        self._changed = False
        self._adopt(-1, ())
        self._group.rebalance()

    def _ask(self) -> None:
        """What the topics of this poll are now, and how much they hold at least."""
        moved = [each for each, at in self._positions.items() if at != self._starts[each]]
        self._polled = {each.topic: self._kafka.topic_id(each.topic) for each in moved}
        if not set(self._memory.differing(self._polled)):
            self._memory.end({each: self._kafka.log(each).end for each in moved})

    def _fetched(self, messages_max: int, bytes_max: int) -> list[Message]:
        """As `_fetch`; nothing where a position is of another life, and the group is entered anew.

        Raises OffsetGap where it is of this one.
        """
        try:
            return self._fetch(messages_max, bytes_max)
        except OffsetGap:
            ids = {each.topic: self._kafka.topic_id(each.topic) for each in self._positions}
            held = {each: at for each, at in self._positions.items() if self._kafka.holds(each)}
            is_past = any(at > self._kafka.log(each).end for each, at in held.items())
            if not (set(self._memory.differing(ids)) or (is_past and "" in ids.values())):
                raise
            self._enter_again()
            return []

    def _fetch(self, messages_max: int, bytes_max: int) -> list[Message]:
        """What is there in each assigned partition, up to both bounds."""
        self._place()
        messages: list[Message] = []
        for partition, position in self._positions.items():
            bytes_left = bytes_max - sum(len(message.value) for message in messages)
            if messages and (len(messages) >= messages_max or bytes_left <= 0):
                break
            if not self._kafka.holds(partition):
                continue
            log = self._kafka.log(partition)
            fetched = log.read(position, messages_max - len(messages), bytes_left)
            messages += fetched.messages
            self._positions[partition] = fetched.position
        return messages

    def _place(self) -> None:
        """Find the position of what is newly assigned, unless its offset is pending still."""
        pending = [p for p in self._assigned if self._kafka.pending(self._group.name, p)]
        held = [each for each in self._assigned if self._kafka.holds(each)]
        new = [each for each in held if each not in {*self._positions, *pending}]
        if not new:
            return
        if self._elsewhere is not None:
            self._place_elsewhere(self._elsewhere, new)
        else:
            kafkas = self._kafka.committed[self._group.name]
            self._place_by(kafkas if self._kept is None else self._kept, new)

    def _place_elsewhere(self, positions: PositionStore, new: Sequence[Partition]) -> None:
        """By what stands at another cluster; not yet, where others claim them, too."""
        try:
            if positions.take(new):
                every = (Partition(t, n) for t, m in self._kafka.sizes().items() for n in range(m))
                known = {p: at for p, at in positions.read(every).items() if at.offset >= 0}
                places = dict(known)
                self._place_by(places, new)
                lives = self.lives()
                places |= {p: Committed(self._positions[p], lives[p].name) for p in new}
                begun = {each: at for each, at in places.items() if known.get(each) != at}
                named = {each: Life(at.life) for each, at in begun.items()}
                positions.commit({each: at.offset for each, at in begun.items()}, named)
                return
        except TransactionAborted:
            pass
        except ProducerFenced:
            self.confirm_member()
            positions.rebuild()
        for each in new:
            self._positions.pop(each, None)
            self._starts.pop(each, None)

    def _place_by(
        self, places: MutableMapping[Partition, Committed], new: Iterable[Partition]
    ) -> None:
        for partition in new:
            place = self._resumed(partition, places)
            place = place._replace(offset=self._moved(partition, place))
            self._memory.place({partition: place})
            self._positions[partition] = self._starts[partition] = place.offset

    def _resumed(
        self, partition: Partition, places: MutableMapping[Partition, Committed]
    ) -> Committed:
        """Where a partition is gone on with in its present life, or begun."""
        log, topic_id = self._kafka.log(partition), self._kafka.topic_id(partition.topic)
        assert topic_id is not None, "a topic that exists has an id, or an empty one"
        known = places.get(partition, Committed(-1))
        place = self._memory.resumed(partition, known, topic_id, lambda _: (log.start, log.end))
        assert place is not None, "the ends of a log in memory are always known"
        if self._memory.is_another(partition.topic, place.life):
            self._history.forget(partition.topic)
        if place.offset < 0:
            self._history.open(self._kafka, partition, places)
            place = place._replace(offset=places.get(partition, Committed(log.start)).offset)
        return place

    def _moved(self, partition: Partition, place: Committed) -> int:
        """Where a partition is read from: moved, the first time that we get it."""
        if self._rewind is None or partition in self._rewound:
            return place.offset
        self._rewound.add(partition)
        target = rewind_target(self._kafka, self._rewind, partition, place)
        if target is None:
            return place.offset
        if self._kept is None:
            self._kafka.committed[self._group.name][partition] = place._replace(offset=target)
        return target
