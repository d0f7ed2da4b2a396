"""[messengers]: where notices of other messengers come from, and what is asked of their events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from broker.errors import SettingsError
from broker.kafka import TopicSettings, control_topic
from broker.kafka.connection import Start, check_security
from broker.topics import topics_of
from filters.selection import TOPIC

MOCK_KEPT_MS: Final = 7 * 86_400_000
"""Mock events come every hour, a megabyte each, and nobody asks for them a week later."""


@dataclass(frozen=True)
class MessengersSection:
    """[messengers]: events that filters ask of, and where they come from."""

    topics: tuple[str, ...] = ()
    """Of notices; none: nothing is asked of events."""
    bootstrap: str = ""
    """Of their Kafka; empty: they stand in [kafka]."""
    group: str = "gueststar.messengers"
    start: Start = "earliest"
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    events: str = "gueststar.messengers"
    """Where each event's newest notice is kept, compacted."""
    notices: str = "gueststar.messengers.notices"
    """Where every notice is kept."""
    mock_events: str = "gueststar.messengers.mock"
    """Where those of mock events are, apart."""
    mock: bool = False
    """Whether filters may ask of mock events, by name."""
    message_bytes_max: int = 16_777_216
    """Of a notice with its map."""
    days_max: float = 14.0
    """An alert of so long after an event may be of it, where the event is not named."""
    kept_days_max: float = 60.0
    """After so long an event is taken off the topic of events; its notices stay."""
    events_max: int = 64
    """Asked at once: the newest."""
    lake: Path | None = None
    """By whose alerts it is said how many stand in an event's region by chance."""
    lake_nights_max: int = 30
    """Its last ones."""

    def __post_init__(self) -> None:
        """Raises SettingsError for names that no topic can have, and for no setting of security."""
        for name in self.security:
            check_security(name, "[messengers.security]")
        for topic in self.named:
            if not TOPIC.fullmatch(topic):
                raise SettingsError(f"[messengers] {topic!r} is no topic name")
        if len({*self.named}) < len(self.named):
            raise SettingsError("[messengers] events, notices and mock_events: one topic, two uses")
        if self.topics:
            object.__setattr__(self, "topics", topics_of(self.topics))
        elif self.bootstrap:
            raise SettingsError("[messengers] has a bootstrap and no topics; name those to read")

    @property
    def named(self) -> tuple[str, ...]:
        """The topics that are ours."""
        return (self.events, self.notices, self.mock_events)

    def prefixed(self, named: Callable[[str], str]) -> MessengersSection:
        """The same with its own topics as `TopicsSection.named` calls them."""
        events, notices, mock = map(named, self.named)
        return replace(self, events=events, notices=notices, mock_events=mock)

    @property
    def is_on(self) -> bool:
        """Whether events are heard of."""
        return bool(self.topics)

    @property
    def asked(self) -> tuple[str, ...]:
        """The topics of events that workers read."""
        if not self.is_on:
            return ()
        return (self.events, self.mock_events) if self.mock else (self.events,)


def events_topic(section: MessengersSection, name: str, *, replication: int) -> TopicSettings:
    """One of the section's topics as it is created."""
    size = {"max.message.bytes": str(section.message_bytes_max)}
    if name == section.notices:
        return TopicSettings(name, 1, replication, {**size, "retention.ms": "-1"})
    topic = control_topic(name, replication=replication)
    if name == section.mock_events:
        size |= {"cleanup.policy": "compact,delete", "retention.ms": str(MOCK_KEPT_MS)}
    return TopicSettings(name, 1, replication, {**topic.settings, **size})
