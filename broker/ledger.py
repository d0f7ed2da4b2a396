"""What became of each batch, as one JSON message in the same transaction as its alerts.

The entry is committed with what it counts, or not at all, so its sums are exact by construction;
`broker/balance.py` proves it. Its key is the worker's name: one worker's entries keep their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NamedTuple

from broker.errors import LedgerError
from broker.ports import Life, Message, Partition


class Delivery(StrEnum):
    """What the Kafka in use can promise."""

    EXACTLY_ONCE = "exactly-once"
    AT_LEAST_ONCE = "at-least-once"


class Gap(NamedTuple):
    """Offsets [start, end) that were passed over without a message.

    Lawful where they hold control records or aborted data of a transactional source.
    """

    start: int
    end: int


class Range(NamedTuple):
    """What was consumed of one partition: every offset of [start, end), gaps passed over.

    `start` is where the partition's last entry ended. `life` names the topic that bore the name
    then, `before` and `before_end` tell of the one that was deleted before it (`ports.Life`); older
    entries have none of these.
    """

    topic: str
    partition: int
    start: int
    end: int
    consumed: int
    gaps: tuple[Gap, ...]
    life: str = ""
    before: str = ""
    before_end: int = 0


@dataclass(frozen=True)
class Counts:
    """What became of the alerts. Published to the enriched topic + dead = consumed.

    For each filter, selected + refused + unknown + errors = the alerts that were decoded. What is
    zero is left out, so that an entry stays small however many filters are active.
    """

    published: Mapping[str, int] = field(default_factory=dict)
    """By topic: alerts, dead letters and this entry not counted."""
    shortened: Mapping[str, int] = field(default_factory=dict)
    """By topic: those of them that were too large in full and went without their cutouts."""
    dead: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    selected: Mapping[str, int] = field(default_factory=dict)
    """By filter."""
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By filter and clause."""
    unknown: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By filter and clause: refused because something the clause read was not measured."""
    filter_errors: Mapping[str, int] = field(default_factory=dict)
    """By filter: alerts that made it raise."""
    classifier_errors: Mapping[str, int] = field(default_factory=dict)
    """By classifier: alerts that made it raise, published with NaN scores and a flag."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """By field and type: alerts with a value there that was not read, as `AlertBatch.unread`."""

    @property
    def filters(self) -> list[str]:
        """The names of filters that answered for any alert, sorted."""
        return sorted({*self.selected, *self.refused, *self.unknown, *self.filter_errors})


@dataclass(frozen=True)
class Entry:
    """One batch: who, what was consumed, and what became of it."""

    worker: str
    incarnation: int
    """When this process of the worker started, ms since 1970."""
    sequence: int
    """Committed batches of this process before this one."""
    delivery: Delivery
    polled_unix_s: float
    published_unix_s: float
    """When the transaction was opened."""
    enriched_topic: str
    ranges: tuple[Range, ...]
    counts: Counts
    filters: int | None = None
    """How many were asked, so that one without any count is missed; None in older entries."""
    cluster: str = ""
    """The id of the Kafka of the ranges, where that is another than the ledger's."""

    @property
    def consumed(self) -> int:
        return sum(each.consumed for each in self.ranges)

    @property
    def ends(self) -> dict[Partition, int]:
        """The offsets that are committed with the entry: the next to read of each partition."""
        return {Partition(each.topic, each.partition): each.end for each in self.ranges}

    def encode(self) -> bytes:
        """Compact JSON, UTF-8."""
        # Not `asdict`, which copies every one of the counts first.
        document = {each.name: getattr(self, each.name) for each in fields(self)}
        document["ranges"] = [each._asdict() for each in self.ranges]
        document["counts"] = vars(self.counts)
        return json.dumps(document, separators=(",", ":")).encode()


def read_entry(value: bytes) -> Entry:
    """An entry from its JSON. Raises LedgerError where it is none; fields it lacks are errors."""
    try:
        document = json.loads(value)
        document["delivery"] = Delivery(document["delivery"])
        document["ranges"] = tuple(_range(each) for each in document["ranges"])
        document["counts"] = Counts(**document["counts"])
        return Entry(**document)
    except (ValueError, TypeError, KeyError) as error:
        raise LedgerError(
            f"a message on the ledger's topic is no ledger entry ({error}); is the topic another's?"
        ) from error


def _range(document: dict[str, Any]) -> Range:
    return Range(**document | {"gaps": tuple(Gap(*each) for each in document["gaps"])})


def ranges(
    messages: Sequence[Message],
    starts: Mapping[Partition, int],
    ends: Mapping[Partition, int],
    lives: Mapping[Partition, Life],
) -> tuple[Range, ...]:
    """What a batch consumed of each partition that moved, by topic and number."""
    offsets: dict[Partition, list[int]] = {}
    for message in messages:
        offsets.setdefault(Partition(message.topic, message.partition), []).append(message.offset)
    moved = [each for each in sorted(ends) if ends[each] > starts[each]]
    named = {each: lives.get(each, Life()) for each in moved}
    return tuple(
        Range(
            *each,
            starts[each],
            ends[each],
            len(offsets.get(each, ())),
            gaps(offsets.get(each, ()), starts[each], ends[each]),
            named[each].name,
            named[each].before,
            named[each].before_end,
        )
        for each in moved
    )


def gaps(offsets: Iterable[int], start: int, end: int) -> tuple[Gap, ...]:
    """The parts of [start, end) between rising offsets."""
    found, expected = [], start
    for offset in (*offsets, end):
        if offset > expected:
            found.append(Gap(expected, offset))
        expected = offset + 1
    return tuple(found)


def total(counts: Iterable[Counts]) -> Counts:
    sums: dict[str, dict[str, Any]] = {each.name: {} for each in fields(Counts)}
    for one in counts:
        for name, into in sums.items():
            _add(into, getattr(one, name))
    return Counts(**sums)


def _add(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Add a tree of numbers to another, in place."""
    for name, value in other.items():
        if isinstance(value, Mapping):
            _add(into.setdefault(name, {}), value)
        else:
            into[name] = into.get(name, 0) + value
