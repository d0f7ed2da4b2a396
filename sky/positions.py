"""Listed positions with their radii, what is no usable one, and the geometry that compares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.catalogues import Degrees

ARCSEC_PER_DEG = 3600.0

RADIUS_ARCSEC_DEFAULT = 1.5
"""Of a list without radii: about what ground-based surveys' positions differ by."""

RADIUS_ARCSEC_MIN = 0.001
"""Less is beyond every survey's astrometry, and a sign of another unit."""

RADIUS_ARCSEC_MAX = 1.0 * ARCSEC_PER_DEG
"""A watchlist's circles are no greater; a greater one is a region."""

CONE_RADIUS_ARCSEC_MAX = 30.0 * ARCSEC_PER_DEG
"""A region's cones are no greater, so that a cell of the whole sky's grid is wider."""

WATCHLIST_ROWS_MAX = 10_000_000
"""What one worker holds in memory beside the networks, at some 40 bytes a row."""

BLOCK_ROWS = 1 << 15
"""Of long columns computed at once."""

Vectors = NDArray[np.float64]
"""Unit vectors, (n, 3)."""


class RadiusRule(NamedTuple):
    """What radii a list may have; `default_arcsec` is None where each row must say its own."""

    default_arcsec: float | None = RADIUS_ARCSEC_DEFAULT
    max_arcsec: float = RADIUS_ARCSEC_MAX


class Positions(NamedTuple):
    """ICRS positions and the radius of each, float64 (n,)."""

    ra_deg: Degrees
    dec_deg: Degrees
    radius_arcsec: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Positions:
        """Some rows, in the order given."""
        return Positions(*(column[rows] for column in self))


def check(
    positions: Positions, rule: RadiusRule, *, rows_max: int | None = WATCHLIST_ROWS_MAX
) -> None:
    """Raises FilterError that names the first unusable row, counted from 1, and the remedy."""
    if not len(positions.ra_deg):
        raise FilterError("it has no rows; a list needs one position at least")
    if rows_max is not None:
        check_rows(len(positions.ra_deg))
    degrees = "positions are ICRS in decimal degrees"
    _within("right ascension", "degrees", positions.ra_deg, (0.0, 360.0), degrees)
    _within("declination", "degrees", positions.dec_deg, (-90.0, 90.0), degrees)
    remedy = "name the unit in the column: radius_arcsec, radius_arcmin or radius_deg"
    bounds = (RADIUS_ARCSEC_MIN, rule.max_arcsec)
    _within("radius", "arcsec", positions.radius_arcsec, bounds, remedy)


def check_rows(rows: int) -> None:
    """Raises FilterError where a list is too long."""
    if rows > WATCHLIST_ROWS_MAX:
        raise FilterError(
            f"it has more than {WATCHLIST_ROWS_MAX:,} rows; split it, or draw it as a MOC region"
        )


def _within(
    name: str, unit: str, values: NDArray[np.float64], bounds: tuple[float, float], remedy: str
) -> None:
    bad = ~((values >= bounds[0]) & (values <= bounds[1]))
    if bad.any():
        row = int(np.argmax(bad))
        what = "is missing" if np.isnan(values[row]) else f"is {values[row]:.10g}"
        raise FilterError(
            f"row {row + 1}: {name} {what}, not {bounds[0]:g} to {bounds[1]:g} {unit}; {remedy}"
        )


def blocks(rows: int) -> Iterator[slice]:
    """Rows by parts that stay in a processor's cache through many steps: ten times as fast."""
    return (slice(begin, begin + BLOCK_ROWS) for begin in range(0, rows, BLOCK_ROWS))


def on_sky(ra_deg: Degrees, dec_deg: Degrees) -> NDArray[np.bool_]:
    """Which (n,) are positions at all: finite, the declination within ±90 degrees."""
    found: NDArray[np.bool_] = np.isfinite(ra_deg) & (np.abs(dec_deg) <= 90.0)
    return found


def unit_vectors(ra_deg: Degrees, dec_deg: Degrees) -> Vectors:
    """Positions as points of the unit sphere, (n, 3)."""
    out = np.empty((len(ra_deg), 3))
    for block in blocks(len(out)):
        ra, dec = np.radians(ra_deg[block]), np.radians(dec_deg[block])
        across = np.cos(dec)
        out[block, 0] = across * np.cos(ra)
        out[block, 1] = across * np.sin(ra)
        out[block, 2] = np.sin(dec)
    return out


def squared_chords(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """Between points of the unit sphere, row by row (n,): exact at small angles, unlike cosines."""
    apart = one - other
    apart *= apart
    return apart[:, 0] + apart[:, 1] + apart[:, 2]


def squared_chord_of(angle_arcsec: NDArray[np.float64]) -> NDArray[np.float64]:
    """The squared chord that spans an angle, (n,)."""
    chord = 2.0 * np.sin(np.radians(angle_arcsec / ARCSEC_PER_DEG) / 2.0)
    return chord * chord


def arcsec_of(squared_chord: NDArray[np.float64]) -> NDArray[np.float64]:
    """The angle that a squared chord spans, (n,); +inf where that is +inf."""
    found = np.full(len(squared_chord), np.inf)
    known = np.isfinite(squared_chord)
    half = np.minimum(np.sqrt(squared_chord[known]) / 2.0, 1.0)
    found[known] = np.degrees(2.0 * np.arcsin(half)) * ARCSEC_PER_DEG
    return found
