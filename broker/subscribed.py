"""What a reader subscribes to: topics by name, and patterns that take in what they match."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from broker.ports import Partition


def subscribed(topic: str, subscription: Iterable[str]) -> str:
    """The name or the pattern by which a topic is read; a name comes first. Empty: by none."""
    matching = (each for each in sorted(subscription, key=is_pattern) if matches(each, topic))
    return next(matching, "")


def matches(asked: str, topic: str) -> bool:
    """Whether a name or a pattern means that topic."""
    return re.match(asked, topic) is not None if is_pattern(asked) else asked == topic


def is_pattern(asked: str) -> bool:
    """Whether topics are matched by it, as librdkafka has it."""
    return asked.startswith("^")


def names_of(subscription: Sequence[str], there: Iterable[str]) -> list[str]:
    """The topics that are read now: those named, and of those there the ones that match."""
    named = [each for each in subscription if not is_pattern(each)]
    return [*dict.fromkeys([*named, *(each for each in there if subscribed(each, subscription))])]


def members_of(
    asked: str, subscription: Iterable[str], partitions: Mapping[str, int]
) -> list[Partition]:
    """All partitions that are read by one name or pattern, in order.

    partitions: how many each topic has.
    """
    wanted = tuple(subscription)
    return [
        Partition(topic, number)
        for topic in sorted(partitions)
        if subscribed(topic, wanted) == asked
        for number in range(partitions[topic])
    ]
