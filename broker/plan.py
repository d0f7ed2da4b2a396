"""What a worker would do, said before it does it: `gueststar check`. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from broker.assembly import Parts
from broker.kafka import KafkaAdmin
from broker.kafka.admin import TOPIC_BYTES_MAX_DEFAULT
from broker.kafka.connection import COMPRESSION_TYPE, Compression, topic_compression
from broker.rights import Lack, lack, to_compare, to_deploy, to_publish, to_read
from broker.schema_sources import schema_source
from broker.subscribed import is_pattern, matches, subscribed
from schemas.enriched_schema import OWN_NAME_END
from schemas.errors import RegistryError
from schemas.learned import Given
from schemas.suggestion import nearest

INPUT: Final = "input"
"""How the role of a topic begins that is read."""

ANY_SCHEMA: Final = 1
"""A schema's id; that there is none of it is an answer, too."""
FREE: Final = "NONE"
"""The compatibility level by which each writer schema can be a version of one subject."""


class PlannedTopic(NamedTuple):
    """One topic: what it is for, and what Kafka says of it."""

    name: str
    role: str
    form: str
    """full or lite; empty for what is not of alerts."""
    partitions: int | None
    """None where it does not exist, or is hidden."""
    bytes_max: int | None
    """The largest batch of messages it takes; None where that is not known."""
    is_hidden: bool = False
    """Whether Kafka does not tell us of it."""


@dataclass(frozen=True)
class Plan:
    """The graph of a configuration, its topics, and what should be seen to first."""

    steps: tuple[str, ...]
    """The path of an alert, a line each."""
    topics: tuple[PlannedTopic, ...]
    problems: tuple[str, ...]
    """For which a worker would not start, or would wait."""
    warnings: tuple[str, ...]
    """For which some alerts would go without cutouts, or become dead letters."""
    notes: tuple[str, ...] = ()
    """What may be as it should be."""


def plan(parts: Parts, admin: KafkaAdmin, survey: KafkaAdmin | None = None) -> Plan:
    """Ask Kafka about every topic of a configuration. Raises KafkaUnavailable.

    survey: the Kafka of the survey's topics, where that is another than ours.
    """
    ours, theirs = _sides(parts, admin, survey)
    topics = (
        *_planned(list(_inputs(parts, theirs.partitions)), theirs),
        *_planned(list(_roles(parts)), ours),
    )
    registry, compressions = _registry(parts), parts.settings.topics.compressions
    compressed = admin.compressions(name for name in compressions if ours.tells_of(name))
    lacks = [ours.lack] if ours is theirs else [theirs.lack, ours.lack]
    return Plan(
        tuple(_steps(parts)),
        topics,
        (
            *(line for lack in lacks for line in lack.problems),
            *_problems(parts, theirs, ours),
            *_survey_registry(parts),
            *registry.problems,
        ),
        (
            *_warnings(parts, topics),
            *_other_compressions(compressions, compressed),
            *registry.warnings,
        ),
        (*(line for lack in lacks for line in lack.notes), *_notes(parts, theirs.partitions)),
    )


class _Side(NamedTuple):
    """One Kafka: who asks it, its topics, and what we may not do there."""

    admin: KafkaAdmin
    partitions: Mapping[str, int]
    lack: Lack

    def tells_of(self, topic: str) -> bool:
        """Whether a topic's settings can be asked for."""
        return topic in self.partitions and topic not in self.lack.closed

    def lacks(self, topic: str) -> bool:
        """Whether there is no such topic, as far as we may know."""
        return topic not in self.partitions and topic not in self.lack.hidden


