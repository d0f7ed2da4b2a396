"""What single sections of the settings become: stages of catalogues, filters on topics, topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from broker.alerts.packer import Topics
from broker.errors import SettingsError
from broker.settings import CatalogueSection, Settings
from filters.filter_set import ActiveFilter
from filters.selection import Selection
from filters.sources import active_filter
from schemas.errors import FilterError
from schemas.learned import Given
from schemas.stage import Stage
from sky.catalogues import Sky


def crossmatches(catalogues: Mapping[str, CatalogueSection]) -> Iterator[Stage]:
    """A stage for each catalogue. Raises SettingsError."""
    if not catalogues:
        return
    from sky.crossmatch import open_crossmatch  # noqa: PLC0415 - loads astropy

    for name, one in catalogues.items():
        try:
            yield open_crossmatch(name, one.path, one.radius_arcsec, one.columns)
        except FilterError as error:
            raise SettingsError(f"[stages.catalogues.{name}]: {error}") from error


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
    )
