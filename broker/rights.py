"""The rights that a worker needs at either Kafka, and how those that it lacks are named."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from broker.assembly import Parts
from broker.kafka import KafkaAdmin, transactional_id
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.ledger import Delivery


@dataclass(frozen=True)
class Lack:
    """What we may not do at one Kafka, as far as it says so."""

    problems: tuple[str, ...]
    """Without these rights no worker works, a line each."""
    notes: tuple[str, ...]
    """Without these it does, and what Kafka did not say."""
    hidden: frozenset[str]
    """Topics of which it does not even say that they are there."""
    closed: frozenset[str]
    """Topics whose settings it does not tell."""


def lack(admin: KafkaAdmin, needed: Iterable[Right], useful: Iterable[Right]) -> Lack:
    """Ask one Kafka. Raises KafkaUnavailable."""
    wanted, wished = dict.fromkeys(needed), dict.fromkeys(useful)
    said = admin.ask_rights([*wanted, *(each for each in wished if each not in wanted)])
    unsaid = [str(each) for each in said.unsaid if each.operation != "DescribeConfigs"]
    not_known = f"not known is the right to {', '.join(unsaid)} at {said.place}"
    missing = said.missing
    hidden = frozenset(each.name for each in missing if each.operation in ("Read", "Write"))
    fatal = [each for each in missing if each in wanted and not _is_perhaps_there(each, hidden)]
    lines = {each: f"no right to {each} at {said.place}" for each in missing}
    return Lack(
        tuple(lines[right] for right in fatal),
        (
            *(f"{line}; {_cost(right)}" for right, line in lines.items() if right not in fatal),
            *([f"{not_known}, which Kafka may say once all topics are there"] if unsaid else []),
        ),
        hidden,
        frozenset(each.name for each in missing if each.operation == "DescribeConfigs"),
    )


def _is_perhaps_there(right: Right, hidden: Container[str]) -> bool:
    """Whether it is to make what Kafka may only not tell us of."""
    return right.operation == "Create" and right.name in hidden


def _cost(right: Right) -> str:
    """Of being without a right that is useful only, or for some cases."""
    if right.operation == "Create" and not right.begins:
        return "needed where it is not there yet"
    if right.operation == "Create":
        return "make the topics of filters before they are deployed"
    return "how large its messages may be is not known"


def to_read(parts: Parts, inputs: Sequence[str]) -> Iterator[Right]:
    """At the Kafka of the input. inputs: the topics that are read now."""
    for topic in inputs:
        yield Right("Read", "topic", topic)
    yield Right("Read", "group", parts.settings.group)


def to_publish(parts: Parts, there: Container[str], deployed: Sequence[str]) -> Iterator[Right]:
    """At ours. there: the topics that it has; deployed: those of them that are of filters."""
    settings = parts.settings
    topics = settings.topics
    live = [*filter(None, [settings.filters.live]), *settings.models.records]
    kept = [topics.positions] if settings.is_elsewhere else []
    for topic in (*parts.outputs, *deployed, *kept):
        yield Right("Write", "topic", topic)
        # A message over a topic's limit would end its transaction, so limits are asked for first.
        yield Right("DescribeConfigs", "topic", topic)
    heard = (*settings.messengers.asked, *settings.followup.asked)
    for topic in (*kept, *live, *heard):
        yield Right("Read", "topic", topic)
        yield Right("Describe", "group", f"{READERS}-", begins=True)
    yield from (Right("Write", "topic", each) for each in filter(None, [*live, topics.status]))
    if topics.replayed:
        yield Right("Read", "topic", topics.replayed)
        if settings.is_elsewhere:
            yield Right("Read", "group", settings.of_letters().group)
    if topics.create:
        yield from (Right("Create", "topic", each) for each in parts.provided if each not in there)
    if settings.kafka.delivery is Delivery.EXACTLY_ONCE:
        # By prefix: whoever takes a dead worker's partitions over ends what that one had open.
        name = transactional_id(settings.kafka.group, "")
        yield Right("Write", "transactional id", name, begins=True)


def to_deploy(parts: Parts) -> Iterator[Right]:
    """At ours, for filters that are deployed while it runs."""
    filters = parts.settings.filters
    if filters.live and parts.settings.topics.create:
        yield Right("Create", "topic", filters.topic_prefix, begins=True)
        yield Right("Create", "topic", f"{filters.shared}.", begins=True)


def to_compare(read: Iterable[str]) -> Iterator[Right]:
    """For what `gueststar check` says of the sizes of topics that are read, alone."""
    return (Right("DescribeConfigs", "topic", topic) for topic in read)
