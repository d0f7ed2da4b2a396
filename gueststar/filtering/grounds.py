"""What a configuration says to those who try filters: the sky, the schemas, the board."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from broker.settings import FiltersSection, Settings, read_settings
from filters.sky.catalogues import NO_SKY, Sky
from filters.sky.opening import open_sky

LIVE_TOPIC = FiltersSection().live
"""The board's topic where no configuration names another."""


@dataclass(frozen=True)
class Grounds:
    """What filters are asked on."""

    sky: Sky = NO_SKY
    schemas: Path | None = None
    """A folder of writer schemas."""
    live_topic: str = LIVE_TOPIC


def grounds_of(config: Path | None) -> Grounds:
    """What a configuration says. Raises SettingsError, and FilterError for the sky's files."""
    if config is None:
        return Grounds()
    settings: Settings = read_settings(config)
    filters = settings.filters
    sky = open_sky(filters.regions, filters.watchlists)
    return Grounds(sky, settings.schemas.folder, filters.live or LIVE_TOPIC)
