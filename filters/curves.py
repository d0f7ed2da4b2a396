"""What a light curve says: rise, fade, peak, colour, and how old the source can be.

Each function takes a batch (or a filter's view of one) and gives one number an alert, computed on
the ragged columns at once. Points later than the alert are not read: some packets hold points of
the alert's own night that were taken after it. NaN says that the light curve does not tell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from schemas.batch import AlertBatch, Floats, LightCurves
from schemas.columns import BANDS
from schemas.errors import FilterError
from schemas.photometry import AB_ZERO_MAG_NJY, DETECTION_SIGMA
from schemas.suggestion import nearest

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SPAN_DAYS_MIN = 0.5
"""Between two epochs that are compared: over less, the error of two magnitudes is the slope."""

SPAN_DAYS_MAX = 5.0
"""Of a rise: over more, a slope is a mean and hides when the rise began."""

COLOUR_DAYS_MAX = 1.0
"""Between the two epochs of a colour: ZTF sees a field in g and r within one night or the next,
and a type Ia supernova rises by 0.2 mag a day at most from its fifth day on."""


class _Points(NamedTuple):
    """Points known at their alert's time, by row and time; a column each."""

    rows: Ints
    days_before: Floats
    band: NDArray[np.int8]
    bright_njy: Floats
    """The flux of a detection brighter than the template; NaN for all others."""
    limit_mag: Floats
    detected: Mask


def rise_mag_per_day(alerts: Alerts | AlertBatch) -> Floats:
    """Magnitudes a day since the last earlier epoch of the same band, (n,); above 0 is brighter.

    That epoch lies SPAN_DAYS_MIN to SPAN_DAYS_MAX back. Where nothing was detected in it, its
    limiting magnitude stands for it, and the rise is a lower bound. NaN where there is no such
    epoch, or the alert's own flux is not positive.
    """
    points = _known(alerts)
    last = _last(
        points,
        (points.band == alerts.band[points.rows])
        & (points.days_before >= SPAN_DAYS_MIN)
        & (points.days_before <= SPAN_DAYS_MAX)
        & (np.isfinite(points.bright_njy) | np.isfinite(points.limit_mag)),
        len(alerts),
    )
    seen = _magnitude(_at(points.bright_njy, last))
    before = np.where(np.isnan(seen), _at(points.limit_mag, last), seen)
    return (before - _magnitude(alerts.flux_njy)) / _at(points.days_before, last)


def fade_mag_per_day(alerts: Alerts | AlertBatch) -> Floats:
    """Magnitudes a day from the band's brightest detection to this one, (n,); above 0 is fainter.

    0 where this one is the brightest of its band so far. NaN where the brightest is less than
    SPAN_DAYS_MIN back, or the alert's own flux is not positive.
    """
    points = _known(alerts)
    own = points.band == alerts.band[points.rows]
    peak = _brightest(points, own, len(alerts))
    days = _at(points.days_before, peak)
    faded = _magnitude(alerts.flux_njy) - _magnitude(_at(points.bright_njy, peak))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(days >= SPAN_DAYS_MIN, faded / days, np.nan)
    return np.where(days == 0, 0.0, slope)


def peak_magnitude(alerts: Alerts | AlertBatch) -> Floats:
    """AB magnitude of the brightest detection so far in any band, this one included, (n,).

    NaN where no detection was brighter than the template.
    """
    points = _known(alerts)
    return _magnitude(_at(points.bright_njy, _brightest(points, points.detected, len(alerts))))


def days_since_peak(alerts: Alerts | AlertBatch) -> Floats:
    """Days from the brightest detection so far in any band, the earliest of equals, (n,).

    0 where that is this one. NaN where no detection was brighter than the template.
    """
    points = _known(alerts)
    return _at(points.days_before, _brightest(points, points.detected, len(alerts)))


def detections_within(alerts: Alerts | AlertBatch, days: float) -> Ints:
    """How many detections, of either sign, the last `days` days hold, this one included, (n,)."""
    points = _known(alerts)
    return _count(points, points.detected & (points.days_before <= days), len(alerts))


def positive_fraction(alerts: Alerts | AlertBatch) -> Floats:
    """The share of detections that were brighter than the template, 0 to 1, (n,).

    NaN where the light curve has no detection.
    """
    points = _known(alerts)
    detections = _count(points, points.detected, len(alerts)).astype(np.float64)
    brighter = _count(points, np.isfinite(points.bright_njy), len(alerts))
    return brighter / np.where(detections > 0, detections, np.nan)


def amplitude_mag(alerts: Alerts | AlertBatch) -> Floats:
    """Magnitudes from the faintest to the brightest detection in the alert's band, (n,).

    Only detections brighter than the template count; 0 where there is one, NaN where none.
    """
    points = _known(alerts)
    own = points.band == alerts.band[points.rows]
    brightest, faintest = (
        _magnitude(_at(points.bright_njy, _extreme(points, own, len(alerts), of)))
        for of in (np.maximum, np.minimum)
    )
    return faintest - brightest


