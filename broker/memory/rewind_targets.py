"""Where the twin's partitions are read from when a worker is told to go back."""

from __future__ import annotations

from broker.lives import Committed
from broker.memory.cluster import MemoryKafka
from broker.ports import Partition
from broker.rewind import Rewind, ToTime, check_partitions, wanted


def rewind_target(
    kafka: MemoryKafka, rewind: Rewind, partition: Partition, place: Committed
) -> int | None:
    """The offset; None: it stays where it is. Raises OffsetGap for what the topic lacks."""
    log = kafka.log(partition)
    if partition.topic in rewind.but:
        return log.start if 0 <= place.offset < log.start else None
    if isinstance(rewind, ToTime):
        return log.at_time(rewind.unix_ms)
    check_partitions(rewind, partition.topic, kafka.partitions(partition.topic))
    return wanted(rewind, partition, log.start, log.end)
