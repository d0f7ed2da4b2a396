"""One alert on a terminal, as `alert.plot()` draws it: stamps, light curve, class bars."""

from __future__ import annotations

import math
from itertools import zip_longest

from rich.console import Group, RenderableType
from rich.text import Text

from gueststar.alert import Alert
from gueststar.chart import chart_lines
from gueststar.half_blocks import ROWS as STAMP_ROWS
from gueststar.half_blocks import stamp_lines
from gueststar.points import points_of
from gueststar.predicted import sentences
from gueststar.row import Scores
from gueststar.upright import upright, why_none

COLUMNS_MIN = 80
CURVE_ROWS = 11
BARS_COLUMNS = 40
LABEL_COLUMNS, BAR_COLUMNS = 20, 12
LABELS_SHOWN = 4
"""Of each classifier, the most probable."""
ROWS = 3 + STAMP_ROWS + CURVE_ROWS
"""What a close-up takes at most: a headline, what is known of host and phase, the stamps' names and
rows, the chart."""
EIGHTHS = " ▏▎▍▌▋▊▉"


def closeup(alert: Alert, columns: int, *, coloured: bool = True) -> RenderableType:
    """An alert over `columns` characters, ROWS lines or fewer; without colours no stamps."""
    lines = [headline(alert)]
    if told := sentences(alert):
        lines.append(Text("  ".join(told), style="dim", no_wrap=True, overflow="ellipsis"))
    planes, compass = upright(alert)
    if coloured and any(plane.size for plane in planes):
        lines += stamp_lines(planes, str(compass or ""))
    width = columns - BARS_COLUMNS
    chart = chart_lines(points_of(alert), columns=width, rows=CURVE_ROWS)
    for curve, bars in zip_longest(chart, bar_lines(alert.scores)[:CURVE_ROWS], fillvalue=Text()):
        joined = curve.copy()
        joined.pad_right(max(0, width + 2 - joined.cell_len))
        lines.append(joined.append_text(bars))
    return Group(*lines)


def headline(alert: Alert) -> Text:
    """Which alert it is, and why it has no stamps where it has none."""
    line = Text(alert.object_id, style="bold")
    line.append(f"  {alert.ra_deg:.5f} {alert.dec_deg:+.5f}", "")
    line.append(f"  {alert.band or '?'} {alert.magnitude:.2f}", "")
    if not any(plane.size for plane in alert.stamps):
        line.append(f"  {why_none(alert)}", "dim")
    return line


def bar_lines(scores: Scores) -> list[Text]:
    """By classifier its most probable labels, each with a bar and its figure."""
    lines: list[Text] = []
    for name, chances in scores.items():
        lines.append(Text(name, style="bold"))
        said = [(label, chance) for label, chance in chances.items() if not math.isnan(chance)]
        ordered = sorted(said, key=lambda one: -one[1])[:LABELS_SHOWN]
        lines += [_bar(label, chance) for label, chance in ordered]
        if not said:
            lines.append(Text("it declined", style="dim"))
    return lines or [Text("no classifier scored it", style="dim")]


def _bar(label: str, chance: float) -> Text:
    shown = label.replace("_", " ")[:LABEL_COLUMNS].ljust(LABEL_COLUMNS)
    return Text.assemble(shown, " ", (filled(chance), "blue"), f" {chance:.2f}")


def filled(chance: float) -> str:
    """A bar of BAR_COLUMNS characters, filled to an eighth of one; an empty one for NaN."""
    if math.isnan(chance):
        return " " * BAR_COLUMNS
    whole, eighth = divmod(round(min(max(chance, 0.0), 1.0) * BAR_COLUMNS * 8), 8)
    return ("█" * whole + EIGHTHS[eighth] * (eighth > 0)).ljust(BAR_COLUMNS)
