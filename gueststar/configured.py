"""What a broker's configuration says to its readers: its Kafka, its registry, its topics' names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from broker.kafka import Connection
from broker.settings import TopicsSection, read_settings
from broker.topic_names import prefixed
from broker.topics import Topics, topics_of
from gueststar.subscription import connection_to

LEDGER: Final = TopicsSection(input=("any",)).ledger
"""The ledger's topic, where no configuration names another."""


@dataclass(frozen=True)
class Configured:
    """A broker, as one who reads its topics sees it."""

    connection: Connection
    ledger: str = LEDGER
    registry: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The settings of the registry's client; empty where there is none."""
    prefix: str = ""

    def named(self, topics: Topics) -> list[str]:
        """Topics by their names in Kafka; a pattern is left as it is. Raises SettingsError."""
        return [
            name if name.startswith("^") else prefixed(self.prefix, name)
            for name in topics_of(topics)
        ]


def configured(config: Path | None, bootstrap: str | None) -> Configured:
    """What a configuration says, or the environment and the defaults; `bootstrap` wins over all.

    Raises SettingsError.
    """
    if config is None:
        return Configured(connection_to(bootstrap))
    settings = read_settings(config)
    kafka, topics = settings.kafka, settings.topics
    connection = connection_to(bootstrap or kafka.bootstrap, kafka.security)
    return Configured(connection, topics.ledger, settings.own_registry, topics.prefix)
