"""Two sides of a night compared: each difference by partition and offsets, or by visit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.balance import Balance
from broker.ledger import Entry, Gap
from broker.ports import Partition, PartitionLife
from gueststar.reconciling.held import LakeHeld, Rows, TopicHeld
from lake.ranges import Stretch

Ints = NDArray[np.int64]

FORGOTTEN: Final = "offsets that retention dropped before they were read"
NOT_READ: Final = "messages that were not read yet"
PASSED_OVER: Final = "messages that were passed over"
LOST: Final = "messages that were read, and have no row"
TWICE: Final = "rows too many: a message has more than one"
NO_MESSAGE: Final = "rows of which there is no message"
DOUBLED: Final = "alerts that came more than once"


class Difference(NamedTuple):
    """One thing that two sides do not have in common."""

    where: str
    """A partition with a range of offsets, or a visit."""
    amount: int
    what: str


class Pair(NamedTuple):
    """Two sides: how much each has, and in what they differ."""

    name: str
    left: int
    right: int
    differences: tuple[Difference, ...]


def survey_and_ledger(
    balance: Balance, entries: Sequence[Entry], survey: Mapping[str, Mapping[Partition, TopicHeld]]
) -> Iterator[Difference]:
    """What the survey's topics have and the ledger does not count, or counts twice.

    survey: by cluster id, each partition's topic, whose `offsets` are of the messages outside of
    what the ledger covers.
    """
    for one in balance.imbalances:
        place = Partition(one.topic, one.partition)
        yield Difference(place_at(place, one.offset, one.offset + 1), 1, one.what)
    covered = ranges_of(entries)
    for cluster, held in survey.items():
        for place, topic in held.items():
            first = topic.firsts[place]
            key = PartitionLife(*place, topic.lives.get(place, ""), cluster)
            known = covered.get(key) or covered.get(key.without_life) or [Gap(first, first)]
            yield from _forgotten(place, known, first)
            outside = topic.offsets[place]
            yield from offset_ranges(place, outside[outside < known[0].start], outside, PASSED_OVER)
            yield from offset_ranges(place, outside[outside >= known[-1].end], outside, NOT_READ)


def ranges_of(entries: Iterable[Entry]) -> dict[PartitionLife, list[Gap]]:
    """What a ledger covers of each partition in each life, in as few ranges as can be."""
    found: dict[PartitionLife, list[Gap]] = defaultdict(list)
    for entry in entries:
        for one in entry.ranges:
            key = PartitionLife(one.topic, one.partition, one.life, entry.cluster)
            found[key].append(Gap(one.start, one.end))
    return {key: _merged(ranges) for key, ranges in found.items()}


def topic_and_lake(topic: TopicHeld, lake: LakeHeld, *, from_start: bool) -> Iterator[Difference]:
    """Message by message. from_start: whether the lake was to begin where the topic did."""
    for place, offsets in topic.offsets.items():
        life = topic.lives.get(place, "")
        own = [one for one in lake.stretches if one.source[:2] == place]
        mine = [one for one in own if life in ("", one.source.life) or not one.source.life]
        held = lake.offsets.get(place, offsets[:0]) if len(mine) == len(own) else None
        first, end = topic.firsts[place], topic.ends.get(place, 0)
        known = [Gap(one.start, one.end) for one in mine] or [Gap(first, first)]
        yield from _forgotten(place, known, first)
        begin = 0 if from_start else known[0].start
        yield from _beside(place, offsets[offsets >= begin], offsets, known)
        if held is not None:
            yield from _row_by_row(place, offsets, held, known, (first, end))
            yield from _by_count(place, mine, held, offsets[offsets >= first], first)


def doubled(rows: Rows) -> Iterator[Difference]:
    """Alerts of a night that came more than once, by partition and offsets of the later copies."""
    order = np.lexsort((rows.offset, rows.partition, rows.topic))
    seen = set[tuple[str, int]]()
    again: dict[Partition, list[int]] = defaultdict(list)
    keys = zip(rows.survey[order].tolist(), rows.alert_id[order].tolist(), strict=True)
    for row, key in zip(order.tolist(), keys, strict=True):
        if key in seen:
            place = Partition(str(rows.topic[row]), int(rows.partition[row]))
            again[place].append(int(rows.offset[row]))
        seen.add(key)
    for place, offsets in again.items():
        here = (rows.topic == place.topic) & (rows.partition == place.number)
        among = np.sort(rows.offset[here])
        yield from offset_ranges(place, np.array(offsets, np.int64), among, DOUBLED)


def visits_and_alerts(visits: Mapping[int, int], rows: Rows) -> Iterator[Difference]:
    """What a survey says of each of its visits, and the alerts of it that are there."""
    found = rows.visits()
    for visit in sorted({*visits, *found}):
        said, there = visits.get(visit, 0), found.get(visit, 0)
        if there == said:
            continue
        if not there:
            what = "alerts: the whole visit is missing"
        elif visit not in visits:
            what = "alerts of a visit that the survey does not name"
        else:
            what = f"alerts {'missing' if there < said else 'too many'}, of {said:,}"
        yield Difference(f"visit {visit}", abs(there - said), what)


def copies(rows: Rows) -> int:
    """How many rows are of alerts that were there before."""
    keys = Counter(zip(rows.survey.tolist(), rows.alert_id.tolist(), strict=True))
    return sum(keys.values()) - len(keys)


def offset_ranges(place: Partition, offsets: Ints, among: Ints, what: str) -> Iterator[Difference]:
    """Offsets that follow on one another `among` all that there are, as one difference each."""
    if not len(offsets):
        return
    ordered = np.sort(offsets)
    at = np.searchsorted(among, ordered)
    for run in np.split(ordered, np.flatnonzero(np.diff(at) != 1) + 1):
        yield Difference(place_at(place, int(run[0]), int(run[-1]) + 1), len(run), what)


def place_at(place: Partition, start: int, end: int) -> str:
    """A partition and its offsets [start, end), as they are told."""
    return f"{place.topic}/{place.number} offsets {start} to {end - 1}"


def _forgotten(place: Partition, known: Sequence[Gap], first: int) -> Iterator[Difference]:
    """What was between two ranges, or behind the last, and is below where the topic begins now."""
    for before, after in pairwise([*known, Gap(first, first)]):
        end = min(after.start, first)
        if end > before.end:
            yield Difference(place_at(place, before.end, end), end - before.end, FORGOTTEN)


def _beside(
    place: Partition, offsets: Ints, among: Ints, known: Sequence[Gap]
) -> Iterator[Difference]:
    """Messages that are in no range."""
    end = known[-1].end
    inside = np.zeros(len(offsets), np.bool_)
    for one in known:
        inside |= (offsets >= one.start) & (offsets < one.end)
    yield from offset_ranges(place, offsets[~inside & (offsets < end)], among, PASSED_OVER)
    yield from offset_ranges(place, offsets[~inside & (offsets >= end)], among, NOT_READ)


def _row_by_row(
    place: Partition, offsets: Ints, held: Ints, known: Sequence[Gap], span: tuple[int, int]
) -> Iterator[Difference]:
    rows, copies = np.unique(held, return_counts=True)
    yield from offset_ranges(place, rows[copies > 1], rows, TWICE)
    here = rows[(rows >= span[0]) & (rows < span[1])]
    yield from offset_ranges(place, np.setdiff1d(here, offsets), rows, NO_MESSAGE)
    inside = np.zeros(len(offsets), np.bool_)
    for one in known:
        inside |= (offsets >= one.start) & (offsets < one.end)
    yield from offset_ranges(place, np.setdiff1d(offsets[inside], rows), offsets, LOST)


def _by_count(
    place: Partition, stretches: Sequence[Stretch], held: Ints, there: Ints, first: int
) -> Iterator[Difference]:
    """Of what the topic no longer holds, the number of rows can still be told."""
    for one in stretches:
        end = min(one.end, first)
        rows = int(((held >= one.start) & (held < end)).sum())
        read = one.consumed - int(((there >= one.start) & (there < one.end)).sum())
        if one.start < end and rows != read:
            what = f"rows {'missing' if rows < read else 'too many'}, of {read:,} messages read"
            yield Difference(place_at(place, one.start, end), abs(rows - read), what)


def _merged(ranges: Iterable[Gap]) -> list[Gap]:
    found: list[Gap] = []
    for one in sorted(ranges):
        if found and one.start <= found[-1].end:
            found[-1] = Gap(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
