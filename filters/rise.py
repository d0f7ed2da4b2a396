"""How fast an alert brightens, from its own light curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from schemas.batch import AlertBatch, LightCurves

SPAN_DAYS_MIN = 0.5
"""Of the comparison: over less, the error of two magnitudes is the slope."""

SPAN_DAYS_MAX = 5.0
"""Of the comparison: over more, a slope is a mean and hides when the rise began."""

AB_ZERO_NJY_MAG = 31.4
"""The magnitude of 1 nJy (Oke & Gunn 1983: 3631 Jy at magnitude 0)."""


def rise_mag_per_day(alerts: Alerts | AlertBatch) -> NDArray[np.float64]:
    """Magnitudes a day since the last earlier epoch of the same band, (n,); above 0 is brighter.

    That epoch lies SPAN_DAYS_MIN to SPAN_DAYS_MAX back. Where nothing was detected in it, its
    limiting magnitude stands for it, and the rise is a lower bound. NaN where there is no such
    epoch, or the alert's own flux is not positive.
    """
    curves = alerts.light_curve
    rows = np.repeat(np.arange(len(alerts)), np.diff(curves.offsets))
    span_days = alerts.mjd[rows] - curves.mjd
    before = _magnitudes(curves)
    comparable = (
        (curves.band == alerts.band[rows])
        & (span_days >= SPAN_DAYS_MIN)
        & (span_days <= SPAN_DAYS_MAX)
        & np.isfinite(before)
    )
    points = np.flatnonzero(comparable)
    last = np.full(len(alerts), -1)
    # Points rise by mjd within a row, so the greatest index is the latest epoch.
    np.maximum.at(last, rows[points], points)
    now = _ab_magnitude(alerts.flux_njy)
    rise = np.full(len(alerts), np.nan)
    found = last >= 0
    rise[found] = (before[last[found]] - now[found]) / span_days[last[found]]
    return rise


def _magnitudes(curves: LightCurves) -> NDArray[np.float64]:
    """Of each epoch: the detection's, or else the limit."""
    return np.where(
        curves.detected & (curves.flux_njy > 0), _ab_magnitude(curves.flux_njy), curves.limit_mag
    )


def _ab_magnitude(flux_njy: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where(flux_njy > 0, flux_njy, np.nan)
        return AB_ZERO_NJY_MAG - 2.5 * np.log10(positive)
