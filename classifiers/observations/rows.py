"""Light curves as rows for a network: the door to the compiled loops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from classifiers.observations.compiled import fill_rows
from schemas.batch import LightCurves

FLUX_NJY_MAX = 1e12
"""A point beyond is no measurement: AB magnitude 1.4."""
PRECISION_MAX = 1e6
"""In 1/nJy; a point of a smaller error is no measurement either."""
ZERO_POINT_MAG = 31.4
"""Of nJy in AB magnitudes."""
LIMIT_SIGMAS = 5.0
"""Of which a limiting magnitude is the flux."""

REDSHIFT_MAX = 100.0
"""A photo-z, or an error of one, beyond is no measurement: the whole is then unknown."""


def rows(curves: LightCurves, redshift: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows float32 (n, ROW), as `layout` says, of n light curves.

    redshift (n, 3): host photo-z, its error and distance modulus; the whole is unknown where one
    of the first two is NaN. Points without a time, a band, an error or a flux (or a limit) are
    left out.
    """
    assert redshift.shape == (len(curves), len(layout.REDSHIFT)), redshift.shape
    filled = np.zeros((len(curves), layout.ROW), np.float32)
    columns = (
        curves.mjd,
        curves.band,
        curves.flux_njy,
        curves.flux_err_njy,
        curves.limit_mag,
        curves.detected,
    )
    begins = (layout.BAND_BEGIN, layout.SHAPE_BEGIN, layout.LAG_BEGIN, layout.TOKENS_BEGIN)
    bounds = (len(layout.BANDS), layout.TOKENS, FLUX_NJY_MAX, PRECISION_MAX)
    limits = (ZERO_POINT_MAG, LIMIT_SIGMAS, REDSHIFT_MAX)
    fill_rows(
        curves.offsets,
        columns,
        np.ascontiguousarray(redshift),
        (np.array(layout.BIN_EDGES_DAYS), np.array(layout.LAG_EDGES_DAYS)),
        begins,
        bounds,
        limits,
        filled,
    )
    return filled


def with_history(found: NDArray[np.float32], history: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows float32 (n, ROW) with HISTORY, (n, 2), after them: (n, ROW + 2)."""
    assert history.shape == (len(found), len(layout.HISTORY)), history.shape
    return np.concatenate((found, history.astype(np.float32)), axis=1)


def with_redshift(found: NDArray[np.float32], redshift: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows float32 (n, ROW) told these redshifts (n, 3), where they are known; found is kept."""
    known = np.flatnonzero(np.isfinite(redshift).all(axis=1))
    if not len(known):
        return found
    begin = layout.CONTEXT_BEGIN + layout.CONTEXT.index("redshift_known")
    cells = np.column_stack((np.ones(len(known)), redshift[known]))
    told = found.copy()
    told[known, begin : begin + cells.shape[1]] = cells
    return told
