"""Where an event may have been, and alerts on it: the whole sky, and the region close up."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gueststar.pictures.alert import Picture
from gueststar.pictures.look import AMBER, BLUE, GREY, INK, PALE, STYLE, WIDTH_INCHES
from gueststar.pictures.sky import MIDDLE_RA_DEG, label
from schemas.batch import Floats
from sky.messengers.localisation import Localisation, Places

HEIGHT_INCHES = 4.6
COLUMNS, ROWS = 2160, 1080
CLOSE_PIXELS = 600
LEVELS = (0.5, 0.9)
COLOURS = "Blues"
FAINTEST = 1e-3
"""Of the densest: less is white."""
CLOSE_WIDTH_DEG_MIN, CLOSE_WIDTH_DEG_MAX = 2.0, 60.0


def draw_map(where: Localisation, ra_deg: Floats, dec_deg: Floats, *, title: str) -> Picture:
    """A map and alerts at positions (n,), ICRS degrees, as a matplotlib Figure."""
    with mpl.rc_context(STYLE):
        figure = Picture(figsize=(WIDTH_INCHES, HEIGHT_INCHES), facecolor="white")
        whole = figure.add_axes((0.04, 0.09, 0.6, 0.78), projection="mollweide")
        whole.set_axisbelow(False)
        whole.grid(visible=True, color=PALE)
        _draw_whole(whole, where)
        x = _across(ra_deg)
        whole.plot(np.radians(x), np.radians(dec_deg), ".", color=AMBER, markersize=3)
        label(whole)
        _draw_close(figure.add_axes((0.71, 0.17, 0.27, 0.62)), where, ra_deg, dec_deg)
        figure.text(0.04, 0.93, title, fontsize=14, weight="bold")
        areas = ", ".join(f"{level:.0%} in {where.area_deg2(level):,.1f}" for level in LEVELS)
        figure.text(0.98, 0.945, f"{areas} square degrees", ha="right", color=GREY)
        said = "blue: probability a square degree; lines: the 50 % and the 90 % region"
        figure.text(0.04, 0.04, said, color=BLUE, fontsize=8)
        figure.text(0.71, 0.04, f"{len(ra_deg):,} alerts" if len(ra_deg) else "", color=AMBER)
    return figure


def _draw_whole(axes: Axes, where: Localisation) -> None:
    across = (np.arange(COLUMNS) + 0.5) / COLUMNS * 360.0 - 180.0
    upward = (np.arange(ROWS) + 0.5) / ROWS * 180.0 - 90.0
    grid = np.meshgrid((MIDDLE_RA_DEG - across) % 360.0, upward)
    _draw(axes, where, grid, np.radians(across), np.radians(upward))


def _draw_close(axes: Axes, where: Localisation, ra_deg: Floats, dec_deg: Floats) -> None:
    """Around the most probable place, as wide as the 90 % region would be if it were round."""
    sample = where.sample()
    ra, dec = float(sample.ra_deg[0]), float(sample.dec_deg[0])
    width = 2.4 * np.sqrt(where.area_deg2(LEVELS[-1]) / np.pi)
    width = float(np.clip(width, CLOSE_WIDTH_DEG_MIN, CLOSE_WIDTH_DEG_MAX))
    offset = np.linspace(-width / 2, width / 2, CLOSE_PIXELS)
    east, north = np.meshgrid(offset, offset)
    _draw(axes, where, _sphere(ra, dec, east, north), offset, offset)
    x, y = _plane(ra, dec, ra_deg, dec_deg)
    axes.plot(x, y, "o", markerfacecolor="none", markeredgecolor=AMBER, markersize=5)
    axes.set_xlim(width / 2, -width / 2)
    axes.set_ylim(-width / 2, width / 2)
    axes.set_aspect("equal")
    axes.set_title(f"around {ra:.2f} {dec:+.2f}", fontsize=9, color=INK)
    axes.set_xlabel("degrees east")
    axes.set_ylabel("degrees north")


def _draw(
    axes: Axes,
    where: Localisation,
    grid: list[Floats] | tuple[Floats, Floats],
    x: Floats,
    y: Floats,
) -> None:
    worth = where.at(Places(grid[0].ravel(), grid[1].ravel()))
    density = worth.density_per_deg2.reshape(grid[0].shape)
    level = worth.credible_level.reshape(grid[0].shape)
    faint = density < FAINTEST * density.max()
    shown = np.ma.masked_where(faint, density)
    axes.pcolormesh(x, y, shown, cmap=COLOURS, rasterized=True, shading="nearest")
    axes.contour(x, y, level, levels=LEVELS, colors=[INK, GREY], linewidths=0.8)


def _across(ra_deg: Floats) -> Floats:
    found: Floats = (MIDDLE_RA_DEG - ra_deg + 180.0) % 360.0 - 180.0
    return found


def _sphere(ra: float, dec: float, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Places of offsets in degrees, by the azimuthal equidistant projection."""
    away = np.radians(np.hypot(east, north))
    angle = np.arctan2(east, north)
    sine = np.sin(np.radians(dec)) * np.cos(away)
    sine = sine + np.cos(np.radians(dec)) * np.sin(away) * np.cos(angle)
    sideways = np.sin(angle) * np.sin(away) * np.cos(np.radians(dec))
    forward = np.cos(away) - np.sin(np.radians(dec)) * sine
    found = (ra + np.degrees(np.arctan2(sideways, forward))) % 360.0
    return found, np.degrees(np.arcsin(np.clip(sine, -1, 1)))


def _plane(ra: float, dec: float, ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
    """The other way."""
    between, own, other = np.radians(ra_deg - ra), np.radians(dec), np.radians(dec_deg)
    cosine = np.sin(own) * np.sin(other) + np.cos(own) * np.cos(other) * np.cos(between)
    away: NDArray[np.float64] = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    east = np.cos(other) * np.sin(between)
    north = np.cos(own) * np.sin(other) - np.sin(own) * np.cos(other) * np.cos(between)
    angle = np.arctan2(east, north)
    return away * np.sin(angle), away * np.cos(angle)
