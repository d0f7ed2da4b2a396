"""Which HEALPix cells a cone on the sky may reach into, as ranges of cells of the deepest order.

In NumPy alone, as `cells_of`: a question about a place shall not wait for astropy to load.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import QuestionError
from sky.catalogues import Degrees
from sky.cells import DEPTH_MAX, Cells
from sky.positions import (
    ARCSEC_PER_DEG,
    Vectors,
    arcsec_of,
    squared_chord_of,
    squared_chords,
    unit_vectors,
)

CELL_RADIUS_RAD = 1.07
"""No point of a cell of depth d is further from its middle than this over 2**d.

The furthest is a corner of a cell at the edge of the equatorial belt, where sin dec is 2/3: 1.0685
for deep cells, less for others. The tests look at them.
"""

FINER = 3
"""Cells of a covering are some 2**FINER times narrower than its cone: few, and they follow it."""

BORDER_ARCSEC = 1e-9
"""The border of a cone belongs to it, and so does what is beyond by the rounding of 64 bits."""

BASE_CELLS = np.arange(12, dtype=np.int64)
_FACE_ROW = np.repeat([2, 3, 4], 4)
_FACE_COLUMN = np.array([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7])
"""Where the corners of the twelve base cells stand (Górski et al. 2005, section 4)."""


RADIUS = re.compile(r"\s*((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(arcsec|arcmin|deg)\s*")
UNITS_ARCSEC = {"arcsec": 1.0, "arcmin": 60.0, "deg": ARCSEC_PER_DEG}


def radius_arcsec(text: str) -> float:
    """A radius with its unit, "5arcsec", "2 arcmin" or "1.5deg". Raises QuestionError."""
    found = RADIUS.fullmatch(text)
    if not found:
        raise QuestionError(f"{text!r} is no radius; write one as 5arcsec, 2arcmin or 1.5deg")
    return float(found[1]) * UNITS_ARCSEC[found[2]]


class Cone(NamedTuple):
    """All points of the sky within a radius of one, ICRS; the border belongs to it."""

    ra_deg: float
    dec_deg: float
    radius_arcsec: float

    def check(self) -> None:
        """Raises QuestionError where it is none."""
        if not (0 <= self.ra_deg <= 360 and abs(self.dec_deg) <= 90):
            raise QuestionError(
                f"{self.ra_deg:g} {self.dec_deg:+g} is no place on the sky; write right ascension"
                " (0 to 360) and declination (-90 to 90) in degrees, ICRS"
            )
        if not 0 < self.radius_arcsec <= 180 * ARCSEC_PER_DEG:
            raise QuestionError(
                f"{self.radius_arcsec:g} arcsec is no radius; write one over 0 and up to 180deg"
            )

    def holds(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
        """Which positions (n,) are in it; none that is NaN."""
        radius_deg = self.radius_arcsec / ARCSEC_PER_DEG
        found = np.abs(dec_deg - self.dec_deg) <= radius_deg + 1e-6
        near = np.flatnonzero(found)
        reach = squared_chord_of(np.array([self.radius_arcsec + BORDER_ARCSEC]))[0]
        apart = squared_chords(unit_vectors(ra_deg[near], dec_deg[near]), self._middle)
        found[near] = apart <= reach
        return found

    def apart_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.float64]:
        """How far from its middle positions are, (n,)."""
        return arcsec_of(squared_chords(unit_vectors(ra_deg, dec_deg), self._middle))

    def ranges(self) -> Cells:
        """The cells of depth 29 that it reaches into, and perhaps some more: rising ranges, (m, 2).

        The first of each range, and the one after its last; no two ranges touch.
        """
        radius = np.radians(self.radius_arcsec / ARCSEC_PER_DEG)
        wanted = int(np.clip(np.ceil(np.log2(CELL_RADIUS_RAD / radius)) + FINER, 0, DEPTH_MAX))
        cells, depth = self._reached(BASE_CELLS, 0), 0
        while depth < wanted:
            depth += 1
            cells = self._reached((cells[:, None] * 4 + np.arange(4)).ravel(), depth)
        return _ranges(cells) << (2 * (DEPTH_MAX - depth))

    def _reached(self, cells: Cells, depth: int) -> Cells:
        reach = self.radius_arcsec + np.degrees(CELL_RADIUS_RAD / 2**depth) * ARCSEC_PER_DEG
        most = np.array([min(reach + BORDER_ARCSEC, 180 * ARCSEC_PER_DEG)])
        return cells[squared_chords(middles(cells, depth), self._middle) <= squared_chord_of(most)]

    @property
    def _middle(self) -> Vectors:
        return unit_vectors(np.array([self.ra_deg]), np.array([self.dec_deg]))


def middles(cells: Cells, depth: int) -> Vectors:
    """The middles of cells of a depth as points of the unit sphere, (n, 3).

    Górski et al. 2005, sections 4 and 5: `cells_of` the other way.
    """
    face = cells >> (2 * depth)
    inner = cells & ((1 << (2 * depth)) - 1)
    along, across = ((_gathered(each) + 0.5) / 2**depth for each in (inner, inner >> 1))
    down = _FACE_ROW[face] - along - across
    # Of a polar cap, how far from the pole: 0 there, 1 at its edge and in all of the belt.
    cap = np.minimum(np.minimum(down, 4.0 - down), 1.0)
    off = cap * cap / 3.0
    in_belt = cap == 1.0
    z = np.where(in_belt, (2.0 - down) * 2.0 / 3.0, np.where(down < 2.0, 1.0 - off, off - 1.0))
    radius = np.sqrt(np.where(in_belt, 1.0 - z * z, off * (2.0 - off)))
    longitude = np.pi / 4.0 * (_FACE_COLUMN[face] * cap + along - across) / cap
    return np.stack((radius * np.cos(longitude), radius * np.sin(longitude), z), axis=1)


def touching(ranges: Cells, reaches: Cells) -> NDArray[np.bool_]:
    """Which spans (n, 2), both ends included, hold a cell of ranges, as `Cone.ranges` has them."""
    first = np.searchsorted(ranges[:, 1], reaches[:, 0], side="right")
    begins = np.append(ranges[:, 0], np.iinfo(np.int64).max)
    found: NDArray[np.bool_] = begins[first] <= reaches[:, 1]
    return found


def _ranges(cells: Cells) -> Cells:
    """Rising numbers as ranges."""
    cells = np.sort(cells)
    breaks = np.flatnonzero(np.diff(cells) > 1)
    first = np.concatenate((cells[:1], cells[breaks + 1]))
    last = np.concatenate((cells[breaks], cells[-1:]))
    return np.stack((first, last + 1), axis=1)


def _gathered(places: Cells) -> Cells:
    """Every second bit of numbers of 64, from the first."""
    found = places & 0x5555555555555555
    for shift, mask in _GATHERS:
        found = (found | (found >> shift)) & mask
    return found


_GATHERS = (
    (1, 0x3333333333333333),
    (2, 0x0F0F0F0F0F0F0F0F),
    (4, 0x00FF00FF00FF00FF),
    (8, 0x0000FFFF0000FFFF),
    (16, 0x00000000FFFFFFFF),
)
