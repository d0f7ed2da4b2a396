"""The stages that a configuration describes, beside those that it names: catalogues of the sky."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from broker.errors import SettingsError
from broker.stage_settings import CatalogueSection, HostsSection, StagesSection
from classifiers.neighbours import LABELLED, Neighbours
from classifiers.neighbours import NAME as NEIGHBOURS
from classifiers.redshift import NAME as REDSHIFT
from classifiers.redshift import SYSTEM_NAMES, Photometry, RedshiftStage
from schemas.errors import FilterError
from schemas.stage import Stage

Section = TypeVar("Section")


def opened_stages(settings: StagesSection) -> Iterator[Stage]:
    """Each catalogue's stage, opened, and those with a section of their own.

    Raises SettingsError naming the section at fault, ModelError for a bad labelled set.
    """
    yield from _opened("stages.catalogues", settings.catalogues, _crossmatch)
    yield from _opened("stages.hosts", settings.hosts, _hosts)
    if REDSHIFT in settings.names:
        yield _redshift(settings)
    if NEIGHBOURS in settings.names:
        yield Neighbours(settings.names, settings.neighbours.labelled or LABELLED)


def other_names(settings: StagesSection) -> tuple[str, ...]:
    """Those that `opened_stages` has not opened."""
    return tuple(name for name in settings.names if name not in {REDSHIFT, NEIGHBOURS})


def _redshift(settings: StagesSection) -> Stage:
    asked = settings.redshift
    if asked.hosts and asked.hosts not in settings.hosts:
        raise SettingsError(
            f"[stages.redshift] hosts = {asked.hosts!r} is none of [stages.hosts]; name one of "
            f"{', '.join(settings.hosts) or 'those that you add there'}"
        )
    carried = settings.hosts[asked.hosts].columns if asked.hosts else ()
    for name in (*asked.magnitudes, *asked.errors):
        if name and name not in carried:
            raise SettingsError(
                f"[stages.redshift] {name!r} is not carried by its hosts; add it to `columns` of "
                f"[stages.hosts.{asked.hosts or 'NAME'}]"
            )
    system = SYSTEM_NAMES.index(asked.magnitude_system)
    photometry = Photometry(asked.magnitudes, asked.errors, system) if asked.magnitudes else None
    return RedshiftStage(asked.hosts, photometry)


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
