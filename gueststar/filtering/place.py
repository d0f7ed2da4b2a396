"""Where filters are deployed: a Kafka, the topic of their records, and how theirs are named."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from broker.deployments import records_of
from broker.deployments.lists import Lists
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.errors import SettingsError
from broker.kafka import KafkaControlTopic
from broker.ports import ControlTopic
from broker.provider import output_topic
from broker.topic_names import FilterTopics, shared_topic
from filters.expressions.filter import ExpressionFilter
from gueststar.configured import Configured

PATIENCE_S = 15.0
"""How long a command waits for a Kafka that does not answer; its user sits there."""


class Place(Configured):
    """A broker's Kafka, as one who deploys sees it."""

    def topic(
        self, wanted: ExpressionFilter, previous: Version | None, asked: FilterTopics | None = None
    ) -> str:
        """What a filter's next version publishes to.

        asked: whether that is shared; unless said, it is as of the version before, and of a new
        filter as the settings say.
        """
        filters = self.settings.filters
        own = filters.topic_prefix + wanted.name
        before: FilterTopics = "own" if previous and previous.topic == own else "shared"
        kind = asked or (before if previous else filters.topics)
        return own if kind == "own" else shared_topic(filters.shared, wanted.form)

    @contextmanager
    def opened(self) -> Iterator[ControlTopic]:
        """The control topic, created where it is missing. Raises KafkaUnavailable."""
        with self.control(self.settings.filters.live) as control:
            yield control

    def register(self) -> Register:
        """All filters that were ever deployed here. Raises KafkaUnavailable, TopicMissing."""
        return self.deployed()[0]

    def deployed(self) -> tuple[Register, Lists]:
        """The same, and the lists of the sky that stand."""
        with closing(KafkaControlTopic(self.connection, self.settings.filters.live)) as control:
            messages = control.present()
        return Register().after(records_of(messages)), Lists().after(messages)

    def provide_output(self, name: str) -> None:
        topics = self.settings.topics
        self.provide(output_topic(name, topics.partitions, topics.replication, topics.compressions))


def place_of(config: Path | None, bootstrap: str | None) -> Place:
    """What a configuration says, or the environment and the defaults; `bootstrap` wins over all.

    Raises SettingsError where the configuration allows no deployed filters.
    """
    place = Place.of(config, bootstrap, patience_s=PATIENCE_S)
    if not place.settings.filters.live:
        raise SettingsError(f"{config}: [filters] live is empty, so no filter is deployed here")
    return place


def operator() -> str:
    """Who deploys: user@host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
