"""A night's report, out of all that is known of it: what each side has, and what does not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broker.alerts.counts import filter_sums
from broker.balance import Balance, Seen, balance
from broker.ledger import Entry, Gap
from broker.ports import Partition, PartitionLife
from broker.subscribed import subscribed
from gueststar.audit import Cluster, read_ledger, visible
from gueststar.reconciling.held import (
    Decode,
    LakeHeld,
    Rows,
    TopicHeld,
    counted,
    extent,
    lake_held,
    letters_held,
    topic_held,
)
from gueststar.reconciling.origins import Published, ledger_and_topic
from gueststar.reconciling.pairs import (
    Pair,
    copies,
    doubled,
    ranges_of,
    survey_and_ledger,
    topic_and_lake,
    visits_and_alerts,
)


@dataclass(frozen=True)
class Sides:
    """Where everything is."""

    night: int
    """As its survey dates it, YYYYMMDD."""
    ours: Cluster
    survey: Mapping[str, Cluster]
    """By cluster id; "" where the survey's topics stand in our Kafka."""
    inputs: Sequence[str]
    """Names and patterns of the survey's topics."""
    enriched: str
    dead_letters: str
    ledger: str
    decode: Decode
    lake: Path | None = None
    visits: Mapping[int, int] | None = None
    """The survey's count of alerts by visit, where it publishes them."""
    from_start: bool = True
    """Whether workers and lake were to begin where topics begin."""
    lake_topics: Sequence[str] = field(default_factory=tuple)
    """Those that the lake was written from."""


class Report(NamedTuple):
    """A night, counted outward."""

    night: int
    pairs: tuple[Pair, ...]

    @property
    def balances(self) -> bool:
        """Whether no two sides differ."""
        return not any(pair.differences for pair in self.pairs)


Survey = Mapping[str, Mapping[Partition, TopicHeld]]
"""By cluster id, each partition's topic; its `offsets` are those that the ledger leaves out."""


def reconcile(sides: Sides) -> Report:
    """Count a night outward. Raises BrokerError, ArchiveError where a side cannot be read."""
    entries = read_ledger(sides.ours, sides.ledger)
    survey = {name: dict(_survey(sides, name, entries)) for name in sides.survey}
    summed = _balance(sides, entries, survey)
    enriched = topic_held(sides.ours, sides.enriched, sides.decode, sides.night)
    topics = sorted(summed.counts.published)
    pairs = [_from_survey(summed, entries, survey), *_to_topics(sides, entries, enriched, topics)]
    if sides.lake is None:
        return Report(sides.night, (*pairs, *_alerts(sides, "the topic", enriched.rows)))
    lake = lake_held(sides.lake, sides.night)
    for topic in sides.lake_topics or (sides.enriched,):
        is_known = topic == sides.enriched
        held = enriched if is_known else topic_held(sides.ours, topic, sides.decode, sides.night)
        pairs.append(_to_lake(sides, topic, held, lake))
    return Report(sides.night, (*pairs, *_alerts(sides, "the lake", lake.rows)))


def _survey(
    sides: Sides, name: str, entries: Sequence[Entry]
) -> Iterator[tuple[Partition, TopicHeld]]:
    """Of each partition of the survey's at a cluster, what is there that no entry covers."""
    cluster, covered = sides.survey[name], ranges_of(entries)
    for topic in sorted(cluster.topics):
        if not subscribed(topic, sides.inputs):
            continue
        held = extent(cluster, topic)
        for place, first in held.firsts.items():
            where = PartitionLife(*place, held.lives.get(place, ""), name)
            known = covered.get(where) or covered.get(where.without_life) or [Gap(first, first)]
            outside = [Gap(max(known[-1].end, first), held.ends.get(place, 0))]
            outside += [Gap(first, known[0].start)] * sides.from_start
            left = [gap for gap in outside if gap.end > gap.start]
            seen = visible(cluster.open_source, where, left) if left else None
            offsets = np.array(sorted(seen.offsets if seen else ()), np.int64)
            yield place, held._replace(offsets={place: offsets})


def _balance(sides: Sides, entries: Sequence[Entry], survey: Survey) -> Balance:
    """The ledger by itself; gaps are looked into as far as the survey still has them."""

    def look(where: PartitionLife, gaps: Sequence[Gap]) -> Seen | None:
        place = Partition(where.topic, where.number)
        if place not in survey.get(where.cluster, {}):
            return None
        return visible(sides.survey[where.cluster].open_source, where, gaps)

    return balance(entries, look, filter_sums)


def _from_survey(summed: Balance, entries: Sequence[Entry], survey: Survey) -> Pair:
    """Messages: what the ledger counts, and that and what it leaves out."""
    left_out = sum(len(t.offsets[place]) for held in survey.values() for place, t in held.items())
    differences = tuple(survey_and_ledger(summed, entries, survey))
    return Pair(
        "survey's messages, ledger", summed.consumed + left_out, summed.consumed, differences
    )


def _to_topics(
    sides: Sides, entries: Sequence[Entry], enriched: TopicHeld, topics: Sequence[str]
) -> Iterator[Pair]:
    letters = letters_held(sides.ours, sides.dead_letters)
    for topic in topics:
        held = enriched if topic == sides.enriched else counted(sides.ours, topic)
        amounts = [one.counts.published.get(topic, 0) for one in entries]
        is_main = all(one.main_topic == topic for one in entries)
        yield _counted(topic, Published(entries, amounts, letters.origins, is_main), held)
    dead = [sum(one.counts.dead.values()) for one in entries]
    yield _counted(sides.dead_letters, Published(entries, dead, enriched.origins, True), letters)


def _counted(topic: str, published: Published, held: TopicHeld) -> Pair:
    there = sum(map(len, held.offsets.values()))
    differences = tuple(ledger_and_topic(published, held))
    return Pair(f"ledger, topic {topic}", sum(published.amounts), there, differences)


def _to_lake(sides: Sides, topic: str, held: TopicHeld, lake: LakeHeld) -> Pair:
    there = sum(map(len, held.offsets.values()))
    rows = sum(len(each) for place, each in lake.offsets.items() if place.topic == topic)
    differences = tuple(topic_and_lake(held, lake, from_start=sides.from_start))
    return Pair(f"topic {topic}, lake", there, rows, differences)


def _alerts(sides: Sides, where: str, rows: Rows) -> Iterator[Pair]:
    """Of the night alone: each alert once, and as many of a visit as the survey says."""
    distinct = len(rows) - copies(rows)
    yield Pair(f"rows of the night, alerts in {where}", len(rows), distinct, tuple(doubled(rows)))
    if sides.visits is not None:
        differences = tuple(visits_and_alerts(sides.visits, rows))
        said = sum(sides.visits.values())
        yield Pair(f"survey's visits, alerts in {where}", said, distinct, differences)
