"""What a worker is told of stages in CONFIG.toml: plug-ins, and catalogues of the sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sky.hosts.ellipses import LIGHT_RADII_MAX
from sky.hosts.galaxies import REDSHIFT_ERR_DEFAULT
from sky.positions import RADIUS_ARCSEC_DEFAULT


@dataclass(frozen=True)
class CatalogueSection:
    """[stages.catalogues.NAME]: a catalogue whose nearest source each alert gets."""

    path: Path
    """A Parquet file or a folder of them."""
    radius_arcsec: float = RADIUS_ARCSEC_DEFAULT
    columns: tuple[str, ...] = ()
    """What of the nearest source is carried, numbers."""


@dataclass(frozen=True)
class HostsSection:
    """[stages.hosts.NAME]: a catalogue of galaxies, of which each alert gets its likely host."""

    path: Path
    """A Parquet file or a folder of them, with sizes (`sky.hosts.galaxies`)."""
    light_radii_max: float = LIGHT_RADII_MAX
    redshift_err: float = REDSHIFT_ERR_DEFAULT
    """Of a redshift where the catalogue says none."""
    columns: tuple[str, ...] = ()
    """What of the host is carried besides, numbers."""


@dataclass(frozen=True)
class StagesSection:
    """[stages]: what else learns of the alerts."""

    names: tuple[str, ...] = ()
    """Plug-ins, entry points of the group `gueststar.stages`."""
    catalogues: Mapping[str, CatalogueSection] = field(default_factory=dict)
    """Cross-matches by the name under which they give values."""
    hosts: Mapping[str, HostsSection] = field(default_factory=dict)
    """Catalogues of galaxies by the name under which they give values."""
