"""Positions for tests of the sky: random ones, and those at which a sphere is awkward."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Degrees = NDArray[np.float64]

AWKWARD_RA = (0.0, 1e-9, 45.0, 90.0, 135.0, 180.0, 270.0, 359.999999999, 360.0)
AWKWARD_DEC = (
    -90.0,
    -89.9999999,
    -41.8103148958,
    0.0,
    41.8103148957,
    41.8103148958,
    89.99999,
    90.0,
)
"""Poles, the equator, and the edge of HEALPix's polar caps."""

RA = st.one_of(st.sampled_from(AWKWARD_RA), st.floats(0.0, 360.0))
DEC = st.one_of(st.sampled_from(AWKWARD_DEC), st.floats(-90.0, 90.0))
POSITION = st.tuples(RA, DEC)


def uniform(rows: int, seed: int) -> tuple[Degrees, Degrees]:
    """Right ascensions and declinations spread evenly over the sphere."""
    draw = np.random.default_rng(seed)
    return draw.uniform(0, 360, rows), np.degrees(np.arcsin(draw.uniform(-1, 1, rows)))


def beside(ra: Degrees, dec: Degrees, apart_arcsec: Degrees, seed: int) -> tuple[Degrees, Degrees]:
    """Positions that far from others, in random directions."""
    from astropy.coordinates import offset_by

    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(ra))
    at = offset_by(np.radians(ra), np.radians(dec), angle, np.radians(apart_arcsec / 3600))
    there = [np.asarray(each.to_value("deg")) for each in at]
    return np.mod(there[0], 360), there[1]


def columns(positions: list[tuple[float, float]]) -> tuple[Degrees, Degrees]:
    """A list of positions as columns."""
    table = np.array(positions, dtype=np.float64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()
