"""Points put together into ragged light curves, by row and by time, each exposure once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import Floats, LightCurves
from schemas.decoder import order_points
from schemas.photometry import FLUX_ERR_PER_MAG, ab_magnitude, sound_mjd
from schemas.survey import Ints

SHIFTS_PER_POINT = 8
"""Steps that ordering may take a point; a history in no order at all goes to a real sort."""
LATER_DAYS_MAX = 3.0
"""From an alert to a point of its packet: some hold the rest of the alert's own night."""
TWIN_DAYS = 1e-4
"""Points of one band within this (9 s) are of one exposure. Packets repeat an exposure's time to
the bit, and a survey's exposures of one field begin half a minute apart."""
TWINS_AWAY_MAX = 8
"""Two points with as many between them are not compared, so that no history costs its square. Of
copies that are worth the same none is missed for it."""


class Points(NamedTuple):
    """Points in any order: the row each belongs to, and the columns of LightCurves."""

    rows: Ints
    mjd: Floats
    band: NDArray[np.int8]
    flux_njy: Floats
    flux_err_njy: Floats
    limit_mag: Floats
    detected: NDArray[np.bool_]

    def only(self, sound: NDArray[np.bool_]) -> Points:
        """The same; what is not sound loses its time, and so is left out of light curves."""
        return self._replace(mjd=np.where(sound, self.mjd, np.nan))

    def measured(self) -> dict[str, Any]:
        """As alerts' columns, of one point an alert, in order: band, nJy, AB magnitudes."""
        return {
            "band": self.band,
            "flux_njy": self.flux_njy,
            "flux_err_njy": self.flux_err_njy,
            "magnitude": ab_magnitude(self.flux_njy),
            "magnitude_err": self.flux_err_njy / np.abs(self.flux_njy) / FLUX_ERR_PER_MAG,
        }


def light_curves(alerts: int, *origins: Points) -> LightCurves:
    """Light curves of so many alerts. Points at one time keep the order of their origins.

    A point without a time (NaN) is left out.
    """
    joined: list[Any] = [np.concatenate(columns) for columns in zip(*origins, strict=True)]
    offsets, order = _order(alerts, joined[0], joined[1])
    return LightCurves(offsets, *(column[order] for column in joined[1:]))


def packet_curves(mjd: Floats, *origins: Points, own: Points | None = None) -> LightCurves:
    """What packets hold of alerts at these times, (n,), each exposure once.

    `own` are the alerts' own points. Left out are points without a sound time (NaN, before
    MJD_MIN_DAYS, more than LATER_DAYS_MAX after their alert), and of an exposure that is named
    more than once all but one: one with a flux is kept before one without, the alert's own before
    others, one with a limit before one without, and of equals the first.
    """
    every = [
        one._replace(mjd=sound_mjd(one.mjd, mjd[one.rows] + LATER_DAYS_MAX))
        for one in (*origins, *([own] if own else []))
    ]
    curves = light_curves(len(mjd), *every)
    rows = point_rows(curves)
    worth = 4 * np.isfinite(curves.flux_njy) + np.isfinite(curves.limit_mag)
    if own:
        worth += 2 * _is_own(curves, rows, own)
    twice = repeated(rows, curves.mjd, curves.band, worth.astype(np.int8))
    return curves.where(~twice) if twice.any() else curves


def no_light_curves(alerts: int) -> LightCurves:
    """Light curves of so many alerts, without a point."""
    columns = (np.zeros(0, kind) for kind in ("f8", "i1", "f8", "f8", "f8", "?"))
    return LightCurves(np.zeros(alerts + 1, np.int64), *columns)


def united(curves: LightCurves) -> LightCurves:
    """The histories of one object in several packets as one, each exposure once.

    Of copies one with a flux stands before one without, one with a limit before one without, and
    of equals that of the earlier row.
    """
    worth = (2 * np.isfinite(curves.flux_njy) + np.isfinite(curves.limit_mag)).astype(np.int8)
    order = np.lexsort((point_rows(curves), -worth, curves.band, curves.mjd))
    mjd, band = curves.mjd[order], curves.band[order]
    first = np.append(True, (np.diff(mjd) != 0) | (np.diff(band) != 0))[: len(order)]
    kept = order[first]
    names = (name for name in LightCurves.__slots__ if name != "offsets")
    columns = (getattr(curves, name)[kept] for name in names)
    one = LightCurves(np.array([0, len(kept)]), *columns)
    return one.where(~repeated(point_rows(one), one.mjd, one.band, worth[kept]))


def point_rows(curves: LightCurves) -> Ints:
    """The row of each point."""
    return np.repeat(np.arange(len(curves)), np.diff(curves.offsets))


def first_detection_mjd(curves: LightCurves) -> Floats:
    """When each row's first detection was, (n,); NaN where it has none."""
    first, found = np.full(len(curves), np.nan), np.flatnonzero(curves.detected)[::-1]
    # Of several values for one place the last is kept, and that is the earliest here.
    first[point_rows(curves)[found]] = curves.mjd[found]
    return first


def repeated(
    rows: Ints, mjd: Floats, band: NDArray[np.int8], worth: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Which points, by row and time, have a twin of more worth, or an earlier one of as much."""
    found = np.zeros(len(rows), np.bool_)
    for away in range(1, min(TWINS_AWAY_MAX, len(rows) - 1) + 1):
        near = (rows[away:] == rows[:-away]) & (mjd[away:] - mjd[:-away] <= TWIN_DAYS)
        first = np.flatnonzero(near)
        if not len(first):
            break
        first = first[band[first] == band[first + away]]
        found[first + away * (worth[first + away] <= worth[first])] = True
    return found


def _order(alerts: int, rows: Ints, mjd: Floats) -> tuple[Ints, Ints]:
    offsets, ends = np.zeros(alerts + 1, np.int64), np.empty(alerts, np.int64)
    order = np.empty(len(rows), np.int64)
    if not order_points(rows, mjd, offsets, ends, order, SHIFTS_PER_POINT * len(rows)):
        timed = np.flatnonzero(~np.isnan(mjd))
        order = timed[np.lexsort((mjd[timed], rows[timed]))]
    return offsets, order[: offsets[-1]]


def _is_own(curves: LightCurves, rows: Ints, own: Points) -> NDArray[np.bool_]:
    """Which points are the alerts' own: the last of their row at that time, as `own` comes last."""
    at_own = curves.mjd == own.mjd[rows]
    last = np.append((rows[1:] != rows[:-1]) | (curves.mjd[1:] != curves.mjd[:-1]), True)
    is_own: NDArray[np.bool_] = at_own & last[: len(at_own)]
    return is_own
