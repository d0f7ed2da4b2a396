"""The rights that the listener for notices needs at our Kafka."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from broker.kafka.rights import Right
from broker.settings import Settings
from services.messengers.assembly import WORKER, outputs_of, settings_of_notices
from services.rights import of_job


def to_listen(settings: Settings, there: Collection[str]) -> Iterator[Right]:
    """Each once. there: the topics that our Kafka has. Raises SettingsError without topics."""
    own = settings_of_notices(settings)
    events = (own.messengers.events, own.messengers.mock_events)
    kept = (own.topics.positions,) if own.is_elsewhere else ()
    outputs = (*outputs_of(own), *kept)
    yield from of_job(own, beside=(*events, *kept), outputs=outputs, worker=WORKER, there=there)
