"""Which offsets of a stream a part of a lake holds, and which flushes, by number.

The parts' stretches together are the log. They never overlap: where two do, two writers wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from schemas.errors import ArchiveError


class Source(NamedTuple):
    """A partition in one life of its topic, by Kafka's id of that."""

    topic: str
    partition: int
    life: str = ""


class Stretch(NamedTuple):
    """Offsets [start, end) of a partition, of which `consumed` were messages."""

    source: Source
    start: int
    end: int
    consumed: int
    flush: int
    """The number of the last flush that it is of."""


class Place(NamedTuple):
    """Where a partition is to be read from, in which life; negative where nothing is known."""

    offset: int
    life: str = ""


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same offsets in as few stretches as can be, in order.

    Raises ArchiveError where two of them hold the same offset.
    """
    found: list[Stretch] = []
    for each in sorted(stretches):
        last = found[-1] if found and found[-1].source == each.source else None
        if last is None or last.end < each.start:
            found.append(each)
            continue
        if each.start < last.end:
            topic, partition, _ = each.source
            raise ArchiveError(
                f"offset {each.start} of {topic}[{partition}] stands in two parts of the lake: two"
                " processes wrote to it; move the newer part away"
            )
        found[-1] = Stretch(
            last.source,
            last.start,
            each.end,
            last.consumed + each.consumed,
            max(last.flush, each.flush),
        )
    return found


def places(stretches: Iterable[Stretch]) -> dict[tuple[str, int], Place]:
    """By topic and partition, where the last life that was read is gone on with."""
    found: dict[tuple[str, int], tuple[int, int, str]] = {}
    for each in stretches:
        key = each.source[:2]
        one = each.flush, each.end, each.source.life
        found[key] = max(found.get(key, one), one)
    return {key: Place(end, life) for key, (_, end, life) in found.items()}


def mark_of(flush: int, starts: Mapping[Source, int]) -> str:
    """The name of the flush of that number from there on: the same for whoever begins there."""
    text = json.dumps([flush, *sorted((*source, start) for source, start in starts.items())])
    return f"live-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def encoded(stretches: Iterable[Stretch]) -> str:
    """As JSON, for a part's footer."""
    return json.dumps([[*each.source, *each[1:]] for each in stretches], separators=(",", ":"))


def decoded(text: str) -> list[Stretch]:
    """What `encoded` made; none of an empty text."""
    return [Stretch(Source(*one[:3]), *one[3:]) for one in json.loads(text or "[]")]


def packed(numbers: Iterable[int]) -> str:
    """Numbers as "1-3 5", each once."""
    ordered = sorted({*numbers})
    runs = groupby(enumerate(ordered), key=lambda each: each[1] - each[0])
    ends = ([number for _, number in run] for _, run in runs)
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in ends)


def unpacked(text: str) -> frozenset[int]:
    """What `packed` made."""
    runs = (run.partition("-") for run in text.split())
    return frozenset(
        number for first, _, last in runs for number in range(int(first), int(last or first) + 1)
    )
