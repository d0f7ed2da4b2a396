"""Which topics a reader or a worker names: by name or pattern; checked before Kafka is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from broker.errors import SettingsError, TopicMissing
from broker.subscribed import matches
from filters.expressions.filter import NAME
from filters.selection import TOPIC
from schemas.suggestion import nearest

Topics = str | Sequence[str]
"""A topic's name; several, in a list or divided by commas; or a pattern, which begins with ^.

A pattern is a regular expression that matches from a name's beginning ("^ztf_[0-9]{8}$"), and may
stand in a list beside names. Topics that match it later are read, too.
"""


class Address(NamedTuple):
    """What a reader names: a topic or a pattern, or one filter's alerts on a topic of several."""

    topic: str
    filter: str = ""

    def __str__(self) -> str:
        return f"{self.topic}/{self.filter}" if self.filter else self.topic


def topics_of(named: Topics) -> tuple[str, ...]:
    """The names and patterns, each once. Raises SettingsError for what is neither."""
    found = _names(named)
    for name in found:
        _check(name)
    return found


def addresses_of(named: Topics) -> tuple[Address, ...]:
    """The same, of which names may be TOPIC/FILTER. Raises SettingsError for what is neither."""
    found = tuple(
        Address(name) if name.startswith("^") else Address(*name.split("/", 1))
        for name in _names(named)
    )
    for each in found:
        _check(each.topic)
        if each.filter and not NAME.fullmatch(each.filter):
            raise SettingsError(f"{each}: {each.filter!r} is no name of a deployed filter")
    return found


def _names(named: Topics) -> tuple[str, ...]:
    if not (isinstance(named, str) or _is_texts(named)):
        raise SettingsError(
            f"topic {named!r} is no text; name one, as 'young-supernovae', or a list of them"
        )
    parts = [part for each in _listed(named) for part in _divided(each)]
    found = tuple(dict.fromkeys(name.strip() for name in parts))
    if not found:
        raise SettingsError("no topic is named; name one, as 'young-supernovae'")
    return found


def matching(topics: Iterable[str], existing: Iterable[str]) -> tuple[str, ...]:
    """Those of the existing topics that are named or match a pattern.

    Raises TopicMissing for a name that does not exist, and where a pattern matches nothing.
    """
    there = sorted(name for name in existing if not name.startswith("__"))
    found: dict[str, None] = {}
    for topic in topics:
        matched = [name for name in there if matches(topic, name)]
        if not matched:
            verb = "matches no topic" if topic.startswith("^") else "does not exist"
            raise TopicMissing(f"topic {topic!r} {verb}{nearest(topic, there)}")
        found.update(dict.fromkeys(matched))
    return tuple(found)


def _listed(named: Topics) -> Sequence[str]:
    return [named] if isinstance(named, str) else named


def _divided(name: str) -> list[str]:
    """A pattern may hold commas of its own: {2,3}."""
    return [name] if name.startswith("^") else name.split(",")


def _is_texts(named: object) -> bool:
    return isinstance(named, Sequence) and all(isinstance(each, str) for each in named)


def _check(name: str) -> None:
    if not name.startswith("^"):
        if TOPIC.fullmatch(name):
            return
        raise SettingsError(
            f"topic {name!r} is no name of a topic: letters, digits, '.', '_' and '-' only; a"
            " pattern begins with ^"
        )
    try:
        re.compile(name)
    except re.error as error:
        raise SettingsError(f"topic {name!r} is no pattern: {error}") from None
