"""What single sections of the settings become: filters on topics, and topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from broker.alerts.packer import Topics
from broker.settings import Settings
from filters.filter_set import ActiveFilter
from filters.selection import Selection
from filters.sources import active_filter
from schemas.learned import Given
from schemas.stage import Stage
from sky.catalogues import Sky


def active_filters(
    settings: Settings,
    selections: Sequence[Selection],
    given: Sequence[Given],
    sky: Sky,
) -> Iterator[ActiveFilter]:
    """The filters of the settings, on topics as these name them."""
    for selection in selections:
        each = active_filter(selection, given, sky)
        yield replace(each, topic=settings.topics.named(each.topic))


def given_by(stages: Sequence[Stage]) -> tuple[Given, ...]:
    return tuple(given for stage in stages for given in stage.gives)


def topics_of(settings: Settings) -> Topics:
    topics = settings.topics
    return Topics(
        topics.enriched,
        topics.dead_letters,
        topics.ledger,
        topics.forms,
        settings.enriched.framing,
        topics.framings,
        topics.embeddings,
    )
