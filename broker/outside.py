"""What others say, looked after between two batches: events, and annotations of objects."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Final

from broker.between import Changing, between
from broker.control_log import Hearing
from broker.kafka import Connection, KafkaControlTopic
from broker.kafka.control_topic import TRANSACTIONS_FETCH_WAIT_MS
from broker.messengers.opening import heard_of, opened_messengers
from broker.ports import ControlTopic, Message
from broker.settings import Settings
from schemas.errors import SchemaError
from schemas.object_annotation import ObjectAnnotation, read_object_annotation
from sky.annotations import LiveAnnotations
from sky.catalogues import Sky
from sky.configuration import open_sky

LOG: Final = logging.getLogger("gueststar.annotations")


class AnnotationsNow:
    """Has `live` hold what the topic of annotations says, as of the last `look`."""

    def __init__(self, topic: ControlTopic, live: LiveAnnotations) -> None:
        self._hearing = Hearing(
            topic, of="annotations", meanwhile="the annotations that are known", log=LOG
        )
        self._live = live

    def open(self) -> None:
        """Read the topic whole. Raises KafkaUnavailable, TopicMissing."""
        self._learn(self._hearing.present())

    def look(self) -> None:
        """See what was said. Where Kafka does not answer what was known stands; it is said once."""
        self._learn(self._hearing.news())

    def _learn(self, messages: Iterable[Message]) -> None:
        for one in annotations_in(messages):
            self._live.put(one)


def annotations_in(messages: Iterable[Message]) -> Iterator[ObjectAnnotation]:
    """What messages of the topic say; one that is none is logged and passed over."""
    for message in messages:
        if not message.value:
            continue
        try:
            yield read_object_annotation(message.value)
        except SchemaError as error:
            LOG.warning("no annotation, passed over: offset %d: %s", message.offset, error)


class Outside:
    """All of it."""

    def __init__(self, changing: Iterable[Changing]) -> None:
        self._look = between([*changing])

    def look(self) -> None:
        """See what changed since the last batch."""
        if self._look is not None:
            self._look()


def sky_of(settings: Settings) -> Sky:
    """All that filters may ask by name: files opened, events and annotations as yet unread.

    Raises FilterError naming the setting where a file cannot be used.
    """
    filters = settings.filters
    said = LiveAnnotations() if settings.followup.ask else None
    return open_sky(filters.regions, filters.watchlists, heard_of(settings.messengers), said)


@contextmanager
def opened_outside(settings: Settings, sky: Sky, link: Connection) -> Iterator[Changing]:
    """What keeps the sky as its topics have it, these read. Raises KafkaUnavailable."""
    followup = settings.followup
    with opened_messengers(settings.messengers, sky, link) as events:
        found = [] if events is None else [events]
        if not (followup.ask and isinstance(sky.annotations, LiveAnnotations)):
            yield Outside(found)
            return
        control = KafkaControlTopic(
            link, followup.annotations, fetch_wait_ms=TRANSACTIONS_FETCH_WAIT_MS
        )
        with closing(control):
            annotations = AnnotationsNow(control, sky.annotations)
            annotations.open()
            yield Outside([*found, annotations])
