"""The topic of events, read between two batches: what filters ask changes there alone.

A record's key is an event's name, its value that event's newest notice as it came.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from broker.control_log import Hearing
from broker.messengers.section import MessengersSection
from broker.ports import ControlTopic, Message
from schemas.errors import NoticeError
from sky.messengers.events import Event, LiveEvents
from sky.messengers.localisation import Localisation
from sky.messengers.notices import Notice, read_notice
from sky.messengers.rates import ChanceRate, SkyRates

LOG: Final = logging.getLogger("gueststar.messengers")


class News(NamedTuple):
    """What a record says: an event's newest notice; None where it was taken off the topic."""

    event: str
    notice: Notice | None


def notices_of(messages: Iterable[Message]) -> Iterator[News]:
    """What messages of a topic of events say; one that is no notice is logged and passed over."""
    for message in messages:
        event = (message.key or b"").decode("utf-8", "replace")
        if not message.value:
            yield News(event, None)
            continue
        try:
            yield News(event, read_notice(message.value))
        except NoticeError as error:
            place = f"{message.topic} offset {message.offset}"
            LOG.warning("no notice, passed over: %s: %s", place, error)


def event_of(
    notice: Notice, *, days: float, rates: SkyRates | None = None, mock: bool = False
) -> Event | None:
    """An event as filters ask of it; None where it was retracted.

    A map that cannot be read is said, and is none. mock: whether one that is mock counts as if it
    were not.
    """
    if notice.state == "retracted":
        return None
    where: Localisation | None = None
    try:
        where = notice.localisation()
    except NoticeError as error:
        LOG.warning("event %s has no place: %s", notice.event, error)
    counts = notice.significant and (mock or not notice.mock)
    chance = None if where is None or rates is None else ChanceRate.of(where, rates)
    return Event(notice.event, notice.aliases, notice.mjd, where, counts, chance, days)


class MessengerEvents:
    """Has `live` hold the events of the topics, as of the last `look`."""

    def __init__(
        self,
        topics: Sequence[ControlTopic],
        live: LiveEvents,
        section: MessengersSection,
        rates: SkyRates | None = None,
    ) -> None:
        """rates: of alerts of the lake, where one is known."""
        self._topics = [
            Hearing(each, of="events", meanwhile="the events that are known", log=LOG)
            for each in topics
        ]
        self._live = live
        self._section = section
        self._rates = rates
        self._events: dict[str, Event] = {}

    def open(self) -> None:
        """Read the topics whole. Raises KafkaUnavailable after the configured patience."""
        self._learn([message for topic in self._topics for message in topic.present()])

    def look(self) -> None:
        """See what changed. Where Kafka does not answer, what was known stands."""
        messages = [message for topic in self._topics for message in topic.news()]
        if messages:
            self._learn(messages)

    def close(self) -> None:
        for topic in self._topics:
            topic.close()

    def _learn(self, messages: Sequence[Message]) -> None:
        # Of an event that came twice the last notice is all that counts, and maps take a while.
        for event, notice in {news.event: news.notice for news in notices_of(messages)}.items():
            self._put(event, notice)
        newest = sorted(self._events.values(), key=_age)[: self._section.events_max]
        self._events = {each.name: each for each in newest}
        self._live.replace(newest)

    def _put(self, event: str, notice: Notice | None) -> None:
        section = self._section
        found = notice and event_of(notice, days=section.days_max, rates=self._rates)
        if isinstance(found, Event):
            self._events[event] = found
            LOG.info("event %s is asked of: %s", event, _said(notice, found))
        elif self._events.pop(event, None) is not None:
            why = "was retracted" if notice else "was taken off its topic"
            LOG.info("event %s is no longer asked of: it %s", event, why)


def _said(notice: Notice | None, event: Event) -> str:
    kind = f"{notice.kind} by {notice.source}" if notice else ""
    size = "nowhere" if event.where is None else f"90 % in {event.where.area_deg2(0.9):,.1f} deg²"
    return f"{kind}, {size}"


def _age(event: Event) -> float:
    """Rising from the newest; what has no time is the oldest."""
    return -event.mjd if event.mjd == event.mjd else float("inf")
