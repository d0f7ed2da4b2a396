"""Where reading begins in partitions that a member has just been assigned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from broker.kafka.connection import Start
from broker.kafka.history import History
from broker.kafka.offsets import GroupOffsets
from broker.kafka.rewinding import Rewinding
from broker.kafka.watch import LOG
from broker.ports import Partition
from broker.rewinding import Rewind
from schemas.suggestion import nearest


class Placement:
    """The rule of one reader, over all its assignments.

    subscription: topics and patterns. start: where history begins that the group never committed
    (history.py). rewind: where partitions are read from again, whatever the group has committed.
    durable: whether the group outlives the reader. The places of one that does not are kept here,
    over rebalances and outages, and nothing is committed.
    """

    def __init__(
        self, subscription: Sequence[str], start: Start, rewind: Rewind | None, *, durable: bool
    ) -> None:
        self._rewinding = Rewinding(rewind)
        self._history = History(subscription, start, alone=not durable)
        self._kept: dict[Partition, int] | None = None if durable else {}
        self._awaited: set[str] = set()

    @property
    def awaits(self) -> bool:
        """Whether a topic did not exist when it was first asked for."""
        return bool(self._awaited)

    def await_topic(self, topic: str, offsets: GroupOffsets) -> None:
        """It does not exist now: it will be read from its first offset."""
        self._history.forget(topic)
        if self._kept is not None:
            self._kept = {each: at for each, at in self._kept.items() if each.topic != topic}
        if topic not in self._awaited:
            self._awaited.add(topic)
            near = nearest(topic, offsets.topics() or ())
            LOG.warning("topic %r does not exist yet%s; waiting for it", topic, near)

    def arrive(self, offsets: GroupOffsets) -> None:
        """Note what is there when the reader comes: that alone has history."""
        self._history.arrive(offsets)

    def keep(self, positions: Mapping[Partition, int]) -> None:
        """What was delivered of partitions that are given back ends there."""
        if self._kept is not None:
            self._kept.update(positions)

    def places(
        self, partitions: Sequence[Partition], offsets: GroupOffsets
    ) -> dict[Partition, int] | None:
        """The offset of each partition, committed where the group had none or is moved.

        None where that is not known now. Raises as `GroupOffsets.commit` does.
        """

        def read(asked: Collection[Partition]) -> dict[Partition, int] | None:
            if self._kept is None:
                return offsets.read(asked)
            return {each: self._kept.get(each, -1) for each in asked}

        known = read(partitions)
        moved = None if known is None else self._rewinding.targets(known, offsets)
        if known is None or moved is None:
            return None
        unread = [each for each, at in known.items() if at < 0 and each not in moved]
        begun = self._history.beginnings(unread, partitions, offsets, read)
        if begun is None:
            return None
        self._commit({**begun, **moved}, offsets)
        self._rewinding.done(known)
        return {each: {**known, **begun, **moved}[each] for each in partitions}

    def _commit(self, places: Mapping[Partition, int], offsets: GroupOffsets) -> None:
        if self._kept is not None:
            self._kept.update(places)
        elif places:
            offsets.commit(places)
