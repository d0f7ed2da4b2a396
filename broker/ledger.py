"""What became of each batch, as one JSON message in the same transaction as its outputs.

The entry is committed with what it counts, or not at all, so its sums are exact by construction;
`broker/balance.py` proves it. Its key is the worker's name: one worker's entries keep their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final, NamedTuple

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
    """What became of the messages. Published to the job's main topic + dead = consumed.

    What is zero is left out, so that an entry stays small whatever a job counts.
    """

    published: Mapping[str, int] = field(default_factory=dict)
    """By topic: messages, dead letters and this entry not counted."""
    dead: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What else the job counts, by its own names: trees of numbers, which add up over batches.

    In JSON they stand beside the two above, whose names they must not bear.
    """

    def document(self) -> dict[str, Any]:
        """As JSON has them."""
        return {**self.details, "published": self.published, "dead": self.dead}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Counts:
        """From `document`; raises TypeError where one holds no numbers by name."""
        trees = {name: {**tree} for name, tree in document.items()}
        return cls(trees.pop("published", {}), trees.pop("dead", {}), trees)


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
    main_topic: str
    """Where the job publishes each message that did not die, once; JSON says `enriched_topic`."""
    ranges: tuple[Range, ...]
    counts: Counts
    cluster: str = ""
    """The id of the Kafka of the ranges, where that is another than the ledger's."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """What else the job says of the batch, by names that are no field's; JSON has them beside."""

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
        document["counts"] = self.counts.document()
        document["enriched_topic"] = document.pop("main_topic")
        document |= document.pop("notes")
        return json.dumps(document, separators=(",", ":")).encode()


ENTRY_FIELDS: Final = frozenset(each.name for each in fields(Entry))


def read_entry(value: bytes) -> Entry:
    """An entry from its JSON. Raises LedgerError where it is none; fields it lacks are errors."""
    try:
        document = json.loads(value)
        document["delivery"] = Delivery(document["delivery"])
        document["ranges"] = tuple(_range(each) for each in document["ranges"])
        document["counts"] = Counts.of(document["counts"])
        document["main_topic"] = document.pop("enriched_topic")
        notes = {name: document.pop(name) for name in document.keys() - ENTRY_FIELDS}
        return Entry(**document, notes=notes)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
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
    """Their sums, name by name."""
    sums: dict[str, Any] = {}
    for one in counts:
        _add(sums, one.document())
    return Counts.of(sums)


def _add(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Add a tree of numbers to another, in place."""
    for name, value in other.items():
        if isinstance(value, Mapping):
            _add(into.setdefault(name, {}), value)
        else:
            into[name] = into.get(name, 0) + value
