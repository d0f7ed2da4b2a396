"""A light curve: magnitudes upwards, in days from the alert, limits as triangles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gueststar.pictures.look import GREY, INK, band_colour, band_marker, band_name
from gueststar.points import Points, points_of
from gueststar.predicted import Predicted, predicted
from gueststar.row import Row
from schemas.columns import BANDS

ERR_MAX_MAG = 1.5
"""A longer error bar is cut: it would shrink all else."""
SPAN_MIN_DAYS, SPAN_MIN_MAG = 1.0, 1.0
"""An axis never shows less: two points of one night are no month apart."""
MARGIN = 0.06
LIMIT_ABOVE_MAX_MAG = 2.0
"""A limit that is brighter than the brightest detection by more says nothing, and is not shown."""
MANY = 80
"""From so many points on they are drawn smaller."""


def draw_light_curve(axes: Axes, alert: Row) -> None:
    """All that was measured so far, the alert's own moment as a line."""
    points = telling(points_of(alert))
    axes.grid(visible=True)
    axes.set_xlabel(f"days from the alert, MJD {alert.mjd:.4f}")
    axes.set_ylabel("AB magnitude of the difference")
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    if not len(points):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no light curve", transform=axes.transAxes, ha="center", color=GREY)
        return
    size = 3.5 if len(points) > MANY else 4.5
    for band in points.bands:
        draw_band(axes, points.take(points.band == band), band, size)
    ahead = predicted(alert)
    for curve in ahead:
        draw_predicted(axes, curve)
    bound(axes, points, ahead)
    key(axes, points)


def draw_predicted(axes: Axes, curve: Predicted) -> None:
    """What is expected of a band, as a dashed line in the band that holds 68 %."""
    colour = band_colour(BANDS.index(curve.band))
    axes.fill_between(curve.days, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(curve.days, curve.middle, color=colour, linewidth=0.9, linestyle=(0, (3, 2)))


def telling(points: Points) -> Points:
    """All but the limits that are far above every detection."""
    detected = points.magnitude[~points.limit]
    brightest = detected.min(initial=np.inf) - LIMIT_ABOVE_MAX_MAG
    return points.take(~points.limit | (points.magnitude > brightest) | ~np.isfinite(brightest))


def draw_band(axes: Axes, points: Points, band: int, size: float) -> None:
    """One band's detections with their errors, its limits as open triangles."""
    colour, marker = band_colour(band), band_marker(band)
    for fading in (False, True):
        shown = points.take(~points.limit & (points.fading == fading))
        axes.errorbar(
            shown.days,
            shown.magnitude,
            yerr=np.minimum(np.nan_to_num(shown.magnitude_err), ERR_MAX_MAG),
            fmt=marker,
            color=colour,
            markersize=size,
            markerfacecolor="white" if fading else colour,
            elinewidth=0.7,
            linewidth=0,
            zorder=3,
        )
    limits = points.take(points.limit)
    axes.plot(
        limits.days,
        limits.magnitude,
        linestyle="",
        marker="v",
        markersize=size - 0.5,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=0.7,
        alpha=0.55,
        zorder=2,
    )


def bound(axes: Axes, points: Points, ahead: Sequence[Predicted] = ()) -> None:
    """Bright is up; the axes hold every point, the alert, what is expected, and a little more."""
    days = np.concatenate([points.days, [0.0], *(curve.days for curve in ahead)])
    mags = np.concatenate([points.magnitude, *(curve.middle for curve in ahead)])
    shown = padded(days.min(), days.max(), SPAN_MIN_DAYS)
    faint, bright = padded(mags.min(), mags.max(), SPAN_MIN_MAG)[::-1]
    axes.set_xlim(*shown)
    axes.set_ylim(faint, bright)
    axes.yaxis.set_major_locator(MaxNLocator(6))


def padded(low: float, high: float, least: float) -> tuple[float, float]:
    """A span of at least `least` around low and high, with a margin."""
    middle, span = (low + high) / 2, max(high - low, least)
    half = span * (0.5 + MARGIN)
    return middle - half, middle + half


def key(axes: Axes, points: Points) -> None:
    """What the marks are, in one line above."""
    handles = [
        _mark(band_marker(band), band_name(band), band_colour(band)) for band in points.bands
    ]
    if points.fading.any():
        handles.append(_mark("o", "fainter than before", INK, face="white"))
    if points.limit.any():
        handles.append(_mark("v", "upper limit, 5σ", GREY, face="none"))
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(handles),
        borderaxespad=0.2,
        handletextpad=0.1,
        columnspacing=1.2,
    )


def _mark(marker: str, label: str, colour: str, face: str | None = None) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker=marker,
        markersize=4.5,
        color=colour,
        markerfacecolor=face or colour,
        label=label,
    )
