"""The stages that a configuration describes, beside those that it names: catalogues of the sky."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from broker.errors import SettingsError
from broker.stage_settings import CatalogueSection, HostsSection, StagesSection
from schemas.errors import FilterError
from schemas.stage import Stage

Section = TypeVar("Section")


def opened_stages(settings: StagesSection) -> Iterator[Stage]:
    """Each catalogue's stage, opened. Raises SettingsError naming the section at fault."""
    yield from _opened("stages.catalogues", settings.catalogues, _crossmatch)
    yield from _opened("stages.hosts", settings.hosts, _hosts)


def _opened(
    section: str, named: Mapping[str, Section], opened: Callable[[str, Section], Stage]
) -> Iterator[Stage]:
    for name, one in named.items():
        try:
            yield opened(name, one)
        except FilterError as error:
            raise SettingsError(f"[{section}.{name}]: {error}") from error


def _crossmatch(name: str, one: CatalogueSection) -> Stage:
    from sky.crossmatch import open_crossmatch  # noqa: PLC0415 - loads astropy

    return open_crossmatch(name, one.path, one.radius_arcsec, one.columns)


def _hosts(name: str, one: HostsSection) -> Stage:
    from sky.hosts.association import open_hosts  # noqa: PLC0415 - loads astropy

    return open_hosts(
        name,
        one.path,
        light_radii_max=one.light_radii_max,
        redshift_err=one.redshift_err,
        columns=one.columns,
    )
