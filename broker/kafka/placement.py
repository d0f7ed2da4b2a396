"""Where reading begins in partitions that a member has just been assigned."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from broker.kafka.connection import Start
from broker.kafka.history import History, Named
from broker.kafka.lives import Lives
from broker.kafka.offsets import GroupOffsets
from broker.kafka.rewind_targets import RewindTargets
from broker.kafka.watch import LOG
from broker.lives import Committed, Memory
from broker.ports import Life, Partition
from broker.rewind import Rewind
from schemas.suggestion import nearest

UNKNOWN_S_MAX: Final = 20.0
"""A group that says no sooner where it stands is told of: a transaction ends before, unless it was
lost by a Kafka that fell over."""


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
        self._rewind = RewindTargets(rewind)
        self._history = History(subscription, start, alone=not durable)
        self._kept: dict[Partition, Committed] | None = None if durable else {}
        self._awaited: set[str] = set()
        self._unknown_since_s: float | None = None

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

    def arrive(self, offsets: GroupOffsets, lives: Lives) -> None:
        """Note what is there when the reader comes: that alone has history."""
        self._history.arrive(offsets, lives.named)

    def keep(self, positions: Mapping[Partition, int], lives: Mapping[Partition, Life]) -> None:
        """What was delivered of partitions that are given back ends there, in these lives."""
        if self._kept is not None:
            self._kept.update({p: Committed(at, lives[p].name) for p, at in positions.items()})

    def places(
        self, partitions: Sequence[Partition], offsets: GroupOffsets, lives: Lives
    ) -> dict[Partition, Committed] | None:
        """The offset and life of each partition, committed where the group had none or is moved.

        None where that is not known now. Raises as `GroupOffsets.commit` does.
        """
        ids = lives.present({partition.topic for partition in partitions})
        known = None if ids is None else self._read(partitions, offsets)
        self._hear_of(partitions, is_known=ids is None or known is not None)
        if ids is None or known is None:
            return None
        found = self._resumed(known, ids, offsets, lives.memory)
        begun = None if found is None else self._begun(found, offsets, lives.named)
        if found is None or begun is None:
            return None
        places = found | {
            each: Committed(at, found[each].life if each in found else ids.get(each.topic, ""))
            for each, at in begun.items()
        }
        self._commit({p: at for p, at in places.items() if at != known.get(p)}, offsets)
        self._rewind.done(found)
        return {each: places[each] for each in partitions}

    def _hear_of(self, partitions: Sequence[Partition], *, is_known: bool) -> None:
        """Say so, once in a while, where nothing else would: polls just bring nothing."""
        now_s = time.monotonic()
        if is_known or self._unknown_since_s is None:
            self._unknown_since_s = None if is_known else now_s
        elif now_s > self._unknown_since_s + UNKNOWN_S_MAX:
            self._unknown_since_s = now_s
            LOG.warning(
                "nothing is read of %s: where the group stands there is not known, as long as a"
                " transaction over its offsets is open; end one that hangs (kafka-transactions.sh"
                " find-hanging, abort)",
                ", ".join(f"{each.topic}[{each.number}]" for each in partitions),
            )

    def _read(
        self, partitions: Collection[Partition], offsets: GroupOffsets
    ) -> dict[Partition, Committed] | None:
        if self._kept is None:
            return offsets.read(partitions)
        return {each: self._kept.get(each, Committed(-1)) for each in partitions}

    def _resumed(
        self,
        known: Mapping[Partition, Committed],
        ids: Mapping[str, str],
        offsets: GroupOffsets,
        memory: Memory,
    ) -> dict[Partition, Committed] | None:
        """Where each partition is gone on with in its present life, negative where it is new."""
        found = dict[Partition, Committed]()
        for partition, committed in known.items():
            place = memory.resumed(partition, committed, ids[partition.topic], offsets.ends)
            if place is None:
                return None
            if memory.is_another(partition.topic, place.life):
                self._history.forget(partition.topic)
            found[partition] = place
        return found

    def _begun(
        self, found: Mapping[Partition, Committed], offsets: GroupOffsets, named: Named
    ) -> dict[Partition, int] | None:
        """Where to begin in what is moved or new, and in what is to be opened with that."""

        def read(asked: Collection[Partition]) -> dict[Partition, int] | None:
            known = self._read(asked, offsets)
            return None if known is None else {each: at for each, (at, _) in known.items()}

        moved = self._rewind.targets(found, offsets)
        if moved is None:
            return None
        new = [each for each, place in found.items() if place.offset < 0 and each not in moved]
        begun = self._history.beginnings(new, list(found), offsets, read, named)
        return None if begun is None else {**begun, **moved}

    def _commit(self, places: Mapping[Partition, Committed], offsets: GroupOffsets) -> None:
        if self._kept is not None:
            self._kept.update(places)
        elif places:
            offsets.commit(
                {each: place.offset for each, place in places.items()},
                {each: Life(place.life) for each, place in places.items()},
            )
