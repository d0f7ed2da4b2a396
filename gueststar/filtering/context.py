"""What a configuration says to those who try filters: the sky, the schemas, where alerts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from broker.defaults import ENRICHED
from broker.settings import read_settings
from sky.catalogues import NO_SKY, Sky
from sky.configuration import open_sky


@dataclass(frozen=True)
class Context:
    """What filters are asked on."""

    sky: Sky = NO_SKY
    schemas: Path | None = None
    """A folder of writer schemas."""
    bootstrap: str | None = None
    """Kafka's address, where the configuration names it."""
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    enriched: str = ENRICHED
    """The topic of all alerts."""
    registry: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of our own schemas."""


def context_of(config: Path | None) -> Context:
    """What a configuration says. Raises SettingsError, and FilterError for the sky's files."""
    if config is None:
        return Context()
    settings = read_settings(config)
    sky = open_sky(settings.filters.regions, settings.filters.watchlists)
    kafka, topics = settings.kafka, settings.topics
    return Context(
        sky,
        settings.schemas.folder,
        kafka.bootstrap,
        kafka.security,
        topics.enriched,
        settings.own_registry,
    )
