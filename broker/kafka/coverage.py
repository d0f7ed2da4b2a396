"""Whether a group reads every partition of the topics that its members subscribed to.

Kafka gives a static member that comes back what it had, whatever its topics are by now, and only
the group's leader can have partitions dealt out anew. So where partitions were added while the
leader was away, its new client takes the new number for the old one, and nobody asks: they would
never be read. Whoever gets a partition commits where it begins (placement.py); so one that has
nothing committed, twice running, has no owner, and one member has all of them dealt out again.

Asking the group itself would be plainer, but `describe_consumer_groups` ends the process where
Kafka goes away in the middle of it (librdkafka's issue 4605, seen with 2.16).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from broker.errors import TransactionAborted
from broker.kafka.offsets import GroupOffsets
from broker.kafka.watch import LOG
from broker.ports import Partition
from broker.subscribed import subscribed

LOOK_INTERVAL_S: Final = 5.0
"""Longer than a client takes to see new partitions by itself, so that it is left to that."""
LOOK_INTERVAL_S_MAX: Final = 300.0
"""What that grows to, doubled each time that nothing is answered or dealing does not help."""
ANSWER_S_MAX: Final = 1.0


class Coverage:
    """Of one member's group. needed: whether members are static; others need no such care."""

    def __init__(self, subscription: Sequence[str], *, needed: bool) -> None:
        self._subscription = tuple(subscription)
        self._needed = needed
        self._interval_s = LOOK_INTERVAL_S
        self._looked_s = time.monotonic()
        self._lacked: frozenset[Partition] = frozenset()

    def is_lacking(self, mine: Collection[Partition], offsets: GroupOffsets) -> bool:
        """Whether partitions have no owner, and it is this member who has them dealt out anew.

        mine: what is read. Looks now and then.
        """
        is_due = time.monotonic() > self._looked_s + self._interval_s
        if not (self._needed and mine and is_due):
            return False
        found = self._unowned(mine, offsets)
        self._looked_s = time.monotonic()
        before, self._lacked = self._lacked, found or frozenset()
        lacking = sorted(before & self._lacked)
        if lacking or found is None:
            self._interval_s = min(2 * self._interval_s, LOOK_INTERVAL_S_MAX)
        elif not found:
            self._interval_s = LOOK_INTERVAL_S
        if lacking:
            self._lacked = frozenset()
            named = ", ".join(f"{topic}/{number}" for topic, number in lacking)
            LOG.warning("nobody of the group reads %s: partitions are dealt out anew", named)
        return bool(lacking)

    def _unowned(
        self, mine: Collection[Partition], offsets: GroupOffsets
    ) -> frozenset[Partition] | None:
        """None where nobody answers; nothing where it is another member's to see to."""
        topics = offsets.topics(ANSWER_S_MAX)
        if topics is None:
            return None
        read = [topic for topic in topics if subscribed(topic, self._subscription)]
        try:
            known = offsets.read([Partition(t, n) for t in read for n in range(topics[t])])
        except TransactionAborted:
            return None
        if known is None:
            return None
        owned = {each for each, place in known.items() if place.offset >= 0}
        return frozenset(known) - owned if owned and min(owned) in mine else frozenset()
