"""What a configuration says to those who are no workers of the broker: its Kafka, its topics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka.connection import PATIENCE_S
from broker.kafka_settings import TopicsSection
from broker.ports import ControlTopic
from broker.settings import Settings, read_settings
from broker.topics import Topics, topics_of
from gueststar.subscription import connection_to

DEFAULTS: Final = Settings(TopicsSection(input=("any",)))
"""Where there is no configuration; nobody reads its input."""


def settings_of(config: Path | None) -> Settings:
    """A configuration's settings, or the defaults. Raises SettingsError."""
    return DEFAULTS if config is None else read_settings(config)


@dataclass(frozen=True)
class Configured:
    """A broker, as those see it who are no workers of it."""

    settings: Settings
    connection: Connection

    @classmethod
    def of(
        cls, config: Path | None, bootstrap: str | None, *, patience_s: float = PATIENCE_S
    ) -> Self:
        """A configuration's, or the environment's and the defaults; `bootstrap` wins over all.

        Raises SettingsError.
        """
        settings = settings_of(config)
        address = bootstrap or (settings.kafka.bootstrap if config else None)
        security = settings.kafka.security
        return cls(settings, connection_to(address, security, patience_s=patience_s))

    def named(self, topics: Topics) -> list[str]:
        """Topics by their names in Kafka; a pattern is left as it is. Raises SettingsError."""
        return [
            name if name.startswith("^") else self.settings.topics.named(name)
            for name in topics_of(topics)
        ]

    @contextmanager
    def control(self, name: str) -> Iterator[ControlTopic]:
        """A control topic, created where it is missing. Raises KafkaUnavailable."""
        self.provide(control_topic(name, replication=self.settings.topics.replication))
        with closing(KafkaControlTopic(self.connection, name)) as control:
            yield control

    def provide(self, topic: TopicSettings) -> None:
        """Create a topic where it is missing. Raises KafkaUnavailable, and what Kafka refuses."""
        admin = KafkaAdmin(self.connection)
        admin.wait()
        if topic.name not in admin.partitions():
            admin.create([topic])
