"""What a lake answers, shown: a table on a terminal, CSV in a pipe, a file where one is named."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gueststar.answer import Answer
from gueststar.chart import chart_lines
from gueststar.open_lake import ObjectAnswer, OpenLake
from gueststar.points import points_of
from gueststar.table import plain_table
from lake.saving import write_csv
from schemas.errors import QuestionError

ROWS_SHOWN = 20
"""Of an answer on a terminal; a file or a pipe has them all."""

CHART_COLUMNS, CHART_ROWS = 78, 14
PICTURES = {".png", ".svg", ".svgz", ".pdf"}

ALERT_COLUMNS = {
    "object_id": "object",
    "mjd": "MJD",
    "ra_deg": "RA °",
    "dec_deg": "Dec °",
    "magnitude": "mag",
    "band": "",
    "magnitude_err": "±",
    "score.realbogus.real": "real",
    "separation_arcsec": 'apart "',
}
"""What is shown of alerts, as far as an answer has it, in 80 columns."""

FORMATS = {
    "mjd": ".4f",
    "ra_deg": ".5f",
    "dec_deg": "+.5f",
    "magnitude": ".2f",
    "magnitude_err": ".2f",
    "score.realbogus.real": ".2f",
    "separation_arcsec": ".2f",
}


def tell(answer: Answer, to: Path | None, *, console: Console | None = None) -> None:
    """Show an answer, or write it to a file and say so; where it was cut short, say that, too."""
    console = console or Console()
    if to is not None:
        answer.save(to)
        _say(console, f"{len(answer):,} rows stand in {to}")
    elif console.is_terminal:
        console.print(listing(answer))
        if len(answer) > ROWS_SHOWN:
            console.print(f"the first {ROWS_SHOWN} of {len(answer):,} rows; --to FILE keeps all")
    else:
        write_csv(answer.table, sys.stdout.buffer)
    if answer.cut_short:
        said = f"gueststar: {answer.cut_short}; there are more rows than these"
        print(said, file=sys.stderr)  # noqa: T201 - a command's own output


def listing(answer: Answer) -> Table:
    """The first rows of an answer; of whole alerts the columns that say most."""
    told = [name for name in ALERT_COLUMNS if name in answer.columns]
    whole = {"alert_id", "object_id", "mjd"} <= {*answer.columns} and answer.with_units
    names = told if whole else answer.columns
    table = plain_table()
    table.padding = (0, 1, 0, 0)
    for name in names:
        numbers = str(answer.table.schema.field(name).type) not in {"string", "bool"}
        title = ALERT_COLUMNS.get(name, name) if whole else name
        table.add_column(title, justify="right" if numbers else "left", no_wrap=True)
    for row in answer.table.select(names).slice(0, ROWS_SHOWN).to_pylist():
        table.add_row(*(cell(name, value) for name, value in row.items()))
    return table


def cell(name: str, value: object) -> Text:
    """A value as people read it; a dash where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Text("-", style="dim")
    if isinstance(value, float):
        return Text(format(value, FORMATS.get(name, ".6g")))
    return Text(str(value))


def show_object(lake: OpenLake, object_id: str, *, light_curve: bool, to: Path | None) -> None:
    """An object's alerts and a chart of its light curve, or a file of either.

    Raises QuestionError where the lake has no alert of it.
    """
    console = Console()
    answer = lake.object(object_id)
    if not len(answer):
        raise QuestionError(f"no night of {lake.path} has an alert of an object {object_id!r}")
    if to is not None and to.suffix in PICTURES:
        save_object(answer, to)
        _say(console, f"{to} shows {object_id}, {len(answer):,} alerts")
        return
    tell(answer.light_curve() if light_curve else answer, to, console=console)
    if console.is_terminal and to is None:
        points = points_of(answer.newest())
        for line in chart_lines(points, columns=CHART_COLUMNS, rows=CHART_ROWS):
            console.print(line)


def save_object(answer: ObjectAnswer, to: Path) -> None:
    """A picture of an object: its newest alert, and the light curve of all."""
    from gueststar.pictures.alert import draw, save  # noqa: PLC0415 - matplotlib takes a second

    nights = len(answer.table.column("night").unique())
    save(draw(answer.newest(), said=f"{len(answer):,} alerts of {nights:,} nights"), to)


def save_sky(lake: OpenLake, night: str, to: Path) -> None:
    """A picture of where a night's alerts are."""
    from gueststar.pictures.alert import save  # noqa: PLC0415 - matplotlib takes a second
    from gueststar.pictures.sky import draw_sky  # noqa: PLC0415

    if to.suffix not in PICTURES:
        raise QuestionError(f"{to} has an ending that is no picture's; name it .png, .svg or .pdf")
    save(draw_sky(*lake.positions(), title=night), to)
    _say(Console(), f"{to} shows {len(lake):,} alerts")


def _say(console: Console, text: str) -> None:
    """A line, which may be as long as a path is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
