"""What a worker is told of the stages that learn beside the classifiers, in CONFIG.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from broker.errors import SettingsError
from classifiers.redshift import BANDS as PHOTOMETRY_BANDS
from classifiers.redshift import SYSTEM_NAMES
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
class RedshiftSection:
    """[stages.redshift]: where redshifts are looked up, where "redshift" is among the stages."""

    hosts: str = ""
    """Which of [stages.hosts] is asked; none: the packet's own alone."""
    magnitudes: tuple[str, ...] = ()
    """Columns that it carries, from u on, for a photometric redshift; "" for a band without one."""
    errors: tuple[str, ...] = ()
    magnitude_system: str = "sdss"

    def __post_init__(self) -> None:
        """Raises SettingsError for what does not go together."""
        if self.magnitude_system not in SYSTEM_NAMES:
            raise SettingsError(
                f"[stages.redshift] magnitude_system = {self.magnitude_system!r} is none of "
                f"{', '.join(SYSTEM_NAMES)}"
            )
        if max(len(self.magnitudes), len(self.errors)) > len(PHOTOMETRY_BANDS):
            raise SettingsError(
                f"[stages.redshift] magnitudes and errors are {', '.join(PHOTOMETRY_BANDS)} at most"
            )


@dataclass(frozen=True)
class NeighboursSection:
    """[stages.neighbours]: among which objects an alert's neighbours are looked for."""

    labelled: Path | None = None
    """A labelled set, as `gueststar label-set` makes it; none: the one that is shipped."""


@dataclass(frozen=True)
class StagesSection:
    """[stages]: what else learns of the alerts."""

    names: tuple[str, ...] = ()
    """Built in (`classifiers.served.STAGES_BUILT_IN`), or entry points of `gueststar.stages`."""
    catalogues: Mapping[str, CatalogueSection] = field(default_factory=dict)
    """Cross-matches by the name under which they give values."""
    hosts: Mapping[str, HostsSection] = field(default_factory=dict)
    """Catalogues of galaxies by the name under which they give values."""
    redshift: RedshiftSection = RedshiftSection()
    neighbours: NeighboursSection = NeighboursSection()
