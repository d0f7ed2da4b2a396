"""What a place on the sky is worth by an event's map: densities, and its credible level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sky.catalogues import Degrees
from sky.cells import Cells, cells_of
from sky.positions import Vectors, on_sky, unit_vectors

Floats = NDArray[np.float64]

DEG2_PER_SR = (180.0 / np.pi) ** 2
SKY_DEG2 = 4.0 * np.pi * DEG2_PER_SR


@dataclass(frozen=True)
class Places:
    """ICRS positions in degrees (n,), all of them `on_sky`, asked of any number of maps."""

    ra_deg: Degrees
    dec_deg: Degrees

    def __len__(self) -> int:
        return len(self.ra_deg)

    @cached_property
    def cells(self) -> Cells:
        """Of the deepest order, worked out once."""
        return cells_of(self.ra_deg, self.dec_deg)

    @cached_property
    def vectors(self) -> Vectors:
        """Points of the unit sphere, worked out once."""
        return unit_vectors(self.ra_deg, self.dec_deg)


def known_places(ra_deg: Degrees, dec_deg: Degrees) -> tuple[NDArray[np.int64], Places]:
    """The rows of positions (n,) that are on the sky, and these."""
    rows = np.flatnonzero(on_sky(ra_deg, dec_deg))
    return rows, Places(ra_deg[rows], dec_deg[rows])


class Worth(NamedTuple):
    """Of places (n,) each."""

    density_per_deg2: Floats
    """Probability a square degree that the event was there."""
    credible_level: Floats
    """Of the event's probability, how much lies at places at least as dense as this; 0 to 1."""


class Distances(NamedTuple):
    """The event's distance if it was at the places, (n,) each; NaN where the map says none.

    Its density along the line of sight is norm r² N(r; mean, width), a megaparsec (Singer et al.
    2016, ApJL 829, L15).
    """

    mean_mpc: Floats
    width_mpc: Floats
    norm_per_mpc2: Floats


class Sample(NamedTuple):
    """Parts of the sky that make up a map, the densest first, (m,) each."""

    ra_deg: Degrees
    dec_deg: Degrees
    area_deg2: Floats
    credible_level: Floats
    """Rising."""


class Localisation(Protocol):
    """Where an event may have been."""

    def at(self, places: Places) -> Worth:
        """What the places are worth."""
        ...

    def distances(self, places: Places) -> Distances | None:
        """How far the event was if it was there; None where it says nothing of that."""
        ...

    def sample(self) -> Sample:
        """The parts that it is made of."""
        ...

    def area_deg2(self, level: float) -> float:
        """The size of its smallest region that holds this much of the probability."""
        ...
