"""What the demo says at its end: the sums, and how the broker's scores meet the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from gueststar.demo.night import Night
from gueststar.demo.screen import number
from gueststar.demo.tally import Found, Tally, by_size
from gueststar.table import REAL_MIN
from replay.kinds import Kind


def summary(tally: Tally, night: Night) -> Iterator[str]:
    latency = tally.latency()
    published = tally.consumed - tally.dead
    yield f"{tally.sent:,} sent, {published:,} published, {tally.dead:,} dead-lettered"
    yield f"a reader got {len(tally.read):,}, {tally.read_twice:,} of them twice"
    p50, p95 = (number(each, ",.0f", " ms") for each in latency)
    yield f"latency from Kafka to Kafka: p50 {p50}, p95 {p95}"
    for name, count in by_size(dict(tally.selected)):
        yield f"filter {name} selected {count:,}"
    if night.truths:
        yield from against_truth(tally.read, night)


def against_truth(read: Mapping[int, Found], night: Night) -> Iterator[str]:
    """A line a kind; the night was invented, so what each alert is is known."""
    yield ""
    yield f"{'what it is':<16} {'alerts':>6} {'mean score':>10} {'called real':>11}  selected by"
    for kind in Kind:
        found = [
            read[each] for each, known in night.truths.items() if known is kind and each in read
        ]
        if found:
            yield kind_line(kind, found)
    yield f"damaged on purpose: {night.damaged:,}"


def kind_line(kind: Kind, found: list[Found]) -> str:
    """How the network and the filters judged one kind."""
    scores = np.array([each.real for each in found])
    scored = scores[np.isfinite(scores)]
    mean, called = "-", "-"
    if len(scored):
        mean, called = f"{scored.mean():.2f}", f"{(scored > REAL_MIN).mean():.0%}"
    counts = Counter(name for each in found for name in each.filters)
    selected = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    return f"{kind:<16} {len(found):>6,} {mean:>10} {called:>11}  {selected}".rstrip()
