"""A ledger and a topic that it counts, compared by the messages that the topic's records are of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from broker.ledger import Entry, Gap
from broker.ports import Partition
from gueststar.reconciling.held import NOTHING, Ints, TopicHeld
from gueststar.reconciling.pairs import Difference, offset_ranges, place_at

MISSING: Final = "messages of which a record was published that is not there"
AMONG: Final = "messages, among these, of which a record was published that is not there"
TOO_MANY: Final = "messages that have more records than the ledger counts"


class Published(NamedTuple):
    """What a ledger's entries say of a topic."""

    entries: Sequence[Entry]
    amounts: Sequence[int]
    """Of each entry: how many of its messages have a record there."""
    others: Mapping[Partition, Ints]
    """Messages that are known to have none there, rising by partition."""
    is_main: bool = False
    """Whether all others do."""


def ledger_and_topic(published: Published, topic: TopicHeld) -> Iterator[Difference]:
    """What the ledger says was published to a topic, and what is there, as far as it still is.

    Records that do not say what they are of, such as those of before they did, are only counted,
    and so are those of one message that was lawfully read twice.
    """
    name = next(iter(topic.firsts)).topic if topic.firsts else ""
    is_whole = not sum(topic.firsts.values())
    many = [*_too_many(published.entries, topic)]
    lost = [*_missing(published, topic)] if is_whole else []
    yield from (*many, *lost)
    rest = sum(map(len, topic.offsets.values())) - sum(published.amounts)
    rest += sum(one.amount for one in lost) - sum(one.amount for one in many)
    if rest > 0:
        yield Difference(name, rest, "messages that the ledger does not count")
    elif rest < 0 and is_whole:
        yield Difference(name, -rest, "messages that the ledger counts are not there")


def _too_many(entries: Iterable[Entry], topic: TopicHeld) -> Iterator[Difference]:
    """By partition and offsets of the messages; each record that is more counts."""
    covered: dict[Partition, list[Gap]] = defaultdict(list)
    for part in (part for entry in entries for part in entry.ranges):
        covered[Partition(part.topic, part.partition)].append(Gap(part.start, part.end))
    for place, offsets in topic.origins.items():
        starts = np.sort([one.start for one in covered[place]])
        ends = np.sort([one.end for one in covered[place]])
        distinct, records = np.unique(offsets, return_counts=True)
        lawful = np.searchsorted(starts, distinct, "right") - np.searchsorted(
            ends, distinct, "right"
        )
        more = np.maximum(records - lawful, 0)
        for amount in np.unique(more[more > 0]).tolist():
            doubled = distinct[more == amount]
            among = np.arange(doubled[0], doubled[-1] + 1)
            for one in offset_ranges(place, doubled, among, TOO_MANY):
                yield one._replace(amount=one.amount * amount)


def _missing(published: Published, topic: TopicHeld) -> Iterator[Difference]:
    """By partition and offsets, or where an entry does not tell which of its messages: by them."""
    found = {place: np.unique(offsets) for place, offsets in topic.origins.items()}
    by_place: dict[Partition, list[Ints]] = defaultdict(list)
    for entry, amount in zip(published.entries, published.amounts, strict=True):
        spans = [(Partition(p.topic, p.partition), Gap(p.start, p.end)) for p in entry.ranges]
        there = sum(len(_within(found.get(place, NOTHING), span)) for place, span in spans)
        if there >= amount or (topic.is_partly_unnamed and not there):
            continue
        left = _left(entry, published.others, found) if published.is_main else {}
        if sum(map(len, left.values())) == amount - there:
            for place, offsets in left.items():
                by_place[place].append(offsets)
        else:
            where = ", ".join(place_at(place, *span) for place, span in spans)
            yield Difference(where, amount - there, AMONG)
    for place, each in by_place.items():
        lost = np.unique(np.concatenate(each))
        among = np.union1d(lost, found.get(place, NOTHING))
        yield from offset_ranges(place, lost, among, MISSING)


def _left(
    entry: Entry, others: Mapping[Partition, Ints], found: Mapping[Partition, Ints]
) -> dict[Partition, Ints]:
    """Of an entry's messages those that have a record nowhere."""
    left: dict[Partition, Ints] = {}
    for part in entry.ranges:
        place, span = Partition(part.topic, part.partition), Gap(part.start, part.end)
        gone = [np.arange(*gap) for gap in part.gaps]
        gone += [_within(each.get(place, NOTHING), span) for each in (others, found)]
        left[place] = np.setdiff1d(np.arange(*span), np.concatenate(gone))
    return left


def _within(rising: Ints, span: Gap) -> Ints:
    first, end = np.searchsorted(rising, span)
    return rising[first:end]
