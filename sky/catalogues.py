"""What filters ask of the sky by name: regions, watchlists, events of other messengers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from schemas.suggestion import nearest

Degrees = NDArray[np.float64]


class CatalogueIdentity(NamedTuple):
    """Which file answered: its name in the configuration, and the file's sha256."""

    name: str
    sha256: str


class Region(Protocol):
    """A part of the sky."""

    @property
    def identity(self) -> CatalogueIdentity:
        """Which file it is."""
        ...

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Whether each position (n,) lies in it."""
        ...


class Watchlist(Protocol):
    """Positions, each with a radius within which an alert is at it."""

    @property
    def identity(self) -> CatalogueIdentity:
        """Which file it is."""
        ...

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """To the nearest listed position whose radius reaches here, (n,); +inf: none does."""
        ...


EVENT_COLUMNS = (
    "density_per_deg2",
    "credible_level",
    "days_since",
    "distance_weight",
    "density_per_mpc3",
    "chance_per_night",
)
"""What an alert is told of an event of another messenger."""


class AskedOf(NamedTuple):
    """Alerts that events are asked of, (n,) each; NaN where a value is not known."""

    ra_deg: Degrees
    dec_deg: Degrees
    mjd: NDArray[np.float64]
    distance_mpc: NDArray[np.float64]
    """Luminosity distance of the alert's host."""


class Events(Protocol):
    """Events of other messengers that are live now; between two batches they may change."""

    def value(self, event: str, column: str, asked: AskedOf) -> NDArray[np.float64]:
        """One of EVENT_COLUMNS, (n,), by an event's name; NaN where none of that name is live."""
        ...

    def probability(self, asked: AskedOf) -> NDArray[np.float64]:
        """Of the events that count without being named, the most probable one's, (n,), 0 to 1."""
        ...


class NoEvents:
    """Of a broker that hears of none."""

    def value(self, event: str, column: str, asked: AskedOf) -> NDArray[np.float64]:
        """NaN."""
        return np.full(len(asked.mjd), np.nan)

    def probability(self, asked: AskedOf) -> NDArray[np.float64]:
        """0."""
        return np.zeros(len(asked.mjd))


class Annotations(Protocol):
    """What was said of objects; between two batches it may change."""

    def texts(self, source: str, name: str, object_id: NDArray[np.str_]) -> NDArray[np.str_]:
        """Of each object, (n,), by who said it and what it is called; empty: nothing was said."""
        ...

    def numbers(self, source: str, name: str, object_id: NDArray[np.str_]) -> NDArray[np.float64]:
        """The same of numbers; NaN: nothing was said."""
        ...


class NoAnnotations:
    """Of a broker that reads none."""

    def texts(self, source: str, name: str, object_id: NDArray[np.str_]) -> NDArray[np.str_]:
        """Empty."""
        return np.full(len(object_id), "", np.str_)

    def numbers(self, source: str, name: str, object_id: NDArray[np.str_]) -> NDArray[np.float64]:
        """NaN."""
        return np.full(len(object_id), np.nan)


class Sky:
    """Every region, watchlist, event and annotation that filters may ask, by name."""

    def __init__(
        self,
        *,
        regions: Iterable[Region] = (),
        watchlists: Iterable[Watchlist] = (),
        events: Events | None = None,
        annotations: Annotations | None = None,
    ) -> None:
        self.events = NoEvents() if events is None else events
        self.annotations = NoAnnotations() if annotations is None else annotations
        self._regions = {each.identity.name: each for each in regions}
        self._watchlists = {each.identity.name: each for each in watchlists}

    @property
    def regions(self) -> Mapping[str, Region]:
        """By name."""
        return self._regions

    @property
    def watchlists(self) -> Mapping[str, Watchlist]:
        """By name."""
        return self._watchlists

    def with_more(self, regions: Iterable[Region], watchlists: Iterable[Watchlist]) -> Sky:
        """The same with others beside."""
        return Sky(
            regions=(*self._regions.values(), *regions),
            watchlists=(*self._watchlists.values(), *watchlists),
            events=self.events,
        )

    def region(self, name: str) -> Region:
        """One region. Raises FilterError naming what there is."""
        if name not in self._regions:
            raise FilterError(_missing("region", name, self._regions))
        return self._regions[name]

    def watchlist(self, name: str) -> Watchlist:
        """One watchlist. Raises FilterError naming what there is."""
        if name not in self._watchlists:
            raise FilterError(_missing("watchlist", name, self._watchlists))
        return self._watchlists[name]


def _missing(kind: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    hint = nearest(name, names) if names else f"; no {kind} is configured"
    return f"there is no {kind} {name!r}{hint}"


NO_SKY = Sky()
"""Of a broker whose configuration names no region and no watchlist."""
