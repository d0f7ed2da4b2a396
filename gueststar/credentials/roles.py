"""The rights of each role at our Kafka: what it needs for its work, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from typing import Final

from broker.assembly import Parts, build
from broker.errors import SettingsError
from broker.kafka import transactional_id
from broker.kafka.connection import READERS
from broker.kafka.rights import Right
from broker.models.retrains import JOB as RETRAINING
from broker.rights import to_compare, to_deploy, to_publish, to_read
from broker.settings import Settings
from broker.subscribed import names_of
from gueststar.anomalies.records import REVIEWS
from gueststar.reclassify_command import TOPIC as REVISIONS

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A user's name: without a dot or a dash, so that no user's prefix begins another's."""

SENDERS: Final = ("replay", "telescope")
"""Behind READERS, how the groups and the transactional ids begin that say what was sent."""


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
    PORTAL = "portal"
    """Shows what is published, and does for authors what they do: `gueststar portal`."""
    OBSERVER = "observer"
    """Asks telescopes: `gueststar followup run`."""
    LISTENER = "listener"
    """Keeps notices of other messengers: `gueststar messenger listen`."""
    REVISER = "reviser"
    """Publishes verdicts of a lake's alerts again: `gueststar reclassify`."""
    MODELLER = "modeller"
    """Deploys models, promotes them and makes them again: `gueststar model`, retraining."""
    SENDER = "sender"
    """Sends what workers read, as a survey does: `gueststar replay`, `loop`, `telescope run`."""


def check_name(name: str, settings: Settings) -> None:
    """Raises SettingsError for what is no user's name, or would give it groups of others."""
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no user's name; write a to z, digits and _, at most 32, a letter first"
        )
    for group in _groups_of_jobs(settings):
        if group.startswith((*own_groups(name),)):
            raise SettingsError(
                f"{name!r} would be given the group {group!r} of a job; choose another name"
            )


def _groups_of_jobs(settings: Settings) -> Iterator[str]:
    """In which workers, and the jobs beside them, keep how far they came."""
    yield from (settings.kafka.group, f"{settings.kafka.group}.letters", settings.source.group)
    yield from (settings.followup.group, settings.notices.group, settings.messengers.group)
    yield from map(lone_groups, SENDERS)


def rights_of(role: Role, settings: Settings, name: str, there: Collection[str]) -> list[Right]:
    """What a user of a role needs, each once. there: the topics that our Kafka has.

    Raises SettingsError where the settings have no such work.
    """
    # A job's room is opened where it is asked for: `gueststar --help` shall load nothing.
    if role is Role.NOTIFIER:
        from services.notices.rights import to_notify  # noqa: PLC0415

        return [*to_notify(settings, there)]
    if role is Role.OBSERVER:
        from services.followup.rights import to_follow_up  # noqa: PLC0415

        return [*to_follow_up(settings, there)]
    if role is Role.LISTENER:
        from services.messengers.rights import to_listen  # noqa: PLC0415

        return [*to_listen(settings, there)]
    if role is Role.WORKER:
        return [*dict.fromkeys(of_worker(build(settings), there))]
    if role is Role.SENDER:
        return [*of_sender(settings)]
    return [*dict.fromkeys(OF_PEOPLE[role](settings, name))]


def lone_groups(name: str) -> str:
    """How the groups without a name begin of who has this one, a user or a job."""
    return f"{READERS}-{name}-"


def own_groups(name: str) -> Iterator[str]:
    """How the groups begin that are a user's alone: those without a name, and named ones."""
    yield lone_groups(name)
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
        read = names_of(settings.topics.input, there)
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
    """The control topic, and that of reviews; the topics of filters are made, and not read.

    Raises SettingsError where filters are not deployed here.
    """
    filters = settings.filters
    if not filters.live:
        raise SettingsError("[filters] live is empty: no filters are deployed here")
    yield Right("Read", "topic", filters.live)
    yield Right("Write", "topic", filters.live)
    for prefix in (filters.topic_prefix, f"{filters.shared}."):
        yield Right("Create", "topic", prefix, begins=True)
        yield Right("Describe", "topic", prefix, begins=True)
    yield from of_reviewer(settings, name)


def of_portal(settings: Settings, name: str) -> Iterator[Right]:
    """What its pages show, and what an author or, without filters, a reviewer may."""
    topics = settings.topics
    for topic in filter(None, (topics.enriched, topics.dead_letters, topics.ledger, topics.status)):
        yield Right("Read", "topic", topic)
    yield Right("Read", "group", lone_groups(name), begins=True)
    yield from (of_author if settings.filters.live else of_reviewer)(settings, name)


def of_reviser(settings: Settings, name: str) -> Iterator[Right]:
    """The topic of revisions, of which it keeps every record."""
    revisions = settings.topics.named(REVISIONS)
    yield from _kept(revisions)
    yield Right("Read", "group", lone_groups(name), begins=True)
    yield Right("Write", "transactional id", transactional_id(revisions, ""), begins=True)


def of_modeller(settings: Settings, name: str) -> Iterator[Right]:
    """The records of models, and what they are judged by. Raises SettingsError without them."""
    models, topics = settings.models, settings.topics
    if not models.live:
        raise SettingsError("[models] live is empty: no models are deployed here")
    for topic in (models.live, models.retrains):
        yield from _kept(topic)
    for topic in (models.comparisons, topics.enriched, topics.named(REVIEWS)):
        yield Right("Read", "topic", topic)
    yield Right("Read", "group", lone_groups(name), begins=True)
    job = transactional_id(settings.kafka.group, RETRAINING)
    yield Right("Write", "transactional id", job)


def of_sender(settings: Settings) -> Iterator[Right]:
    """The topics of the input. Raises SettingsError where they are another's, or patterns."""
    named = names_of(settings.topics.input, ())
    if settings.is_elsewhere or not named:
        raise SettingsError("[topics] input names no topic of our Kafka that could be written to")
    for topic in named:
        # Kafka wants Read of the topic whose offset says how much was sent, though nobody reads it.
        yield from _kept(topic)
    for sender in SENDERS:
        yield Right("Read", "group", lone_groups(sender), begins=True)
        yield Right("Write", "transactional id", lone_groups(sender), begins=True)


def _kept(topic: str) -> Iterator[Right]:
    """All that is done with a topic by who makes it, writes it and reads it again."""
    for operation in ("Read", "Write", "Create", "DescribeConfigs"):
        yield Right(operation, "topic", topic)


def of_reviewer(settings: Settings, name: str) -> Iterator[Right]:
    """The topic of reviews, of which who answers first makes it."""
    reviews = settings.topics.named(REVIEWS)
    for operation in ("Read", "Write", "Create"):
        yield Right(operation, "topic", reviews)
    yield Right("Describe", "group", lone_groups(name), begins=True)


def of_annotator(settings: Settings, name: str) -> Iterator[Right]:
    """The topic that is its own. Raises SettingsError for who is no annotator there."""
    inbox = settings.followup.inboxes.get(name)
    if inbox is None:
        raise SettingsError(
            f"{name!r} is not among [followup] annotators; name it there, and start the follow-up"
            " job anew, which makes its topic"
        )
    yield Right("Write", "topic", inbox)


OF_PEOPLE: Final[Mapping[Role, Callable[[Settings, str], Iterator[Right]]]] = {
    Role.READER: of_reader,
    Role.AUTHOR: of_author,
    Role.REVIEWER: of_reviewer,
    Role.ANNOTATOR: of_annotator,
    Role.PORTAL: of_portal,
    Role.REVISER: of_reviser,
    Role.MODELLER: of_modeller,
}
"""Roles whose rights go by the user's name."""
