"""A worker's events, from its settings."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from broker.kafka import Connection, KafkaControlTopic
from broker.messengers.events import MessengerEvents
from broker.messengers.section import MessengersSection
from lake.sky_rates import recent_rates
from sky.catalogues import Sky
from sky.messengers.events import LiveEvents
from sky.messengers.fits_maps import warm_up


def heard_of(section: MessengersSection) -> LiveEvents | None:
    """What holds the events that filters ask; None where the settings name no notices."""
    return LiveEvents() if section.is_on else None


@contextmanager
def opened_messengers(
    section: MessengersSection, sky: Sky, link: Connection
) -> Iterator[MessengerEvents | None]:
    """What keeps the sky's events as their topics have them, these read; None where it has none.

    Raises KafkaUnavailable, and ArchiveError where the lake by whose rates chance is said is none.
    """
    if not isinstance(sky.events, LiveEvents):
        yield None
        return
    rates = recent_rates(section.lake, section.lake_nights_max) if section.lake else None
    warm_up()
    topics = [KafkaControlTopic(link, topic) for topic in section.asked]
    with ThreadPoolExecutor(1, "notices") as reads:
        messengers = MessengerEvents(topics, sky.events, section, rates, reads=reads)
        with closing(messengers):
            messengers.open()
            yield messengers
