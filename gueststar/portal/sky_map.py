"""The sky as a map in SVG's units: counts by cell, places on it, and what helps to find one's way.

The projection is Mollweide's, of equal areas; right ascension grows to the left, 12h in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from gueststar.portal.night import DEPTH
from schemas.batch import Floats
from sky.cells import cells_of, parents
from sky.cones import middles
from sky.galactic import plane
from sky.positions import on_sky

WIDTH, HEIGHT = 720, 360
MIDDLE_RA_DEG = 180.0
LEVELS = 5
"""Shades of a count, from one alert to the most that a cell has, by its logarithm."""
HALF_CELL = 5
"""Of a cell's drawn diagonal; cells of depth 4 are 7.3 units wide."""
STEPS = 12
"""Of Newton's method; the slowest place, next to a pole, needs ten for a tenth of a unit."""


class Mark(NamedTuple):
    """A place on the map, with a link."""

    x: float
    y: float
    title: str
    alert_id: str
    object_id: str


@dataclass(frozen=True)
class SkyMap:
    """What a template draws."""

    shades: list[str]
    """Paths of the cells of each level, faint first."""
    most: int
    """What the fullest cell has."""
    marks: list[Mark]
    graticule: str
    galaxy: str


class Place(NamedTuple):
    """Somewhere on the sky, and what is there."""

    ra_deg: float
    dec_deg: float
    title: str
    alert_id: str
    object_id: str


def sky_map(cells: Mapping[int, int], places: Sequence[Place] = ()) -> SkyMap:
    """`cells`: counts by cell of DEPTH. A place that is none on the sky is left out."""
    most = max(cells.values(), default=0)
    numbers = np.array([*cells], dtype=np.int64)
    counts = np.array([*cells.values()], dtype=np.float64)
    shades = [""] * LEVELS
    if most:
        x, y = _of_cells(numbers)
        level = np.minimum(LEVELS * np.log1p(counts) / np.log1p(most), LEVELS - 1).astype(int)
        shades = [_squares(x[level == each], y[level == each]) for each in range(LEVELS)]
    return SkyMap(shades, most, _marks(places), graticule(), galaxy())


def counted(ra_deg: Floats, dec_deg: Floats) -> dict[int, int]:
    """How many positions (n,) each cell has."""
    known = on_sky(ra_deg, dec_deg)
    cells = parents(cells_of(ra_deg[known], dec_deg[known]), DEPTH)
    found, counts = np.unique(cells, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def projected(ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
    """Places (n,) in the map's units, x to the right and y down."""
    sine = np.pi * np.sin(np.radians(dec_deg))
    angle = np.radians(dec_deg) * 0.9
    for _ in range(STEPS):
        slope = np.maximum(2 + 2 * np.cos(2 * angle), 1e-9)
        angle = np.clip(
            angle - (2 * angle + np.sin(2 * angle) - sine) / slope, -np.pi / 2, np.pi / 2
        )
    turn = (np.mod(ra_deg - MIDDLE_RA_DEG + 180.0, 360.0) - 180.0) / 180.0
    x = WIDTH / 2 * (1 - turn * np.cos(angle))
    y = HEIGHT / 2 * (1 - np.sin(angle))
    return x, y


def _of_cells(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[Floats, Floats]:
    x, y, z = middles(numbers, DEPTH).T
    return projected(np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arcsin(z)))


def _squares(x: Floats, y: Floats) -> str:
    half = HALF_CELL
    corners = zip(np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist(), strict=True)
    return "".join(
        f"M{a},{b - half}l{half},{half}-{half},{half}-{half}-{half}z" for a, b in corners
    )


def _marks(places: Sequence[Place]) -> list[Mark]:
    if not places:
        return []
    ra, dec = (np.array([each[n] for each in places], dtype=np.float64) for n in range(2))
    known = on_sky(ra, dec)
    x, y = projected(np.where(known, ra, 0.0), np.where(known, dec, 0.0))
    return [
        Mark(round(float(x[n]), 1), round(float(y[n]), 1), *places[n][2:])
        for n in np.flatnonzero(known).tolist()
    ]


@cache
def graticule() -> str:
    """Every 30 degrees a circle of declination, every 4 hours one of right ascension."""
    ra = np.linspace(MIDDLE_RA_DEG - 179.99, MIDDLE_RA_DEG + 179.99, 61)
    dec = np.linspace(-90.0, 90.0, 61)
    circles = [_line(ra, np.full(61, each)) for each in (-60.0, -30.0, 0.0, 30.0, 60.0)]
    hours = [_line(np.full(61, each), dec) for each in np.arange(0.0, 360.0, 60.0)]
    return "".join([*circles, *hours])


@cache
def galaxy() -> str:
    """The plane of our Galaxy, begun anew where it leaves the map."""
    return _line(*plane(181))


def _line(ra_deg: Floats, dec_deg: Floats) -> str:
    x, y = projected(ra_deg, dec_deg)
    jumps = np.concatenate([[True], np.abs(np.diff(x)) > WIDTH / 2])
    return "".join(
        f"{'M' if jump else 'L'}{a:.1f},{b:.1f}" for jump, a, b in zip(jumps, x, y, strict=True)
    )


def hour_labels() -> list[tuple[float, str]]:
    """Where the hours of right ascension stand along the equator."""
    hours = np.array([4, 8, 12, 16, 20])
    x, _ = projected(hours * 15.0, np.zeros(len(hours)))
    return [(float(at), f"{hour}h") for at, hour in zip(x, hours.tolist(), strict=True)]