def colour(alerts: Alerts | AlertBatch, blue: str, red: str) -> Floats:
    """Magnitude in one band less that in another, as colour(alerts, "g", "r"), (n,).

    Of the last detection brighter than the template in each, NaN where these are more than
    COLOUR_DAYS_MAX apart or one is missing. No extinction is taken off (`filters.dust` does).
    Raises FilterError for a band that does not exist.
    """
    points = _known(alerts)
    bright = np.isfinite(points.bright_njy)
    ends = [
        _last(points, bright & (points.band == band_code(name)), len(alerts))
        for name in (blue, red)
    ]
    first, second = (_magnitude(_at(points.bright_njy, end)) for end in ends)
    days = np.abs(np.subtract(*(_at(points.days_before, end) for end in ends)))
    return np.where(days <= COLOUR_DAYS_MAX, first - second, np.nan)


def days_since_dark(alerts: Alerts | AlertBatch, deeper_by_mag: float = 0.0) -> Floats:
    """Days since the last epoch that shows the source was not there yet, (n,).

    In that epoch, of any band and before the first detection in the packet, nothing was seen to
    a five-sigma limit that is fainter than that detection by `deeper_by_mag`. Forced photometry
    without a detection counts, its limit being five times its error. NaN where there is none.
    """
    seen = _known(alerts)
    first = _first(seen, np.isfinite(seen.bright_njy), len(alerts))
    age, magnitude = _at(seen.days_before, first), _magnitude(_at(seen.bright_njy, first))
    days = np.full(len(alerts), np.nan)
    for points in (seen, _known(alerts, forced=True)):
        dark = ~points.detected & (points.days_before > age[points.rows])
        dark &= points.limit_mag >= magnitude[points.rows] + deeper_by_mag
        days = np.fmin(days, _at(points.days_before, _last(points, dark, len(alerts))))
    return days


def _known(alerts: Alerts | AlertBatch, *, forced: bool = False) -> _Points:
    """The points that are not later than their alert, of the light curves or forced photometry."""
    curves = alerts.forced_photometry if forced else alerts.light_curve
    rows = np.repeat(np.arange(len(alerts)), np.diff(curves.offsets))
    days_before = alerts.mjd[rows] - curves.mjd
    limit_mag = _forced_limits(curves) if forced else curves.limit_mag
    bright_njy = np.where(curves.detected & (curves.flux_njy > 0), curves.flux_njy, np.nan)
    points = (rows, days_before, curves.band, bright_njy, limit_mag, curves.detected)
    known = days_before >= 0
    if known.all():
        return _Points(*points)
    columns: tuple[Any, ...] = points
    return _Points(*(column[known] for column in columns))


def _forced_limits(curves: LightCurves) -> Floats:
    """Five-sigma limits out of the errors of forced photometry."""
    return _magnitude(DETECTION_SIGMA * curves.flux_err_njy)


def _magnitude(flux_njy: Floats) -> Floats:
    """AB; NaN where the flux is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where(flux_njy > 0, flux_njy, np.nan)
        return AB_ZERO_MAG_NJY - 2.5 * np.log10(positive)


def _last(points: _Points, wanted: Mask, rows: int) -> Ints:
    """Of each row the last point wanted, -1 where there is none, (rows,)."""
    found = np.flatnonzero(wanted)
    last = np.full(rows, -1)
    # Of several values for one place the last is kept, and points rise by time within a row.
    last[points.rows[found]] = found
    return last


def _first(points: _Points, wanted: Mask, rows: int) -> Ints:
    """Of each row the first point wanted, -1 where there is none, (rows,)."""
    found = np.flatnonzero(wanted)[::-1]
    first = np.full(rows, -1)
    first[points.rows[found]] = found
    return first


def _brightest(points: _Points, wanted: Mask, rows: int) -> Ints:
    """Of each row the brightest point wanted, the first of equals, -1 where there is none."""
    return _extreme(points, wanted, rows, np.maximum)


def _extreme(points: _Points, wanted: Mask, rows: int, of: np.ufunc) -> Ints:
    """The same, or with np.minimum the faintest of the bright ones."""
    bright = np.flatnonzero(wanted & np.isfinite(points.bright_njy))
    extreme = np.full(rows, np.nan)
    # Begun with any of the row's own, so that no limit needs to be known.
    extreme[points.rows[bright]] = points.bright_njy[bright]
    of.at(extreme, points.rows[bright], points.bright_njy[bright])
    return _first(points, wanted & (points.bright_njy == extreme[points.rows]), rows)


def _count(points: _Points, wanted: Mask, rows: int) -> Ints:
    """How many points of each row are wanted, (rows,)."""
    return np.bincount(points.rows[wanted], minlength=rows).astype(np.int64)


def _at(column: NDArray[Any], points: Ints) -> Floats:
    """A column's values at one point a row, NaN where that is -1, (rows,)."""
    # A value more, which index -1 finds.
    return np.append(column, np.nan)[points]


def band_code(name: str) -> int:
    """A band's place in BANDS. Raises FilterError for one that does not exist."""
    if name not in BANDS:
        raise FilterError(f"there is no band {name!r}{nearest(name, BANDS)}")
    return BANDS.index(name)
