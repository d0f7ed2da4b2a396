"""How many alerts a night stand by chance where an event may have been."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sky.cells import cells_of, parents
from sky.messengers.localisation import SKY_DEG2, Floats, Localisation, Places, known_places

DEPTH = 3
"""Cells of 54 square degrees: some hold alerts enough to be counted, and a survey's edges show."""

CELLS = 12 * 4**DEPTH


@dataclass
class SkyRates:
    """Alerts counted by cell of the sky, over nights."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(CELLS, np.int64))
    nights: set[str] = field(default_factory=set)

    def add(self, night: str, ra_deg: Floats, dec_deg: Floats) -> None:
        """Alerts of a night, (n,); what is no position counts nowhere."""
        _, places = known_places(ra_deg, dec_deg)
        self.counts += np.bincount(parents(places.cells, DEPTH), minlength=CELLS)
        self.nights.add(night)

    @property
    def per_night_deg2(self) -> Floats:
        """The mean of all nights, (CELLS,); NaN where there was none."""
        nights = len(self.nights) or np.nan
        found: Floats = self.counts / nights / (SKY_DEG2 / CELLS)
        return found


@dataclass(frozen=True)
class ChanceRate:
    """Of one event: alerts a night at places at least as probable as one's own, by its level."""

    levels: Floats
    rates: Floats

    @classmethod
    def of(cls, where: Localisation, rates: SkyRates) -> ChanceRate:
        """Summed over the event's own parts, each at the rate of its cell."""
        sample = where.sample()
        cell = parents(cells_of(sample.ra_deg, sample.dec_deg), DEPTH)
        own = np.cumsum(rates.per_night_deg2[cell] * sample.area_deg2)
        # Of parts on one level all count.
        last = np.searchsorted(sample.credible_level, sample.credible_level, side="right") - 1
        return cls(sample.credible_level, own[last])

    def at(self, credible_level: Floats) -> Floats:
        """Alerts a night, (n,)."""
        return np.interp(credible_level, self.levels, self.rates)

    def of_places(self, where: Localisation, places: Places) -> Floats:
        """The same of places, (n,)."""
        return self.at(where.at(places).credible_level)
