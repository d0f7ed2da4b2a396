"""The whole sky, and how many alerts are where: HEALPix cells by colour, equal areas."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from gueststar.pictures.alert import Picture
from gueststar.pictures.look import AMBER, GREY, PALE, STYLE, WIDTH_INCHES
from schemas.batch import Floats
from sky.cells import cells_of, parents
from sky.galactic import plane
from sky.positions import on_sky

DEPTH = 6
"""Of the cells that are drawn, 0.9 degrees wide."""
COLOURS = "viridis"
HEIGHT_INCHES = 5.4
COLUMNS, ROWS = 2880, 1440
"""Of the drawn grid: an eighth of a degree at the equator."""

MIDDLE_RA_DEG = 180.0


def draw_sky(ra_deg: Floats, dec_deg: Floats, *, title: str) -> Picture:
    """Positions (n,), ICRS degrees, as a matplotlib Figure; right ascension grows to the left."""
    known = on_sky(ra_deg, dec_deg)
    with mpl.rc_context(STYLE):
        figure = Picture(figsize=(WIDTH_INCHES, HEIGHT_INCHES), facecolor="white")
        axes = figure.add_axes((0.03, 0.15, 0.94, 0.76), projection="mollweide")
        axes.grid(visible=True, color=PALE)
        draw_cells(figure, axes, ra_deg[known], dec_deg[known])
        draw_plane(axes)
        label(axes)
        nowhere = f", {int((~known).sum()):,} more without a position" if not known.all() else ""
        figure.text(0.03, 0.95, title, fontsize=14, weight="bold")
        figure.text(0.03, 0.06, "the plane of our Galaxy", color=AMBER, fontsize=8)
        figure.text(0.97, 0.955, f"{int(known.sum()):,} alerts{nowhere}", ha="right", color=GREY)
    return figure


def draw_cells(figure: Picture, axes: Axes, ra_deg: Floats, dec_deg: Floats) -> None:
    """How many positions each cell has; an empty one stays white."""
    cells = parents(cells_of(ra_deg, dec_deg), DEPTH)
    counts = np.bincount(cells, minlength=12 * 4**DEPTH)
    across = (np.arange(COLUMNS) + 0.5) / COLUMNS * 360.0 - 180.0
    upward = (np.arange(ROWS) + 0.5) / ROWS * 180.0 - 90.0
    grid = [each.ravel() for each in np.meshgrid(MIDDLE_RA_DEG - across, upward)]
    seen = counts[parents(cells_of(*grid), DEPTH)].reshape(ROWS, COLUMNS)
    most = max(int(counts.max(initial=0)), 2)
    drawn = axes.pcolormesh(
        np.radians(across),
        np.radians(upward),
        np.ma.masked_equal(seen, 0),
        norm=LogNorm(1, most),
        cmap=COLOURS,
        rasterized=True,
        shading="nearest",
    )
    scale = figure.add_axes((0.3, 0.06, 0.4, 0.02))
    figure.colorbar(drawn, cax=scale, orientation="horizontal", format="%d")
    scale.set_title("alerts in a cell of 0.84 square degrees", fontsize=8, color=GREY, pad=2)


def draw_plane(axes: Axes) -> None:
    """The plane of our Galaxy."""
    ra, dec = plane(721)
    x = np.radians((MIDDLE_RA_DEG - ra + 180.0) % 360.0 - 180.0)
    order = np.argsort(x)
    axes.plot(x[order], np.radians(dec[order]), color=AMBER, linewidth=1.0)


def label(axes: Axes) -> None:
    """Right ascensions in hours, to the left as the sky has them."""
    hours = [22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2]
    axes.set_xticks(np.radians([MIDDLE_RA_DEG - 15 * hour for hour in hours]))
    axes.set_xticklabels([f"{hour}h" for hour in hours], color=GREY, fontsize=8)
    axes.tick_params(axis="y", labelsize=8, labelcolor=GREY)
