"""Three stamps side by side: science, template, difference."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gueststar.alert import Alert
from gueststar.pictures.look import AMBER, FAINT, GREY, NO_PIXEL, PALE
from gueststar.stretching import stretched
from schemas.batch import PLANES

GREYS = "gray"


def draw_stamps(figure: Figure, axes: list[Axes], alert: Alert) -> None:
    """One plane into each of the three axes; a sentence in their place where there is none."""
    planes = alert.stamps
    for number, (one, plane) in enumerate(zip(axes, planes, strict=True)):
        bare(one)
        if plane.size:
            colours = mpl.colormaps[GREYS].with_extremes(bad=NO_PIXEL)
            grey = stretched(plane, number)
            one.imshow(grey, origin="lower", cmap=colours, vmin=0, vmax=1, interpolation="nearest")
            one.set_title(title(number, plane.shape), fontsize=8.5, loc="left", pad=3)
            mark_centre(one, plane.shape)
    if not any(plane.size for plane in planes):
        say_none(figure, axes)


def title(number: int, shape: tuple[int, ...]) -> str:
    """The plane's name and its size."""
    return f"{PLANES[number]}   {shape[1]} × {shape[0]}"


def mark_centre(axes: Axes, shape: tuple[int, ...]) -> None:
    """Two strokes that point at the detection, of a stamp that no edge has cut."""
    rows, columns = shape
    if rows != columns:
        return
    middle, away, length = (columns - 1) / 2, columns * 0.09, columns * 0.1
    along = [middle + away, middle + away + length]
    for x, y in ((along, [middle, middle]), ([middle, middle], along)):
        axes.plot(x, y, color=AMBER, linewidth=1.0, solid_capstyle="butt")


def say_none(figure: Figure, axes: list[Axes]) -> None:
    """Where the pictures would be."""
    for one in axes:
        one.set_facecolor(FAINT)
    box = axes[1].get_position()
    figure.text(
        box.x0 + box.width / 2,
        box.y0 + box.height / 2,
        "no stamps: a lite record",
        ha="center",
        va="center",
        color=GREY,
    )


def bare(axes: Axes) -> None:
    """A pale frame, and no ticks."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(PALE)
