"""The proof from the ledger: whether every consumed message is accounted for, and where not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from broker.ledger import Counts, Delivery, Entry, Gap, Range, total
from broker.ports import PartitionLife


class Seen(NamedTuple):
    """What a read_committed reader finds in parts of a partition."""

    offsets: Sequence[int]
    """Of messages, in any order."""
    first: int = 0
    """Where the partition begins now; what stood before it nobody can tell."""


Visible = Callable[[PartitionLife, Sequence[Gap]], Seen | None]
"""Given a partition and parts of it, what is seen there; None where the topic bears its name in
another life, or is not there. `MemoryKafka.visible`."""


JobSums = Callable[[Entry], Iterable[str]]
"""What does not add up of what a job counts by itself in an entry, a line each."""


class Imbalance(NamedTuple):
    """One thing that does not add up, and where: `offset` of a partition in one life."""

    topic: str
    partition: int
    offset: int
    what: str
    life: str = ""
    cluster: str = ""

    def __str__(self) -> str:
        life = f" of topic id {self.life}" if self.life else ""
        cluster = f" at cluster {self.cluster}" if self.cluster else ""
        return f"{self.topic}/{self.partition} offset {self.offset}{life}{cluster}: {self.what}"


@dataclass(frozen=True)
class Balance:
    """The sums of a ledger. It balances where `imbalances` is empty."""

    entries: int
    consumed: int
    counts: Counts
    main_topics: tuple[str, ...]
    ranges: dict[PartitionLife, Gap]
    """The first and the end offset that the ledger covers of each partition, life after life."""
    passed_over: int
    """Offsets without a message: control records and aborted data of a transactional source."""
    unverifiable: int
    """Of those, offsets that the source no longer holds, so that nobody can tell."""
    uncounted: int
    """Offsets that went with a topic that was deleted, and that no entry counts, as far as its
    readers knew where it ended."""
    repeated: int
    """Offsets that at-least-once delivery counted again."""
    imbalances: tuple[Imbalance, ...]

    @property
    def published(self) -> int:
        return sum(self.counts.published.get(topic, 0) for topic in self.main_topics)

    @property
    def dead(self) -> int:
        return sum(self.counts.dead.values())


def balance(
    entries: Iterable[Entry], visible: Visible, job_sums: JobSums = lambda _: ()
) -> Balance:
    """Add up a ledger's entries, in any order, and name whatever does not add up.

    Within an entry: offsets = messages + gaps; messages = published + dead; and `job_sums`.
    Between entries: a partition's ranges follow on one another, without overlap; those of a topic
    that was made anew begin at 0. In a gap of either kind no message is `visible`.
    """
    known = sorted(entries, key=lambda entry: (entry.worker, entry.incarnation, entry.sequence))
    imbalances = [each for entry in known for each in _within(entry, job_sums)]
    walks = [_Walk(partition, parts) for partition, parts in _by_life(known).items()]
    _require_beginnings(walks)
    last = {walk.partition.without_life: walk for walk in walks}
    for walk in walks:
        walk.verify(visible if walk is last[walk.partition.without_life] else _is_over)
        imbalances += walk.imbalances
    return Balance(
        entries=len(known),
        consumed=sum(entry.consumed for entry in known),
        counts=total(entry.counts for entry in known),
        main_topics=tuple(sorted({entry.main_topic for entry in known})),
        ranges={walk.partition: walk.covered for walk in walks},
        passed_over=sum(_length(gap) for walk in walks for gap in walk.gaps),
        unverifiable=sum(walk.unverifiable for walk in walks),
        uncounted=_uncounted(known, walks),
        repeated=sum(walk.repeated for walk in walks),
        imbalances=tuple(imbalances),
    )


def _uncounted(entries: Iterable[Entry], walks: Iterable[_Walk]) -> int:
    """What lives held, as their successors' entries tell, behind where the ledger covers them."""
    covered = {walk.partition: walk.covered.end for walk in walks}
    held = dict.fromkeys(covered, 0)
    for part, cluster in ((part, entry.cluster) for entry in entries for part in entry.ranges):
        before = PartitionLife(part.topic, part.partition, part.before, cluster)
        if before in held:
            held[before] = max(held[before], part.before_end)
    return sum(max(0, held[each] - covered[each]) for each in covered)


class _Part(NamedTuple):
    """One entry's range of a partition, when, and whether it may be a repetition."""

    range: Range
    delivery: Delivery
    unix_s: float


