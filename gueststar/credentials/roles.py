"""The rights of each role at our Kafka: what it needs for its work, and no more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

from broker.assembly import Parts
from broker.errors import SettingsError
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.rights import to_compare, to_deploy, to_publish, to_read
from broker.settings import Settings
from broker.subscribed import is_pattern, subscribed
from gueststar.anomalies.records import REVIEWS

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A user's name: without a dot or a dash, so that no user's prefix begins another's."""


class Role(StrEnum):
    """What somebody does."""

    WORKER = "worker"
    """Reads the survey's topics and publishes: `gueststar run`."""
    READER = "reader"
    """Reads what is published to everybody: `gueststar subscribe`."""
    AUTHOR = "author"
    """Deploys filters, and pauses them: `gueststar filter deploy`. Reviews, too: a portal does both
    for those who are signed in as authors."""
    REVIEWER = "reviewer"
    """Says which of the oddest objects are interesting: `gueststar anomalies review`."""
    ANNOTATOR = "annotator"
    """Says of objects what it knows: `[followup] annotators`."""
    NOTIFIER = "notifier"
    """Sends notices of finds: `gueststar notices`."""


def check_name(name: str) -> None:
    """Raises SettingsError for what is no user's name."""
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no user's name; write a to z, digits and _, at most 32, a letter first"
        )


def own_groups(name: str) -> Iterator[str]:
    """How the groups begin that are a user's alone: those without a name, and named ones."""
    yield f"{READERS}-{name}-"
    yield f"{name}."


def of_worker(parts: Parts, there: Collection[str]) -> Iterator[Right]:
    """there: the topics that our Kafka has."""
    settings = parts.settings
    filters = settings.filters
    prefixes = (filters.topic_prefix, *filters.shared_topics)
    deployed = [name for name in there if filters.live and name.startswith(prefixes)]
    yield from to_publish(parts, (), deployed)
    yield from to_deploy(parts)
    if filters.live:
        for prefix in (filters.topic_prefix, f"{filters.shared}."):
            yield Right("Write", "topic", prefix, begins=True)
            yield Right("DescribeConfigs", "topic", prefix, begins=True)
    others = (filters.live, *settings.models.records, settings.topics.status)
    yield from to_compare(filter(None, others))
    if not settings.is_elsewhere:
        inputs = [each for each in settings.topics.input if not is_pattern(each)]
        matched = [each for each in there if subscribed(each, settings.topics.input)]
        read = [*dict.fromkeys([*inputs, *matched])]
        yield from to_read(parts, read)
        yield from to_compare([*read, *filter(None, [settings.topics.replayed])])


def of_reader(settings: Settings, name: str) -> Iterator[Right]:
    """Public topics, by groups of its own."""
    filters = settings.filters
    yield Right("Read", "topic", settings.topics.enriched)
    yield Right("Read", "topic", filters.topic_prefix, begins=True)
    yield Right("Read", "topic", f"{filters.shared}.", begins=True)
    if filters.live:
        yield Right("Read", "topic", filters.live)  # it says where a filter's alerts are
    if settings.topics.status:
        yield Right("Read", "topic", settings.topics.status)
    for prefix in own_groups(name):
        yield Right("Read", "group", prefix, begins=True)


def of_author(settings: Settings, name: str) -> Iterator[Right]:
    """The control topic, and that of reviews.

    Raises SettingsError where filters are not deployed here.
    """
    live = settings.filters.live
    if not live:
        raise SettingsError("[filters] live is empty: no filters are deployed here")
    yield Right("Read", "topic", live)
    yield Right("Write", "topic", live)
    yield from of_reviewer(settings, name)


def of_reviewer(settings: Settings, name: str) -> Iterator[Right]:
    """The topic of reviews, of which who answers first makes it."""
    reviews = settings.topics.named(REVIEWS)
    for operation in ("Read", "Write", "Create"):
        yield Right(operation, "topic", reviews)
    yield Right("Describe", "group", f"{READERS}-{name}-", begins=True)


def of_annotator(settings: Settings, name: str) -> Iterator[Right]:
    """The topic that is its own. Raises SettingsError for who is no annotator there."""
    inbox = settings.followup.inboxes.get(name)
    if inbox is None:
        raise SettingsError(
            f"{name!r} is not among [followup] annotators; name it there, and start the follow-up"
            " job anew, which makes its topic"
        )
    yield Right("Write", "topic", inbox)
