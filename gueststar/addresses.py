"""What a reader names, found: a topic, or a filter's alerts on a topic that filters share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from broker.defaults import DEPLOYED
from broker.deployments import records_of
from broker.deployments.register import Register
from broker.headers import named
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic
from broker.ports import Message
from broker.topics import Address, Topics, addresses_of
from filters.expressions.filter import NAME

OWN_TOPIC: Final = re.compile(rf"((?:.*[._-])?)filter\.({NAME.pattern})")
"""How the topic of a filter that has one of its own is called, behind a broker's prefix."""


@dataclass(frozen=True)
class Addresses:
    """The topics that are read, and of whose filters on them."""

    topics: tuple[str, ...]
    filters: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    """By topic: the filters whose alerts are wanted; of other topics all are."""

    @classmethod
    def of(cls, found: Iterable[Address]) -> Addresses:
        """Those of which one may be of a whole topic and another of a filter there."""
        by_topic: dict[str, set[str]] = {}
        for each in found:
            by_topic.setdefault(each.topic, set()).add(each.filter)
        few = {topic: some for topic, some in by_topic.items() if "" not in some}
        wanted = {t: frozenset(each.encode() for each in some) for t, some in few.items()}
        return cls(tuple(by_topic), wanted)

    def wanted(self, messages: list[Message]) -> list[Message]:
        """Those that are asked for, told by their headers: nothing of the others is decoded."""
        if not self.filters:
            return messages
        return [each for each in messages if self._is_wanted(each)]

    def _is_wanted(self, message: Message) -> bool:
        filters = self.filters.get(message.topic)
        return filters is None or not filters.isdisjoint(named(message.headers))


def found_at(connection: Connection, asked: Topics) -> Addresses:
    """Where what is asked for stands: a filter's name is its topic, or where its alerts are.

    What is neither a topic that exists nor a deployed filter is a topic that is waited for.
    Raises SettingsError for what is no name, KafkaUnavailable.
    """
    addresses = addresses_of(asked)
    if not any(map(_control_topic, addresses)):
        return Addresses.of(addresses)
    there = KafkaAdmin(connection).partitions()
    return Addresses.of(_found(each, there, connection) for each in addresses)


def _found(asked: Address, there: Collection[str], connection: Connection) -> Address:
    control = _control_topic(asked)
    if control is None or asked.topic in there or control not in there:
        return asked
    with closing(KafkaControlTopic(connection, control)) as opened:
        register = Register().after(records_of(opened.present()))
    return deployed_at(asked, register)


def deployed_at(asked: Address, register: Register) -> Address:
    """The topic of the deployed filter of a name, by its newest version; else as asked."""
    name = _filter_of(asked.topic)
    version = register.latest.get(name)
    if version is None or version.topic == asked.topic:
        return asked
    has_own = OWN_TOPIC.fullmatch(version.topic)
    return Address(version.topic) if has_own else Address(version.topic, name)


def _control_topic(asked: Address) -> str | None:
    """Where it would say of a filter of that name that it is deployed; None: it names none."""
    if asked.filter or asked.topic.startswith("^"):
        return None
    own = OWN_TOPIC.fullmatch(asked.topic)
    if own is not None:
        return f"{own[1]}filters"
    return DEPLOYED if NAME.fullmatch(asked.topic) else None


def _filter_of(topic: str) -> str:
    own = OWN_TOPIC.fullmatch(topic)
    return topic if own is None else own[2]
