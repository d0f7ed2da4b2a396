"""Where reading begins in a partition of which nobody knows how far it was read.

`start` is about history: about what was there when the reader, or its group, first came. What
appears later has none, and is read whole. What was there is told so:

- A topic that is read by its name belongs to itself, one that a pattern takes in to all that the
  pattern takes in. A group that has an offset for any of these has been here: a partition without
  one appeared since, while it read or while it was away, and is read from its first offset. So is
  one whose offset alone expired, which doubles rather than loses; where the offsets of all have
  expired, the group is as good as new.
- A group that has none is new, or its topic was made anew, with which Kafka forgets how far it was
  read. What its process found when it came obeys `start`, if it is that topic still, and is
  committed for all partitions at once. One member does that, the one that owns the first of
  them. The others wait for it, or they would take each other's first commits for such signs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from broker.kafka.connection import Start
from broker.kafka.offsets import GroupOffsets
from broker.ports import Partition
from broker.subscribed import members_of, subscribed

Read = Callable[[Collection[Partition]], dict[Partition, int] | None]
"""How far each partition was read, negative where that is not known; None: ask later."""

# A Kafka that is away must not hold up a poll for long.
ARRIVAL_S_MAX: Final = 0.5
# A member that owns the first partition and does not open it is none of ours.
OPENING_S_MAX: Final = 30.0


class Named(Protocol):
    """Topics' ids, as `Lives.named` gives them."""

    def __call__(
        self, topics: Collection[str], timeout_s: float = ..., /
    ) -> dict[str, str] | None: ...


class Found(NamedTuple):
    """A topic as it was when the reader came: its partitions, and its id."""

    partitions: int
    life: str


class History:
    """What one reader knows of it. alone: nobody shares its group."""

    def __init__(self, subscription: Sequence[str], start: Start, *, alone: bool) -> None:
        self._subscription = tuple(subscription)
        self._start = start
        self._alone = alone
        self._found: dict[str, Found] | None = None if start == "latest" else {}
        self._waits_since_s: dict[str, float] = {}

    def arrive(self, offsets: GroupOffsets, named: Named) -> None:
        """Note what is there, the first time that Kafka answers."""
        if self._found is not None:
            return
        topics = offsets.topics(ARRIVAL_S_MAX) or {}
        mine = [each for each in topics if subscribed(each, self._subscription)]
        ids = named(mine, ARRIVAL_S_MAX) if topics else None
        if ids is not None:
            self._found = {topic: Found(topics[topic], life) for topic, life in ids.items()}

    def forget(self, topic: str) -> None:
        """It is not there: whatever comes by its name is new."""
        if self._found is not None:
            self._found.pop(topic, None)

    def beginnings(
        self,
        unread: Sequence[Partition],
        mine: Collection[Partition],
        offsets: GroupOffsets,
        read: Read,
        named: Named,
    ) -> dict[Partition, int] | None:
        """Where to begin in each unread partition, and in those that are to be opened with them.

        mine: all that is assigned. None where that is not known now.
        """
        if self._start == "earliest" or not unread:
            return self._placed(dict.fromkeys(unread, False), offsets)
        topics = offsets.topics()
        if (
            topics is None
            or self._found is None
            or any(each.topic not in topics for each in unread)
        ):
            return None
        found: dict[Partition, bool] = {}
        for asked in {subscribed(each.topic, self._subscription) for each in unread}:
            opened = self._opened(asked, topics, mine, read, named)
            if opened is None:
                return None
            found |= opened
        return self._placed({**dict.fromkeys(unread, False), **found}, offsets)

    def _opened(
        self,
        asked: str,
        topics: Mapping[str, int],
        mine: Collection[Partition],
        read: Read,
        named: Named,
    ) -> dict[Partition, bool] | None:
        """Of a new group, each partition and whether it has history; of another, none."""
        all_of_it = members_of(asked, self._subscription, topics)
        known = read(all_of_it)
        if known is None:
            return None
        if any(offset >= 0 for offset in known.values()):
            return {}
        if not (self._alone or all_of_it[0] in mine):
            since_s = self._waits_since_s.setdefault(asked, time.monotonic())
            if time.monotonic() - since_s < OPENING_S_MAX:
                return None
            all_of_it = [each for each in all_of_it if each in mine]
        ids = named({each.topic for each in all_of_it})
        return None if ids is None else {p: self._has_history(p, ids[p.topic]) for p in all_of_it}

    def _has_history(self, partition: Partition, life: str) -> bool:
        found = (self._found or {}).get(partition.topic)
        return found is not None and partition.number < found.partitions and life == found.life

    def _placed(
        self, history: Mapping[Partition, bool], offsets: GroupOffsets
    ) -> dict[Partition, int] | None:
        """Behind what has history, at the first offset of what has none."""
        places = {}
        for partition, passed_over in history.items():
            ends = offsets.ends(partition)
            if ends is None:
                return None
            places[partition] = ends[1] if passed_over else ends[0]
        return places