def _sides(parts: Parts, admin: KafkaAdmin, survey: KafkaAdmin | None) -> tuple[_Side, _Side]:
    """Ours, and that of the input, which may be the same."""
    partitions = admin.partitions()
    there = partitions if survey is None else survey.partitions()
    inputs = [name for name, _, _ in _inputs(parts, there)]
    filters = parts.settings.filters
    theirs = (filters.topic_prefix, *filters.shared_topics)
    deployed = [name for name in partitions if filters.live and name.startswith(theirs)]
    needed = list(to_publish(parts, partitions, deployed))
    useful = [*to_deploy(parts), *to_compare(_others(parts))]
    read, compared = list(to_read(parts, inputs)), list(to_compare(inputs))
    if survey is None:
        found = lack(admin, [*needed, *read], [*useful, *compared])
        ours = _Side(admin, partitions, found)
        return ours, ours
    return (
        _Side(admin, partitions, lack(admin, needed, useful)),
        _Side(survey, there, lack(survey, read, compared)),
    )


def _others(parts: Parts) -> Iterator[str]:
    """Topics of ours that workers read, or write no alerts to."""
    settings, topics = parts.settings, parts.settings.topics
    models = settings.models.records
    others = (settings.filters.live, *models, topics.replayed, topics.status)
    return filter(None, others)


def _planned(roles: Sequence[tuple[str, str, str]], side: _Side) -> Iterator[PlannedTopic]:
    limits = side.admin.bytes_max(name for name, _, _ in roles if side.tells_of(name))
    for topic in roles:
        name, partitions = topic[0], side.partitions.get(topic[0])
        hidden = partitions is None and not side.lacks(name)
        yield PlannedTopic(*topic, partitions, limits.get(name), hidden)


