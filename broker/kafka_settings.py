"""[kafka], [source] and [topics]: which Kafka is read and written, and what topics are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.defaults import (
    BOOTSTRAP,
    DEAD_LETTERS,
    ENRICHED,
    GROUP,
    LEDGER,
    POSITIONS,
    REPLAYED,
)
from broker.errors import SettingsError
from broker.kafka.connection import (
    MESSAGE_BYTES_MAX,
    PATIENCE_S,
    SESSION_TIMEOUT_MS,
    TRANSACTION_TIMEOUT_MS,
    Compression,
    Start,
    check_security,
)
from broker.ledger import Delivery
from broker.subscribed import is_pattern, matches
from broker.topic_names import check_prefix_of_all, prefixed
from broker.topics import topics_of
from schemas.enriched_framing import FramingName
from schemas.form import Form


@dataclass(frozen=True)
class KafkaSection:
    """[kafka]: where it is, who we are to it, and what it can promise."""

    bootstrap: str = BOOTSTRAP
    group: str = GROUP
    start: Start = "earliest"
    delivery: Delivery = Delivery.EXACTLY_ONCE
    patience_s: float = PATIENCE_S
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    transaction_timeout_ms: int = TRANSACTION_TIMEOUT_MS
    message_bytes_max: int = MESSAGE_BYTES_MAX
    security: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raises SettingsError for a client setting that is not one of security."""
        for name in self.security:
            check_security(name, "[kafka.security]")


@dataclass(frozen=True)
class SourceSection:
    """[source]: the survey's own Kafka, where that is another than ours; we only read there."""

    bootstrap: str = ""
    """Empty: the survey's topics stand in [kafka]."""
    topics: tuple[str, ...] = ()
    group: str = ""
    """As the survey gives it out, or begins it; empty: that of [kafka]."""
    start: Start = "earliest"
    security: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raises SettingsError for what names no Kafka, and for no setting of security."""
        for name in self.security:
            check_security(name, "[source.security]")
        if self.bootstrap:
            object.__setattr__(self, "topics", read_topics(self.topics, "[source] topics"))
        elif self.topics or self.group or self.security:
            raise SettingsError("[source] has no bootstrap; say where the survey's Kafka is")


@dataclass(frozen=True)
class TopicsSection:
    """[topics]: what is read, where things go and in which form; names have the prefix already."""

    input: tuple[str, ...] = ()
    prefix: str = ""
    enriched: str = ENRICHED
    dead_letters: str = DEAD_LETTERS
    ledger: str = LEDGER
    positions: str = POSITIONS
    replayed: str = REPLAYED
    embeddings: str = ""
    """Each alert's embedding by itself; empty: in full records alone."""
    status: str = ""
    """How each worker stands, once a minute; empty: not told."""
    forms: Mapping[str, Form] = field(default_factory=dict)
    framings: Mapping[str, FramingName] = field(default_factory=dict)
    compressions: Mapping[str, Compression] = field(default_factory=dict)
    create: bool = True
    partitions: int = 1
    replication: int = 1

    def __post_init__(self) -> None:
        """Raises SettingsError where one topic has two uses."""
        check_prefix_of_all(self.prefix)
        if self.input:
            object.__setattr__(self, "input", read_topics(self.input, "[topics] input"))
        for name in ("enriched", "dead_letters", "ledger", "positions"):
            object.__setattr__(self, name, self.named(getattr(self, name)))
        for name in filter(self.__getattribute__, ("replayed", "embeddings", "status")):
            object.__setattr__(self, name, self.named(getattr(self, name)))
        for key in ("forms", "framings", "compressions"):
            by_topic = {self.named(topic): value for topic, value in getattr(self, key).items()}
            object.__setattr__(self, key, by_topic)
        for name in (self.enriched, self.dead_letters, self.ledger):
            self.check_output(name)
        twice = {topic for topic in self.used if self.used.count(topic) > 1}
        if twice:
            raise SettingsError(f"[topics] {', '.join(sorted(twice))}: one topic, two uses")

    def check_output(self, topic: str) -> None:
        """Raises SettingsError for a topic of ours that a pattern of the input takes in."""
        for asked in self.input:
            if is_pattern(asked) and matches(asked, topic):
                raise SettingsError(
                    f"[topics] input {asked!r} takes in {topic!r}, which the broker writes;"
                    " name the survey's topics more closely"
                )

    def named(self, topic: str) -> str:
        """What a topic of ours is called in Kafka."""
        return prefixed(self.prefix, topic)

    @property
    def read(self) -> tuple[str, ...]:
        """The topics from which alerts are read: the survey's, and that of letters sent again."""
        return (*self.input, self.replayed) if self.replayed else self.input

    @property
    def used(self) -> list[str]:
        """Every topic named, each with a use of its own."""
        ours = (self.enriched, self.dead_letters, self.ledger, self.positions, self.replayed)
        return [*self.input, *filter(None, (*ours, self.embeddings, self.status))]


def read_topics(named: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Names and patterns. Raises SettingsError for what is neither, and where there is none."""
    if not named:
        raise SettingsError(f"{key} is empty; name the topics to read alerts from")
    try:
        return topics_of(named)
    except SettingsError as error:
        raise SettingsError(f"{key}: {error}") from None
