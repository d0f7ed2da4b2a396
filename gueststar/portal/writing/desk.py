"""Where filters are deployed, as the portal sees it: a Kafka with its control topic, or none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from broker.deployments.lists import Lists
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.ports import ControlTopic
from broker.topic_names import FilterTopics
from filters.expressions.filter import ExpressionFilter
from schemas.errors import QuestionError


class Desk(Protocol):
    """What `gueststar.filtering.place.Place` is."""

    def topic(
        self, wanted: ExpressionFilter, previous: Version | None, asked: FilterTopics | None = None
    ) -> str:
        """What a filter's next version publishes to."""
        ...

    def opened(self) -> AbstractContextManager[ControlTopic]:
        """The control topic, created where it is missing. Raises KafkaUnavailable."""
        ...

    def deployed(self) -> tuple[Register, Lists]:
        """All filters and lists of the sky. Raises KafkaUnavailable, TopicMissing."""
        ...

    def provide_output(self, name: str) -> None:
        """Have a topic exist. Raises KafkaUnavailable."""
        ...


def there(desk: Desk | None) -> Desk:
    """The desk. Raises QuestionError where nothing is deployed here."""
    if desk is None:
        raise QuestionError("no filter is deployed here: [filters] live is empty in CONFIG.toml")
    return desk
