"""HEALPix cells of positions, in the nested scheme.

An alert's cell is computed here in NumPy: cdshealpix starts a thread for each call, which on a busy
machine takes longer than a batch may. It serves where lists are opened, and in tests as the judge.
"""

# ruff: noqa: PLC0415 - cdshealpix brings astropy, for which a broker without lists does not wait
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sky.catalogues import Degrees
from sky.positions import blocks

Cells = NDArray[np.int64]
"""Numbers of cells."""

DEPTH_MAX = 29
"""The deepest that HEALPix numbers in 64 bits; a cell is 0.4 milliarcsec wide."""

CELL_WIDTH_RAD = 0.68
"""A cell of depth d is nowhere narrower than this over 2**d.

The gradient of a cell's inner coordinates (0 to 1 along either side) is greatest where the gores of
a polar cap meet the pole. With the projection of Górski et al. 2005 (ApJ 622, 759) the cell is
there 0.6887 / 2**d wide, and coordinates continue from a cell to the next. Crossing a cell from
side to opposite side therefore takes that much, and a tenth of it a tenth. What is taken off that
is for rounding.
"""

NEGLIGIBLE_DEG = 1e-12
"""Four billionths of an arcsecond, far less than the slack of CELL_WIDTH_RAD at any radius."""

EQUATORIAL_Z = 2.0 / 3.0
"""The sine of the declination up to which cells are those of the equatorial belt."""


def cells_of(ra_deg: Degrees, dec_deg: Degrees) -> Cells:
    """The cell of depth DEPTH_MAX of each ICRS position (n,), finite and with |dec| <= 90.

    Górski et al. 2005, sections 4 and 5. A position's cell at a lesser depth is `parents` of it.
    """
    out = np.empty(len(ra_deg), dtype=np.int64)
    for block in blocks(len(out)):
        out[block] = _cells_of(ra_deg[block], dec_deg[block])
    return out


def _cells_of(ra_deg: Degrees, dec_deg: Degrees) -> Cells:
    side = 1 << DEPTH_MAX
    quarter = np.mod(ra_deg, 360.0) / 90.0
    sine = np.sin(np.radians(dec_deg))
    up, down = _belt_diagonals(quarter, sine, side)
    face_up, face_down = up >> DEPTH_MAX, down >> DEPTH_MAX
    face = np.where(face_up == face_down, (face_up & 3) + 4, np.minimum(face_up, face_down) & 3)
    face += 8 * (face_up > face_down)
    along, across = down & (side - 1), side - 1 - (up & (side - 1))
    cap = np.flatnonzero(np.abs(sine) > EQUATORIAL_Z)
    if len(cap):
        face[cap], along[cap], across[cap] = _cap_places(quarter[cap], dec_deg[cap], side)
    return (face << (2 * DEPTH_MAX)) | _spread(along) | (_spread(across) << 1)


def parents(cell: Cells, depth: int) -> Cells:
    """The cells of a lesser depth in which cells of DEPTH_MAX lie."""
    found: Cells = cell >> (2 * (DEPTH_MAX - depth))
    return found


def deepest(reach_rad: float) -> int:
    """The greatest depth whose cells are nowhere narrower than that; 0 where none is so wide."""
    return int(np.clip(np.floor(np.log2(CELL_WIDTH_RAD / reach_rad)), 0, DEPTH_MAX))


class Touched(NamedTuple):
    """Cells that circles may reach into, their own first: the circle's row, and the cell."""

    row: NDArray[np.int64]
    cell: Cells


def touched(ra_deg: Degrees, dec_deg: Degrees, reach_rad: float, depth: int) -> Touched:
    """Which cells circles around positions (n,) may reach into.

    Cells of that depth must be wider than the reach (`deepest`). None is left out that is reached;
    some are named that are not quite.
    """
    from astropy import units
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix import nested

    longitude = Longitude(_plain(ra_deg), units.deg)
    latitude = Latitude(_plain(dec_deg), units.deg)
    cell, along, across = nested.lonlat_to_healpix(longitude, latitude, depth, return_offsets=True)
    own = cell.astype(np.int64)
    into = _sides(along, across, reach_rad * 2**depth / CELL_WIDTH_RAD)
    near = np.flatnonzero(into.any(axis=1))
    if not len(near):
        return Touched(np.arange(len(own)), own)
    around, into = nested.neighbours(cell[near], depth), into[near]
    into &= around >= 0  # three cells meet at some corners
    rows = np.concatenate((np.arange(len(own)), np.repeat(near, into.sum(axis=1))))
    return Touched(rows, np.concatenate((own, around[into])))


def bordering(cell: int, order: int, depth: int) -> Cells:
    """The cells of a depth (at least `order`) that surround a cell of that order, outside it."""
    from cdshealpix import nested

    if depth == order:
        around = nested.neighbours(np.array([cell], np.uint64), order)[0].astype(np.int64)
        beside: Cells = around[(around >= 0) & (around != cell)]
        return beside
    sides = nested.external_neighbours(np.array([cell], np.uint64), order, depth - order)
    found: Cells = np.concatenate([each.ravel().astype(np.int64) for each in sides])
    return found[found >= 0]


def _plain(angle_deg: Degrees) -> Degrees:
    """Angles of which cdshealpix knows the cell: of some that are all but 0 it names another."""
    return np.where(np.abs(angle_deg) < NEGLIGIBLE_DEG, 0.0, angle_deg)


def _sides(
    along: NDArray[np.float64], across: NDArray[np.float64], reach: float
) -> NDArray[np.bool_]:
    """Beyond which sides and corners of its cell a circle reaches, (n, 9).

    In the order of `nested.neighbours`. Places and reach are in widths of a cell.
    """
    west, east = along <= reach, along >= 1.0 - reach
    south, north = across <= reach, across >= 1.0 - reach
    lower, upper = (south & west, south, south & east), (north & west, north, north & east)
    return np.stack((*lower, west, np.zeros_like(west), east, *upper), axis=1)


def _belt_diagonals(quarter: Degrees, sine: Degrees, side: int) -> tuple[Cells, Cells]:
    """On which rising and which falling line of cells a position of the belt is."""
    middle, height = side * (0.5 + quarter), side * 0.75 * sine
    return (middle - height).astype(np.int64), (middle + height).astype(np.int64)


def _cap_places(quarter: Degrees, dec_deg: Degrees, side: int) -> tuple[Cells, Cells, Cells]:
    """The base cell in a polar cap, and the place along and across it."""
    gore = np.minimum(quarter.astype(np.int64), 3)
    # sqrt(3 (1 - |sin dec|)), which would lose its digits near a pole.
    from_pole = np.sqrt(6.0) * np.sin(np.radians(90.0 - np.abs(dec_deg)) / 2.0)
    inner = quarter - gore
    rise = np.minimum((side * inner * from_pole).astype(np.int64), side - 1)
    fall = np.minimum((side * (1.0 - inner) * from_pole).astype(np.int64), side - 1)
    is_north = dec_deg > 0
    along = np.where(is_north, side - 1 - fall, rise)
    across = np.where(is_north, side - 1 - rise, fall)
    return np.where(is_north, gore, gore + 8), along, across


def _spread(places: Cells) -> Cells:
    """A zero between each two bits of numbers under 2**32."""
    for shift, mask in _SPREADS:
        places = (places | (places << shift)) & mask
    return places


_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
