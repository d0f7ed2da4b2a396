"""Points of several origins put together into ragged light curves, by row and by time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats, LightCurves
from schemas.decoder import order_points
from schemas.survey import Ints

SHIFTS_PER_POINT = 8
"""Steps that ordering may take a point; a history in no order at all goes to a real sort."""


class Points(NamedTuple):
    """Points in any order: the row each belongs to, and the columns of LightCurves."""

    rows: Ints
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
    joined: list[Any] = [np.concatenate(columns) for columns in zip(*origins, strict=True)]
    offsets, order = _order(alerts, joined[0], joined[1])
    return LightCurves(offsets, *(column[order] for column in joined[1:]))


def _order(alerts: int, rows: Ints, mjd: Floats) -> tuple[Ints, Ints]:
    offsets, ends = np.zeros(alerts + 1, np.int64), np.empty(alerts, np.int64)
    order = np.empty(len(rows), np.int64)
    if not order_points(rows, mjd, offsets, ends, order, SHIFTS_PER_POINT * len(rows)):
        timed = np.flatnonzero(~np.isnan(mjd))
        order = timed[np.lexsort((mjd[timed], rows[timed]))]
    return offsets, order[: offsets[-1]]
