"""The rights that the job needs at our Kafka which sends notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from broker.kafka.rights import Right
from broker.settings import Settings
from services.notices.assembly import WORKER, outputs_of, settings_of_finds
from services.rights import of_job


def to_notify(settings: Settings, there: Collection[str]) -> Iterator[Right]:
    """Each once. there: the topics that our Kafka has. Raises SettingsError without targets."""
    own = settings_of_finds(settings)
    outbox = (own.notices.outbox,)
    yield from of_job(own, beside=outbox, outputs=outputs_of(own), worker=WORKER, there=there)
