"""Where a reader wants to begin again, whatever its group has committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.errors import OffsetGap
from broker.ports import Partition


@dataclass(frozen=True, slots=True)
class ToTime:
    """At the first message of each partition whose timestamp is not before `unix_ms`.

    A partition that has none is read from its end.
    """

    unix_ms: int
    but: frozenset[str] = frozenset()
    """Topics in which nothing is moved but what retention forgot, to the first that is left."""


@dataclass(frozen=True, slots=True)
class ToOffsets:
    """At these offsets, by the partition's number; partitions not named are not moved."""

    by_partition: Mapping[int, int]
    but: frozenset[str] = frozenset()
    """As of `ToTime`."""


Rewind = ToTime | ToOffsets
"""Each partition is moved once, when the reader first gets it; the move is committed at once."""


def wanted(rewind: ToOffsets, partition: Partition, first: int, end: int) -> int | None:
    """The offset to go to, where the partition is named; `first` to `end` is what it holds.

    Raises OffsetGap where it holds no such offset.
    """
    offset = rewind.by_partition.get(partition.number)
    if offset is not None and not first <= offset <= end:
        raise OffsetGap(
            f"topic {partition.topic!r} partition {partition.number} holds offsets {first} to"
            f" {end}, not {offset}; begin within them, or at a time"
        )
    return offset


def check_partitions(rewind: ToOffsets, topic: str, partitions: int) -> None:
    """Raises OffsetGap where a partition is named that the topic does not have."""
    for number in rewind.by_partition:
        if number not in range(partitions):
            raise OffsetGap(
                f"topic {topic!r} has partitions 0 to {partitions - 1}, not {number};"
                " name one of them"
            )
