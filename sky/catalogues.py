"""The named regions and watchlists that filters ask: which there are, and what they answer."""

from __future__ import annotations

from collections.abc import Iterable
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


class Sky:
    """Every region and watchlist that filters may ask, by name."""

    def __init__(
        self, *, regions: Iterable[Region] = (), watchlists: Iterable[Watchlist] = ()
    ) -> None:
        self._regions = {each.identity.name: each for each in regions}
        self._watchlists = {each.identity.name: each for each in watchlists}

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
