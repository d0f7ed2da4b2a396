"""Three stamps side by side: science, template, difference."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gueststar.pictures.look import AMBER, FAINT, GREY, NO_PIXEL, PALE
from gueststar.row import Row
from gueststar.stretch import stretched
from gueststar.upright import Compass, upright, why_none
from schemas.batch import PLANES

GREYS = "gray"
SKY_X, SKY_Y, SKY_LENGTH, LETTER_LENGTH = 0.8, 0.2, 0.1, 0.15
"""Of the strokes to north and east, in fractions of a stamp."""


def draw_stamps(figure: Figure, axes: list[Axes], alert: Row) -> None:
    """One plane into each of the three axes; a sentence in their place where there is none."""
    planes, compass = upright(alert)
    for number, (one, plane) in enumerate(zip(axes, planes, strict=True)):
        bare(one)
        if plane.size:
            colours = mpl.colormaps[GREYS].with_extremes(bad=NO_PIXEL)
            grey = stretched(plane, number)
            one.imshow(grey, origin="lower", cmap=colours, vmin=0, vmax=1, interpolation="nearest")
            one.set_title(title(number, plane.shape), fontsize=8.5, loc="left", pad=3)
            mark_centre(one, plane.shape)
    shown = [one for one, plane in zip(axes, planes, strict=True) if plane.size]
    if shown and compass:
        mark_sky(shown[0], compass)
    if not shown:
        say_none(figure, axes, why_none(alert))


def title(number: int, shape: tuple[int, ...]) -> str:
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


def mark_sky(axes: Axes, compass: Compass) -> None:
    """Where north and east are, by two strokes in the lower right corner."""
    for letter, (x, y) in zip("NE", compass, strict=True):
        ends = [SKY_X, SKY_X + SKY_LENGTH * x], [SKY_Y, SKY_Y + SKY_LENGTH * y]
        axes.plot(*ends, color=AMBER, linewidth=1.0, transform=axes.transAxes)
        place = SKY_X + LETTER_LENGTH * x, SKY_Y + LETTER_LENGTH * y
        axes.text(
            *place,
            letter,
            color=AMBER,
            fontsize=7,
            ha="center",
            va="center",
            transform=axes.transAxes,
        )


def say_none(figure: Figure, axes: list[Axes], why: str) -> None:
    for one in axes:
        one.set_facecolor(FAINT)
    box = axes[1].get_position()
    figure.text(
        box.x0 + box.width / 2,
        box.y0 + box.height / 2,
        why,
        ha="center",
        va="center",
        color=GREY,
    )


def bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(PALE)
