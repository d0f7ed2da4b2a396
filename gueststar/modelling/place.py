"""Where models are deployed: a Kafka, the topic of their records, and that of comparisons."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from broker.errors import SettingsError, TopicMissing
from broker.kafka import KafkaAdmin, KafkaControlTopic
from broker.models.compared import Compared, read_compared
from broker.models.register import ModelRegister, records_of
from gueststar.configured import Configured
from gueststar.ending import polls_to_end
from gueststar.filtering.place import PATIENCE_S
from gueststar.modelling.deployment import Records
from gueststar.subscription import reader

HOURS: Final = 168.0
"""So far back comparisons are read: as long as Kafka keeps them, unless it is told otherwise."""
ALERTS_MAX: Final = 2_000_000
"""Compared at once: 0.3 GB of scores."""
RECORDS: Final = "gueststar.models"
"""The topic of records where no configuration says otherwise."""


class ModelPlace(Configured):
    """A broker's Kafka, as one who deploys models sees it."""

    @property
    def live(self) -> str:
        """The topic of records."""
        return self.settings.models.live or RECORDS

    @contextmanager
    def opened(self) -> Iterator[Records]:
        """The control topic, created where it is missing. Raises KafkaUnavailable."""
        with self.control(self.live) as control:
            yield Records(control)

    def register(self) -> ModelRegister:
        """All that was ever deployed here. Raises KafkaUnavailable, TopicMissing."""
        with closing(KafkaControlTopic(self.connection, self.live)) as control:
            return ModelRegister().after(records_of(control.present()))

    def compared(self, name: str, version: int, *, hours: float = HOURS) -> list[Compared]:
        """What a version said beside live ones in the last hours, at most of ALERTS_MAX alerts.

        Of more the newest. Raises KafkaUnavailable, TopicMissing.
        """
        topic = self.settings.models.comparisons
        if topic not in KafkaAdmin(self.connection).partitions():
            raise TopicMissing(f"there is no topic {topic!r}: no worker had models deployed yet")
        key = f"{name}/{version}".encode()
        found, alerts = deque[Compared](), 0
        since = timedelta(hours=hours)
        with closing(reader(self.connection, topic, start=since)) as source:
            for messages in polls_to_end(source):
                for each in read_compared([one for one in messages if one.key == key]):
                    found.append(each)
                    alerts += len(each)
                    while alerts > ALERTS_MAX:
                        alerts -= len(found.popleft())
        return [*found]


def place_of(config: Path | None, bootstrap: str | None) -> ModelPlace:
    """What a configuration says, or the environment and the defaults; `bootstrap` wins over all.

    Raises SettingsError where the configuration allows no deployed models.
    """
    place = ModelPlace.of(config, bootstrap, patience_s=PATIENCE_S)
    if config is not None and not place.settings.models.live:
        raise SettingsError(
            f"{config}: [models] live is empty, so no model is deployed here; name a topic"
        )
    return place
