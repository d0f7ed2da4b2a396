"""Members of groups side by side: a row a group, each member's light curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import matplotlib as mpl

from gueststar.pictures.alert import Picture
from gueststar.pictures.light_curve import bound, draw_band, telling
from gueststar.pictures.look import STYLE, WIDTH_INCHES
from gueststar.points import points_of
from gueststar.row import Row

GROUPS_MAX: Final = 8
"""Rows of a picture."""
MEMBERS_MAX: Final = 5
ROW_INCHES: Final = 1.9


class Shown(NamedTuple):
    """A group, and some of its members."""

    title: str
    members: Sequence[Row]


def draw_groups(groups: Sequence[Shown]) -> Picture:
    """The first groups as a matplotlib Figure, the first members of each."""
    rows = groups[:GROUPS_MAX]
    with mpl.rc_context(STYLE):
        height = ROW_INCHES * max(len(rows), 1)
        figure = Picture(figsize=(WIDTH_INCHES, height), facecolor="white", layout="constrained")
        grid = figure.subplots(max(len(rows), 1), MEMBERS_MAX, squeeze=False)
        for axes in grid.ravel():
            axes.set_axis_off()
        for line, group in zip(grid, rows, strict=False):
            line[0].set_title(group.title, loc="left", weight="bold")
            for axes, member in zip(line, group.members, strict=False):
                axes.set_axis_on()
                points = telling(points_of(member))
                for band in points.bands:
                    draw_band(axes, points.take(points.band == band), band, 2.5)
                if len(points):
                    bound(axes, points)
                axes.text(0.02, 0.03, member.object_id, transform=axes.transAxes, fontsize=6)
                axes.tick_params(labelsize=6)
    return figure
