"""What each classifier thinks of an alert: a bar a label, the most probable first."""

from __future__ import annotations

import math
from collections.abc import Iterator

from matplotlib.axes import Axes

from gueststar.pictures.look import BLUE, GREY, INK, PALE, PALE_BLUE
from gueststar.row import Row, Scores

LINES_MAX = 23
"""Lines that fit; the least probable labels of the longest list go first."""
LABELS_FROM, BARS_FROM, BARS_TO = 0.0, 0.54, 0.88
"""Across the axes, 0 to 1."""
SHOWN_MIN = 0.005
"""A probability that is written as more than 0.00."""

Line = tuple[str, float]
"""A classifier's name with NaN, or a label with its probability."""


def draw_chances(axes: Axes, alert: Row) -> None:
    """By classifier; a sentence where none has scored."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(LINES_MAX, 0)
    lines = list(chances(alert.scores))
    if not lines:
        axes.text(0, 0.5, "no classifier scored it", color=GREY, va="center")
    for place, (name, probability) in enumerate(lines):
        if math.isnan(probability):
            axes.text(LABELS_FROM, place + 0.5, name, weight="bold", color=INK, va="center")
        elif name:
            first = math.isnan(lines[place - 1][1])
            draw_bar(axes, place + 0.5, name, probability, colour=BLUE if first else PALE_BLUE)


def chances(scores: Scores) -> Iterator[Line]:
    """The lines from above: each classifier, its labels by falling probability, an empty one."""
    found = {name: labels for name, labels in scores.items() if labels}
    spare = LINES_MAX - 2 * len(found) + 1
    for number, (name, labels) in enumerate(found.items()):
        if number:
            yield "", 0.0
        yield name, math.nan
        kept = max(1, min(len(labels), spare - sum(map(len, list(found.values())[number + 1 :]))))
        ordered = sorted(labels.items(), key=lambda one: -one[1])
        yield from ordered[:kept]
        spare -= kept


def draw_bar(axes: Axes, y: float, name: str, probability: float, *, colour: str) -> None:
    track = BARS_TO - BARS_FROM
    ink = INK if probability >= SHOWN_MIN else GREY
    label = name.replace("_", " ")
    axes.text(LABELS_FROM, y, label, va="center", fontsize=8, color=ink)
    axes.barh(y, track, left=BARS_FROM, height=0.5, color=PALE, alpha=0.5)
    axes.barh(y, track * probability, left=BARS_FROM, height=0.5, color=colour)
    axes.text(1, y, f"{probability:.2f}", va="center", ha="right", fontsize=8, color=ink)
