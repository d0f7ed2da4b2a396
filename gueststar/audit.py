"""The ledger read from Kafka, and its gaps looked into: what `broker.balance` needs to know."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from broker.alerts.counts import filter_sums
from broker.balance import Balance, Seen, balance
from broker.errors import KafkaUnavailable, LedgerError, OffsetGap
from broker.ledger import Entry, Gap, read_entry
from broker.lives import FIRST_LIFE
from broker.ports import Message, Partition, PartitionLife, Source

Open = Callable[[str], Source]
"""Opens a reader of one whole topic, from its start, in a group of its own."""


class Cluster(NamedTuple):
    """A Kafka whose gaps are looked into, and the topics that it has."""

    open_source: Open
    topics: Collection[str]


POLL_MESSAGES_MAX = 1_000
POLL_BYTES_MAX = 64_000_000
POLL_WAIT_S = 0.5
STANDSTILL_S_MAX = 30.0
"""Longer than a transaction may stay open: a reader that gets no further by then never will."""

SCAN_OFFSETS_MAX = 500
"""Gaps no further apart than this are looked into in one go; a new start costs more."""


def audit(ours: Cluster, ledger_topic: str, others: Mapping[str, Cluster] | None = None) -> Balance:
    """Add up the whole ledger, which stands in `ours`. others: other Kafkas, by cluster id.

    Raises LedgerError where its topic holds something else or nothing, KafkaUnavailable where
    a topic gives nothing more before its end.
    """
    entries, known = read_ledger(ours, ledger_topic), {"": ours, **(others or {})}

    def look(where: PartitionLife, gaps: Sequence[Gap]) -> Seen | None:
        cluster = known.get(where.cluster)
        if cluster is None or where.topic not in cluster.topics:
            return None
        return visible(cluster.open_source, where, gaps)

    return balance(entries, look, filter_sums)


def read_ledger(ours: Cluster, ledger_topic: str) -> list[Entry]:
    """All entries of a ledger. Raises as `audit`."""
    with closing(TopicReader(ours.open_source(ledger_topic), ledger_topic)) as reader:
        entries = [read_entry(message.value) for message in reader.read_to_end()]
    if not entries:
        raise LedgerError(f"the ledger {ledger_topic!r} is empty: no worker has committed yet")
    return entries


def visible(open_source: Open, where: PartitionLife, gaps: Sequence[Gap]) -> Seen | None:
    """What a reader finds in some gaps, as far as retention left them.

    None where another topic bears the name now, or retention goes on while this reads.
    """
    topic, number, life, _ = where
    partition = Partition(topic, number)
    with closing(TopicReader(open_source(topic), topic)) as reader:
        try:
            if not reader.finds(partition, life):
                return None
            first = reader.first(partition)
            left = [Gap(max(gap.start, first), gap.end) for gap in gaps if gap.end > first]
            found = [at for span in spans(left) for at in reader.offsets(partition, span)]
        except OffsetGap:
            return None
    return Seen([at for at in found if any(gap.start <= at < gap.end for gap in gaps)], first)


def spans(gaps: Sequence[Gap]) -> Iterator[Gap]:
    """The gaps by rising offset, those near one another as one."""
    start = end = -1
    for gap in sorted(gaps):
        if end >= 0 and gap.start - end > SCAN_OFFSETS_MAX:
            yield Gap(start, end)
            start = gap.start
        start = gap.start if end < 0 else start
        end = max(end, gap.end)
    if end >= 0:
        yield Gap(start, end)


class TopicReader:
    """A source that nobody else shares, and that must get on."""

    def __init__(self, source: Source, topic: str) -> None:
        self._source = source
        self._topic = topic
        self._moved_s = time.monotonic()
        self._firsts: dict[Partition, int] = {}

    def close(self) -> None:
        self._source.close()

    def read_to_end(self) -> Iterator[Message]:
        """Every message up to where the topic ends when this begins."""
        ends: dict[Partition, int] = {}
        while not ends or self._behind(ends):
            yield from self._poll()
            ends = ends or self._ends()

    def finds(self, partition: Partition, life: str) -> bool:
        """Whether the topic has that partition, in the life of that name (empty: in any)."""
        self._await_ends()
        found = self._source.lives().get(partition)
        # Where Kafka has no ids, every topic is in its first life for who comes new to it.
        return found is not None and (life in ("", found.name) or found.name == FIRST_LIFE)

    def first(self, partition: Partition) -> int:
        """Where a partition began when this reader came to it."""
        self._await_ends()
        return self._firsts[partition]

    def offsets(self, partition: Partition, span: Gap) -> Iterator[int]:
        """The offsets in a part of a partition at which there is a message."""
        ends = self._await_ends()
        # The other partitions wait at their ends, where there is nothing to read.
        self._source.seek({**ends, partition: span.start})
        while self._behind({partition: span.end}):
            for message in self._poll():
                if message.partition == partition.number:
                    yield message.offset

    def _poll(self) -> list[Message]:
        before = self._source.positions()
        messages = self._source.poll(
            messages_max=POLL_MESSAGES_MAX, bytes_max=POLL_BYTES_MAX, timeout_s=POLL_WAIT_S
        )
        now_s, after = time.monotonic(), self._source.positions()
        began = self._source.starts()
        for each, at in after.items():
            self._firsts.setdefault(each, min(at, began.get(each, at)))
        if after != before:
            self._moved_s = now_s
        if now_s - self._moved_s > STANDSTILL_S_MAX:
            raise KafkaUnavailable(
                f"topic {self._topic!r} gives nothing more after {before}; is it the right one?"
            )
        return messages

    def _await_ends(self) -> dict[Partition, int]:
        while not (ends := self._ends()):
            self._poll()
        return ends

    def _ends(self) -> dict[Partition, int]:
        """Where each partition ends, as far as the client knows; empty until it knows of all."""
        positions, lag = self._source.positions(), self._source.lag()
        if positions.keys() != lag.keys():
            return {}
        return {partition: at + lag[partition] for partition, at in positions.items()}

    def _behind(self, ends: dict[Partition, int]) -> bool:
        positions = self._source.positions()
        return any(positions.get(partition, 0) < end for partition, end in ends.items())
