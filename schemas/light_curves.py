"""Points of several origins put together into ragged light curves, by row and by time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats, LightCurves
from schemas.decoder import order_points

SHIFTS_PER_POINT = 8
"""Steps that ordering may take a point; a history in no order at all goes to a real sort."""


class Points(NamedTuple):
    """Points in any order: the row each belongs to, and the columns of LightCurves."""

    rows: NDArray[np.int64]
    mjd: Floats
    band: NDArray[np.int8]
    flux_njy: Floats
    flux_err_njy: Floats
    limit_mag: Floats
    detected: NDArray[np.bool_]


def light_curves(alerts: int, *origins: Points) -> LightCurves:
    """Light curves of so many alerts. Points at one time keep the order of their origins.

    A point without a time (NaN) is left out.
    """
    points = Points(*map(np.concatenate, zip(*origins, strict=True)))
    offsets, order = _order(alerts, points)
    return LightCurves(offsets, *(column[order] for column in points[1:]))


def _order(alerts: int, points: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    offsets = np.empty(alerts + 1, np.int64)
    order = np.empty(len(points.rows), np.int64)
    shifts_max = SHIFTS_PER_POINT * len(order)
    if not order_points(points.rows, points.mjd, offsets, order, shifts_max):
        timed = np.flatnonzero(~np.isnan(points.mjd))
        order = timed[np.lexsort((points.mjd[timed], points.rows[timed]))]
    return offsets, order[: offsets[-1]]
