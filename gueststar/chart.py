"""A light curve in characters: each point is the letter of its band, and bright is up.

A ringed letter is a fading, as open markers are in pictures: the more light is lacking, the higher.
"""

from __future__ import annotations

import numpy as np
from rich.text import Text

from gueststar.points import Points
from schemas.batch import Floats
from schemas.columns import BANDS

STYLES = dict(
    zip(
        BANDS,
        (
            *("magenta", "blue", "green", "yellow", "red", "bright_red"),
            *("bright_yellow", "bright_magenta", "bright_cyan", "cyan"),
        ),
        strict=True,
    )
)
LIMIT, UNKNOWN_BAND = "v", "?"
FADINGS = dict(zip((*BANDS, UNKNOWN_BAND), "ⓤⓖⓡⓘⓩⓨⓎⒿⒽⓀ⊘", strict=True))
"""What stands for a band where the source is fainter than in the template; one column each."""
FADING_SAID = "ringed: fainter"
AXIS_WIDTH = 6
"""Columns of the magnitudes at the left."""
ROWS_MIN, COLUMNS_MIN = 3, 12
SPAN_MIN_DAYS, SPAN_MIN_MAG = 1.0, 0.5

Cell = tuple[str, str]
"""A character and its style."""


def chart_lines(points: Points, *, columns: int, rows: int) -> list[Text]:
    """A chart of that size: magnitudes at the left, days from the alert below.

    A detection stands over a limit in the same place, a later point over an earlier one. Where
    there is a fading, the line below says what a ringed letter is, if it has the room.
    """
    rows, columns = max(rows, ROWS_MIN), max(columns, COLUMNS_MIN)
    if not len(points):
        return [Text("no light curve", style="dim"), *(Text() for _ in range(rows - 1))]
    width, height = columns - AXIS_WIDTH - 1, rows - 1
    days = _span(np.append(points.days, 0.0), SPAN_MIN_DAYS)
    magnitudes = _span(points.magnitude, SPAN_MIN_MAG)
    across, down = _places(points.days, days, width), _places(points.magnitude, magnitudes, height)
    cells: dict[tuple[int, int], Cell] = {}
    order = np.lexsort((points.mjd, ~points.limit))
    for point in order.tolist():
        cells[int(down[point]), int(across[point])] = _mark(points, point)
    labels = np.linspace(*magnitudes, height)
    lines = [_line(cells, row, width, labels[row], row % 2 == 0) for row in range(height)]
    return [*lines, _foot(days, width, FADING_SAID if points.fading.any() else "")]


def _span(values: Floats, least: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    spare = max(0.0, least - (high - low)) / 2
    return low - spare, high + spare


def _places(values: Floats, span: tuple[float, float], cells: int) -> Floats:
    low, high = span
    return np.clip(np.rint((values - low) / (high - low) * (cells - 1)), 0, cells - 1)


def _mark(points: Points, point: int) -> Cell:
    code = int(points.band[point])
    band = BANDS[code] if code >= 0 else UNKNOWN_BAND
    style = STYLES.get(band, "white")
    if points.limit[point]:
        return LIMIT, f"dim {style}"
    return FADINGS[band] if points.fading[point] else band, f"bold {style}"


def _line(
    cells: dict[tuple[int, int], Cell], row: int, width: int, magnitude: float, labelled: bool
) -> Text:
    text = f"{magnitude:{AXIS_WIDTH - 1}.1f} " if labelled else " " * AXIS_WIDTH
    line = Text.assemble((f"{text}┤" if labelled else f"{text}│", "dim"))
    for column in range(width):
        line.append(*cells.get((row, column), (" ", "")))
    return line


def _foot(days: tuple[float, float], width: int, said: str) -> Text:
    left, right = f"{days[0]:.0f} d" if days[0] <= -1 else f"{days[0]:.1f} d", "alert"
    if days[1] > 0:
        right = f"{days[1]:+.1f} d"
    gap = max(1, width - len(left) - len(right))
    middle = said.center(gap) if len(said) + 2 <= gap else " " * gap
    return Text.assemble((" " * (AXIS_WIDTH + 1) + left + middle + right, "dim"))