def _inputs(parts: Parts, partitions: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """As `_roles`, of the topics that are read: those that a pattern matches now, each once."""
    asked = parts.settings.topics.input
    for each in asked:
        if not is_pattern(each):
            yield each, INPUT, ""
            continue
        for name in sorted(partitions):
            if subscribed(name, asked) == each:
                yield name, f"{INPUT}, by {each}", ""


def _roles(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Each topic's name, role and form; of the input, that of dead letters alone."""
    topics = parts.topics
    if replayed := parts.settings.topics.replayed:
        yield replayed, f"{INPUT}, dead letters sent again", ""
    yield topics.enriched, "all alerts", topics.form(topics.enriched)
    for active in parts.filters.active:
        yield active.topic, f"filter {active.name}", topics.form(active.topic, active.form)
    if topics.embeddings:
        yield topics.embeddings, "embeddings", ""
    yield topics.dead_letters, "dead letters", ""
    yield topics.ledger, "ledger", ""
    if status := parts.settings.topics.status:
        yield status, "how each worker stands", ""
    if live := parts.settings.filters.live:
        yield live, "deployed filters", ""
    if models := parts.settings.models.live:
        yield models, "deployed models", ""
        yield parts.settings.models.comparisons, "what shadows of models say", ""
        yield parts.settings.models.retrains, "requests to make models again", ""
    if parts.settings.is_elsewhere:
        yield parts.settings.topics.positions, "how far the survey's Kafka is read", ""


def _told(given: Given) -> str:
    if given.kind == "vector":
        return f"vector {given.name} of {len(given.columns)}"
    return ", ".join(given.columns)


def _steps(parts: Parts) -> Iterator[str]:
    kafka = parts.settings.kafka
    where = f" of {parts.settings.source.bootstrap}" if parts.settings.is_elsewhere else ""
    topics = ", ".join(parts.settings.read)
    yield f"consume {topics}{where} as group {parts.settings.group}"
    yield "decode"
    for stage in parts.stages:
        model = stage.identity
        given = "; ".join(map(_told, stage.gives))
        yield f"score with {model.name} {model.version} ({model.sha256[:12]}): {given}"
    for active in parts.filters.active:
        clauses = ", ".join(active.clauses)
        yield f"select {active.name} {active.version}: {clauses} -> {active.topic}"
    if live := parts.settings.filters.live:
        filters = parts.settings.filters
        places = f"{filters.topic_prefix}NAME or {', '.join(filters.shared_topics)}"
        yield f"select with the filters deployed in {live} -> {places}"
    framings, compression = sorted(parts.settings.framings), parts.settings.enriched.compression
    yield f"publish {kafka.delivery}, framing {', '.join(framings)}, compression {compression}"
    if parts.registry:
        subject = f"RECORD{OWN_NAME_END}, RECORD being the record's name"
        yield f"our schemas in the registry {parts.registry.place}, each a version of {subject}"


def _problems(parts: Parts, theirs: _Side, ours: _Side) -> Iterator[str]:
    for name in parts.settings.topics.input:
        if not is_pattern(name) and theirs.lacks(name):
            near = nearest(name, (each for each in theirs.partitions if not each.startswith("__")))
            yield f"input topic {name} does not exist yet{near}; a worker waits until it does"
    if parts.settings.topics.create:
        return
    for name in parts.provided:
        if ours.lacks(name):
            yield f"topic {name} does not exist; create it, or set [topics] create = true"


def _warnings(parts: Parts, topics: tuple[PlannedTopic, ...]) -> Iterator[str]:
    """Limits that differ; Kafka's own default is taken for nobody's choice."""
    client = parts.settings.kafka.message_bytes_max
    limits = {topic.name: topic.bytes_max for topic in topics if topic.bytes_max is not None}
    read = (each.bytes_max or 0 for each in topics if each.role.startswith(INPUT))
    largest = max(read, default=0)
    if largest > max(client, TOPIC_BYTES_MAX_DEFAULT):
        yield (
            f"the input takes messages of {largest} bytes, our client sends up to {client}; raise"
            " [kafka] message_bytes_max, or larger alerts go without their cutouts"
        )
    for name in parts.outputs:
        wanted = max(client, largest if parts.topics.form(name) == "full" else 0)
        if limits.get(name, wanted) < wanted:
            yield (
                f"topic {name} takes {limits[name]} bytes, and messages of {wanted} may come; raise"
                " its max.message.bytes, or larger alerts go without their cutouts"
            )


def _notes(parts: Parts, partitions: Mapping[str, int]) -> Iterator[str]:
    """Patterns that match nothing now: the night's topic may be made in the evening."""
    for asked in parts.settings.topics.input:
        if is_pattern(asked) and not any(matches(asked, name) for name in partitions):
            yield f"{asked} matches no topic now; a worker reads those that come to match it"


def _other_compressions(
    wanted: Mapping[str, Compression], found: Mapping[str, str]
) -> Iterator[str]:
    """Topics that were there before, and are compressed otherwise than the settings say."""
    for topic, compression in found.items():
        (asked,) = topic_compression(wanted[topic]).values()
        if asked != compression:
            yield (
                f"topic {topic} has {COMPRESSION_TYPE} {compression}, and [topics.compressions]"
                f" asks for {asked}; change it in Kafka, as topics that exist stay as they are"
            )


def _survey_registry(parts: Parts) -> Iterator[str]:
    """What keeps the registry of the survey's schemas from answering, as a worker asks it."""
    if parts.settings.schemas.registry:
        source = schema_source(parts.settings)
        assert source is not None, "the settings name a registry"
        try:
            source.find(ANY_SCHEMA)
        except RegistryError as error:
            yield str(error)


class _Registry(NamedTuple):
    """What the registry of our own schemas says."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _registry(parts: Parts) -> _Registry:
    """Whether it answers, and takes schemas that are no successors of each other."""
    if not parts.registry:
        return _Registry()
    try:
        default, subjects = parts.registry.levels(OWN_NAME_END)
    except RegistryError as error:
        return _Registry(problems=(str(error),))
    strict = [f"{name} ({level})" for name, level in subjects.items() if level != FREE]
    if default != FREE and not subjects:
        strict = [f"RECORD{OWN_NAME_END} ({default}, as all that have no level of their own)"]
    return _Registry(
        warnings=tuple(
            f"the registry {parts.registry.place} may refuse a survey's next schema: set to {FREE}"
            f" the compatibility level of the subject {subject}"
            for subject in strict
        )
    )
