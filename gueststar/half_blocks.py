"""Stamps in a terminal: two pixels a character, one above the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text

from gueststar.stretch import Plane, stretched
from schemas.batch import PLANES

SIDE = 24
"""Pixels of a stamp's side as it is shown: three fit into 80 columns."""
ROWS = SIDE // 2
GAP = "  "
UPPER_HALF = "▀"
NO_PIXEL = Color.from_rgb(217, 199, 160)
"""As in the pictures."""


def stamp_lines(planes: Sequence[Plane], compass: str = "") -> list[Text]:
    """Science, template and difference side by side: a line of names, then ROWS of pixels.

    The compass, at most 8 characters, stands behind the first name.
    Shown are the middle of each, two or more pixels as their mean where it is large.
    """
    cells = [shrunk(stretched(plane, number)) for number, plane in enumerate(planes)]
    first = PLANES[0].ljust(SIDE - len(compass)) + compass
    names = Text(GAP.join((first, *(name.ljust(SIDE) for name in PLANES[1:]))), style="dim")
    return [names, *(_line([one[2 * row : 2 * row + 2] for one in cells]) for row in range(ROWS))]


def shrunk(levels: Plane) -> Plane:
    """The middle of a plane's grey levels as (SIDE, SIDE), its top row first."""
    times = max(1, min(levels.shape, default=0) // SIDE)
    middle = _middle(levels[::-1], SIDE * times)
    blocks = middle.reshape(SIDE, times, SIDE, times)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0).sum(axis=(1, 3))
    means: Plane = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return means


def _middle(levels: Plane, side: int) -> Plane:
    """The middle square of that side; NaN where the plane does not reach."""
    square: Plane = np.full((side, side), np.nan, np.float32)
    source, target = [], []
    for size in levels.shape:
        taken = min(size, side)
        source.append(slice((size - taken) // 2, (size - taken) // 2 + taken))
        target.append(slice((side - taken) // 2, (side - taken) // 2 + taken))
    square[tuple(target)] = levels[tuple(source)]
    return square


def _line(pairs: Sequence[Plane]) -> Text:
    """One line of characters from two rows of pixels of each stamp."""
    line = Text()
    for number, (upper, lower) in enumerate(pairs):
        line.append(GAP if number else "")
        for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
            line.append(UPPER_HALF, Style(color=_grey(above), bgcolor=_grey(below)))
    return line


def _grey(level: float) -> Color:
    if level != level:  # noqa: PLR0124 - NaN
        return NO_PIXEL
    value = round(255 * level)
    return Color.from_rgb(value, value, value)
