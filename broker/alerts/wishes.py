"""Which alerts each topic gets: once each, whichever and however many filters ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from broker.alerts.decided import DecidedBatch
from broker.alerts.packer import NO_NAMES, Shape, Topics, Wish
from broker.headers import naming
from filters.filter_set import ActiveFilter

Picked = tuple[ActiveFilter, Sequence[int]]
"""A filter, and the rows that it selected."""


def wanted(decided: DecidedBatch, topics: Topics) -> dict[str, Wish]:
    """What each topic with any row gets.

    An alert is one record on a topic that filters share, and names those that selected it: an
    alert of five of them costs no more than that of one.
    """
    everything = list(range(len(decided.batch)))
    found = {topics.enriched: Wish(topics.shape(topics.enriched), everything)}
    by_topic = defaultdict[str, list[Picked]](list)
    for active, rows in decided.picked():
        by_topic[active.topic].append((active, rows))
    for topic, picked in by_topic.items():
        found[topic] = _wish(topics.shape(topic, picked[0][0].form), picked)
    return found


def _wish(shape: Shape, picked: Sequence[Picked]) -> Wish:
    first, rows = picked[0]
    if len(picked) == 1 and not first.shares:
        return Wish(shape, rows)
    names = defaultdict[int, list[str]](list)
    for active, its_rows in picked:
        for row in its_rows:
            names[row].append(active.name)
    named = {row: naming(each) for row, each in names.items()} if first.shares else NO_NAMES
    return Wish(shape, sorted(names), named)
