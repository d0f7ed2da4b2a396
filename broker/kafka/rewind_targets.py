"""Times and offsets that a reader asks for, as offsets that a real Kafka has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from broker.kafka.offsets import GroupOffsets
from broker.lives import Committed
from broker.ports import Partition
from broker.rewind import Rewind, ToOffsets, ToTime, check_partitions, wanted


class RewindTargets:
    """Says where each partition is moved to; each of them once."""

    def __init__(self, rewind: Rewind | None) -> None:
        """None: nothing is moved."""
        self._rewind = rewind
        self._moved: set[Partition] = set()

    def targets(
        self, places: Mapping[Partition, Committed], offsets: GroupOffsets
    ) -> dict[Partition, int] | None:
        """Where to go, of the partitions that are to be moved still; None: not known now.

        places: where they stand. Raises OffsetGap for what the topic does not hold.
        """
        if self._rewind is None:
            return {}
        left = [each for each in places if each not in self._moved]
        due = [each for each in left if each.topic not in self._rewind.but]
        kept = {each: places[each].offset for each in left if each.topic in self._rewind.but}
        moved, held = self._to(due, offsets), _held(kept, offsets)
        return None if moved is None or held is None else {**moved, **held}

    def _to(self, due: list[Partition], offsets: GroupOffsets) -> dict[Partition, int] | None:
        assert self._rewind is not None, "nothing is moved"
        if not due:
            return {}
        if isinstance(self._rewind, ToTime):
            return offsets.at_time(due, self._rewind.unix_ms)
        return _at_offsets(self._rewind, due, offsets)

    def done(self, partitions: Iterable[Partition]) -> None:
        """Note partitions as moved, once that is committed."""
        self._moved.update(partitions)


def _held(kept: Mapping[Partition, int], offsets: GroupOffsets) -> dict[Partition, int] | None:
    """Of partitions that are not moved, those of which retention forgot what is next."""
    found: dict[Partition, int] = {}
    for partition, at in kept.items():
        ends = offsets.ends(partition)
        if ends is None:
            return None
        if 0 <= at < ends[0]:
            found[partition] = ends[0]
    return found


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
