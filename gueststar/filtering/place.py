"""Where filters are deployed: a Kafka, the topic of their records, and how theirs are named."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broker.defaults import BOOTSTRAP
from broker.deployments import records_of
from broker.deployments.register import Register
from broker.errors import SettingsError
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, TopicSettings, control_topic
from broker.kafka.connection import Compression
from broker.ports import ControlTopic
from broker.providing import output_topic
from broker.settings import FiltersSection, read_settings

DEFAULTS = FiltersSection()
"""The names of topics where no configuration names others."""

PATIENCE_S = 15.0
"""How long a command waits for a Kafka that does not answer; its user sits there."""


@dataclass(frozen=True)
class Place:
    """A broker's Kafka, as one who deploys sees it."""

    bootstrap: str = BOOTSTRAP
    live: str = DEFAULTS.live
    """The topic of the records."""
    prefix: str = DEFAULTS.topic_prefix
    """What the topic of a deployed filter begins with."""
    partitions: int = 1
    """Of a topic that must be created; so are its replicas."""
    replication: int = 1
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    compressions: Mapping[str, Compression] = field(default_factory=dict)
    """By topic, over the broker's own."""

    @contextmanager
    def opened(self) -> Iterator[ControlTopic]:
        """The control topic, created where it is missing. Raises KafkaUnavailable."""
        self.provide(control_topic(self.live, replication=self.replication))
        with closing(KafkaControlTopic(self._link(), self.live)) as control:
            yield control

    def register(self) -> Register:
        """All that was ever deployed here. Raises KafkaUnavailable, TopicMissing."""
        with closing(KafkaControlTopic(self._link(), self.live)) as control:
            return Register().after(records_of(control.present()))

    def provide_output(self, name: str) -> None:
        """Have a filter's topic exist."""
        self.provide(output_topic(name, self.partitions, self.replication, self.compressions))

    def provide(self, topic: TopicSettings) -> None:
        """Create a topic where it is missing. Raises KafkaUnavailable, and what Kafka refuses."""
        admin = KafkaAdmin(self._link())
        admin.wait()
        if topic.name not in admin.partitions():
            admin.create([topic])

    def _link(self) -> Connection:
        return Connection.configured(self.bootstrap, patience_s=PATIENCE_S, security=self.security)


def place_of(config: Path | None, bootstrap: str | None) -> Place:
    """What a configuration says, or the environment and the defaults; `bootstrap` wins over all.

    Raises SettingsError where the configuration allows no deployed filters.
    """
    if config is None:
        return Place(bootstrap or os.environ.get("GUESTSTAR_BOOTSTRAP", BOOTSTRAP))
    settings = read_settings(config)
    filters, topics, kafka = settings.filters, settings.topics, settings.kafka
    if not filters.live:
        raise SettingsError(f"{config}: [filters] live is empty, so no filter is deployed here")
    return Place(
        bootstrap or kafka.bootstrap,
        filters.live,
        filters.topic_prefix,
        topics.partitions,
        topics.replication,
        kafka.security,
        topics.compressions,
    )


def operator() -> str:
    """Who deploys: user@host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
