"""The topic of events: its notices are read beside the loop, and asked of between two batches.

A record's key is an event's name, its value that event's newest notice as it came. A map of many
megabytes takes seconds to read, and no alert waits for it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import partial
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


class Asked(NamedTuple):
    """What becomes of an event: None where it is no longer asked of. `said` is for the log."""

    event: str
    found: Event | None
    said: str


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
        *,
        reads: Executor,
    ) -> None:
        """rates: of alerts of the lake, where one is known. reads: notices, one after another."""
        self._topics = [
            Hearing(each, of="events", meanwhile="the events that are known", log=LOG)
            for each in topics
        ]
        self._live = live
        self._section = section
        self._rates = rates
        self._reads = reads
        self._reading = deque[Future[list[Asked]]]()
        self._events: dict[str, Event] = {}

    def open(self) -> None:
        """Read the topics whole. Raises KafkaUnavailable after the configured patience."""
        self._ask(self._read([message for topic in self._topics for message in topic.present()]))

    def look(self) -> None:
        """Have read what came, and asked of what was read since, in the order in which it came.

        Where Kafka does not answer, what was known stands.
        """
        messages = [message for topic in self._topics for message in topic.news()]
        if messages:
            self._reading.append(self._reads.submit(partial(self._read, messages)))
        while self._reading and self._reading[0].done():
            self._ask(self._reading.popleft().result())

    def close(self) -> None:
        for each in self._reading:
            each.cancel()
        for topic in self._topics:
            topic.close()

    def _read(self, messages: Sequence[Message]) -> list[Asked]:
        """What becomes of each event. It changes nothing of ours, and may take a while."""
        # Of an event that came twice the last notice is all that counts.
        newest = {news.event: news.notice for news in notices_of(messages)}
        return [self._asked(event, notice) for event, notice in newest.items()]

    def _asked(self, event: str, notice: Notice | None) -> Asked:
        if notice is None:
            return Asked(event, None, "was taken off its topic")
        found = event_of(notice, days=self._section.days_max, rates=self._rates)
        return Asked(event, found, _said(notice, found) if found else "was retracted")

    def _ask(self, changed: Iterable[Asked]) -> None:
        for event, found, said in changed:
            if found is not None:
                self._events[event] = found
                LOG.info("event %s is asked of: %s", event, said)
            elif self._events.pop(event, None) is not None:
                LOG.info("event %s is no longer asked of: it %s", event, said)
        newest = sorted(self._events.values(), key=_age)[: self._section.events_max]
        self._events = {each.name: each for each in newest}
        self._live.replace(newest)


def _said(notice: Notice, event: Event) -> str:
    size = "nowhere" if event.where is None else f"90 % in {event.where.area_deg2(0.9):,.1f} deg²"
    return f"{notice.kind} by {notice.source}, {size}"


def _age(event: Event) -> float:
    """Rising from the newest; what has no time is the oldest."""
    return -event.mjd if event.mjd == event.mjd else float("inf")
