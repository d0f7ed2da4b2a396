"""The rights that the follow-up job needs at our Kafka."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from broker.kafka.rights import Right
from broker.settings import Settings
from services.followup.assembly import WORKER, beside_of, outputs_of, settings_of_followup
from services.rights import of_job


def to_follow_up(settings: Settings, there: Collection[str]) -> Iterator[Right]:
    """Each once. there: the topics that our Kafka has. Raises SettingsError without sites."""
    own = settings_of_followup(settings)
    yield from of_job(
        own,
        beside=(*beside_of(own), *own.messengers.asked),
        outputs=outputs_of(own),
        worker=WORKER,
        there=there,
    )
    if own.filters.live:
        # Filters that are woken have their alerts on topics of their own.
        yield Right("Write", "topic", own.filters.topic_prefix, begins=True)