def _by_life(entries: Iterable[Entry]) -> dict[PartitionLife, list[_Part]]:
    """The ranges of each partition in each life of its topic, lives in the order of time."""
    found: dict[PartitionLife, list[_Part]] = {}
    for entry in entries:
        for each in entry.ranges:
            key = PartitionLife(each.topic, each.partition, each.life, entry.cluster)
            part = _Part(each, entry.delivery, entry.published_unix_s)
            found.setdefault(key, []).append(part)
    ordered = sorted(
        found, key=lambda key: (key.without_life, min(part.unix_s for part in found[key]))
    )
    for unnamed, named in pairwise(ordered):
        # Entries from before lives were named, and then those of the same one.
        if unnamed == named.without_life and _follow_on(found[unnamed], found[named]):
            found[named] += found.pop(unnamed)
    return {key: found[key] for key in ordered if key in found}


def _follow_on(before: Sequence[_Part], after: Sequence[_Part]) -> bool:
    return max(part.range.end for part in before) <= min(part.range.start for part in after)


def _require_beginnings(walks: Iterable[_Walk]) -> None:
    """Of the topics that were made anew, each life but the first was there to be read whole."""
    first: dict[tuple[str, str], _Walk] = {}
    for walk in sorted(walks, key=lambda walk: walk.since_unix_s):
        beginning = first.setdefault((walk.partition.topic, walk.partition.cluster), walk)
        if beginning.partition.life not in ("", walk.partition.life):
            walk.require_beginning()


def _is_over(_: PartitionLife, __: Sequence[Gap]) -> None:
    """Of a life after which there was another: nobody can look into its gaps."""


class _Walk:
    """Goes along the ranges of one partition in one life, by rising start."""

    def __init__(self, partition: PartitionLife, parts: Sequence[_Part]) -> None:
        ordered = sorted(parts, key=lambda part: (part.range.start, part.range.end))
        self.partition = partition
        self.gaps: list[Gap] = []
        self.repeated = 0
        self.unverifiable = 0
        self.since_unix_s = min(part.unix_s for part in parts)
        self.imbalances: list[Imbalance] = []
        self._reached = ordered[0].range.start
        for part in ordered:
            self._follow(part)
        self.covered = Gap(ordered[0].range.start, self._reached)

    def _follow(self, part: _Part) -> None:
        """One more range: where it begins beside the last one's end, and its own gaps."""
        start, end = part.range.start, part.range.end
        if start > self._reached:
            self.gaps.append(Gap(self._reached, start))
        elif start < self._reached:
            self._overlap(start, min(end, self._reached), part.delivery)
        self.gaps += part.range.gaps
        self._reached = max(self._reached, end)

    def _overlap(self, start: int, end: int, delivery: Delivery) -> None:
        if delivery is Delivery.AT_LEAST_ONCE:
            self.repeated += end - start
        else:
            self._add(start, f"counted twice, up to offset {end}")

    def require_beginning(self) -> None:
        """What stands before the first range is a gap, too."""
        if self.covered.start > 0:
            self.gaps.append(Gap(0, self.covered.start))

    def verify(self, visible: Visible) -> None:
        """Every gap must be empty for a reader."""
        if not self.gaps:
            return
        seen = visible(self.partition, self.gaps)
        if seen is None:
            self.unverifiable = sum(map(_length, self.gaps))
            return
        forgotten = (Gap(gap.start, min(gap.end, seen.first)) for gap in self.gaps)
        self.unverifiable = sum(max(0, _length(gap)) for gap in forgotten)
        for offset in sorted(set(seen.offsets)):
            self._add(offset, "a message that no entry of the ledger counts")

    def _add(self, offset: int, what: str) -> None:
        topic, number, life, cluster = self.partition
        self.imbalances.append(Imbalance(topic, number, offset, what, life, cluster))


def _within(entry: Entry, job_sums: JobSums) -> Iterator[Imbalance]:
    """What does not add up in one entry by itself."""
    for part in entry.ranges:
        passed = sum(map(_length, part.gaps))
        if part.consumed + passed != part.end - part.start:
            what = f"{part.end - part.start} offsets, but {part.consumed} alerts and {passed} gaps"
            where = part.topic, part.partition, part.start
            yield Imbalance(*where, what, part.life, entry.cluster)
    for what in (*_sums(entry), *job_sums(entry)):
        first = entry.ranges[0]
        text = f"{what} (worker {entry.worker}, batch {entry.sequence})"
        where = first.topic, first.partition, first.start
        yield Imbalance(*where, text, first.life, entry.cluster)


def _sums(entry: Entry) -> Iterator[str]:
    published = entry.counts.published.get(entry.main_topic, 0)
    dead = sum(entry.counts.dead.values())
    if entry.consumed != published + dead:
        yield f"{entry.consumed} alerts consumed, but {published} published and {dead} dead"


def _length(gap: Gap) -> int:
    return gap.end - gap.start
