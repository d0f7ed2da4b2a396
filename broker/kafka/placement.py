"""Where reading begins in a partition that a member has just been assigned."""

from __future__ import annotations

from collections.abc import Sequence

from broker.kafka.connection import Start
from broker.kafka.offsets import GroupOffsets
from broker.kafka.rewinding import Rewinding
from broker.kafka.watch import LOG
from broker.ports import Partition
from broker.rewinding import Rewind
from schemas.suggestion import nearest


class Placement:
    """The rule of one reader, over all its assignments.

    start: where a partition that the group never committed is read from. rewind: where
    partitions are read from again, whatever the group has committed.
    """

    def __init__(self, start: Start, rewind: Rewind | None) -> None:
        self._start = start
        self._rewinding = Rewinding(rewind)
        self._awaited: set[str] = set()

    @property
    def awaits(self) -> bool:
        """Whether a topic did not exist when it was first asked for."""
        return bool(self._awaited)

    def await_topic(self, topic: str, offsets: GroupOffsets) -> None:
        """It does not exist yet: it will be read from its first offset."""
        if topic not in self._awaited:
            self._awaited.add(topic)
            near = nearest(topic, offsets.topics())
            LOG.warning("topic %r does not exist yet%s; waiting for it", topic, near)

    def places(
        self, partitions: Sequence[Partition], offsets: GroupOffsets
    ) -> dict[Partition, int] | None:
        """The offset of each partition, committed where the group had none or is moved.

        None where that is not known now. Raises as `GroupOffsets.commit` does.
        """
        known = offsets.read(partitions)
        if known is None:
            return None
        rewound = self._rewinding.targets(known, offsets)
        if rewound is None:
            return None
        known.update(rewound)
        fresh = [partition for partition, offset in known.items() if offset < 0]
        for partition in fresh:
            ends = offsets.ends(partition)
            if ends is None:
                return None
            earliest = self._start == "earliest" or partition.topic in self._awaited
            known[partition] = ends[0] if earliest else ends[1]
        if fresh or rewound:
            offsets.commit({partition: known[partition] for partition in (*fresh, *rewound)})
        self._rewinding.done(known)
        return known
