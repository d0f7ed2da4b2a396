"""A report as one table, each difference below it, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from gueststar.reconciling.gather import Report
from gueststar.table import plain_table

SHOWN_MAX = 20
"""Differences of a pair on a terminal; JSON has them all."""


def show(report: Report, console: Console | None = None) -> None:
    """A row a pair, and what does not agree."""
    console = console or Console()
    table = plain_table()
    table.add_column(f"night {report.night}")
    for name in ("one side", "other", "differences"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in report.pairs:
        found = f"{len(pair.differences):,}" if pair.differences else "-"
        style = "bold red" if pair.differences else ""
        table.add_row(pair.name, f"{pair.left:,}", f"{pair.right:,}", Text(found, style=style))
    console.print(table)
    for line in lines(report):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def lines(report: Report) -> Iterator[str]:
    """Each difference in a line, and the conclusion last."""
    for pair in report.pairs:
        for one in pair.differences[:SHOWN_MAX]:
            yield f"{pair.name}: {one.where}: {one.amount:,} {one.what}"
        if len(pair.differences) > SHOWN_MAX:
            yield f"{pair.name}: and {len(pair.differences) - SHOWN_MAX:,} more; --json has them"
    yield "balances" if report.balances else "does not balance"


def as_json(report: Report) -> str:
    """All of it."""
    pairs = [
        {
            "pair": pair.name,
            "one_side": pair.left,
            "other": pair.right,
            "differences": [one._asdict() for one in pair.differences],
        }
        for pair in report.pairs
    ]
    return json.dumps({"night": report.night, "balances": report.balances, "pairs": pairs})
