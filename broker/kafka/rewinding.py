"""Times and offsets that a reader asks for, as offsets that a real Kafka has."""

from __future__ import annotations

from collections.abc import Iterable

from broker.kafka.offsets import GroupOffsets
from broker.ports import Partition
from broker.rewinding import Rewind, ToOffsets, ToTime, check_partitions, wanted


class Rewinding:
    """Says where each partition is moved to; each of them once."""

    def __init__(self, rewind: Rewind | None) -> None:
        """None: nothing is moved."""
        self._rewind = rewind
        self._moved: set[Partition] = set()

    def targets(
        self, partitions: Iterable[Partition], offsets: GroupOffsets
    ) -> dict[Partition, int] | None:
        """Where to go, of the partitions that are to be moved still; None: not known now.

        Raises OffsetGap for what the topic does not hold.
        """
        due = [each for each in partitions if each not in self._moved]
        if self._rewind is None or not due:
            return {}
        if isinstance(self._rewind, ToTime):
            return offsets.at_time(due, self._rewind.unix_ms)
        return _at_offsets(self._rewind, due, offsets)

    def done(self, partitions: Iterable[Partition]) -> None:
        """They have been moved, and that is committed."""
        self._moved.update(partitions)


def _at_offsets(
    rewind: ToOffsets, due: list[Partition], offsets: GroupOffsets
) -> dict[Partition, int] | None:
    found: dict[Partition, int] = {}
    for partition in due:
        count, ends = offsets.partitions(partition.topic), offsets.ends(partition)
        if count is None or ends is None:
            return None
        check_partitions(rewind, partition.topic, count)
        offset = wanted(rewind, partition, *ends)
        if offset is not None:
            found[partition] = offset
    return found
