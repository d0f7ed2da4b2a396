"""The demo's screen: a live table of classified alerts, with rates, latencies and counts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gueststar.demo.tally import Tally, by_size
from gueststar.table import alert_table, plain_table

LINES_BESIDE_ALERTS = 14
"""The title, the headings and the counts."""


def screen(tally: Tally, *, title: str, height: int) -> RenderableType:
    """The whole screen at this moment, in about so many lines."""
    alerts = tally.newest()[: max(1, height - LINES_BESIDE_ALERTS)]
    return Group(
        Text(f"{title}\n", style="bold", no_wrap=True, overflow="ellipsis"),
        alert_table(alerts),
        Text(),
        side_by_side(flow(tally), filters(tally), outcomes(tally)),
    )


def side_by_side(*tables: Table) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(*tables)
    return grid


def flow(tally: Tally) -> Table:
    latency = tally.latency()
    return counts_table(
        "flow",
        {
            "sent": f"{tally.sent:,}",
            "through": f"{tally.consumed:,}",
            "a second": number(tally.rate_per_s, ",.1f"),
            "p50 latency": number(latency.p50_ms, ",.0f", " ms"),
            "p95 latency": number(latency.p95_ms, ",.0f", " ms"),
        },
    )


def filters(tally: Tally) -> Table:
    selected = by_size(dict(tally.selected))
    return counts_table("selected by filter", {name: f"{count:,}" for name, count in selected})


def outcomes(tally: Tally) -> Table:
    """What became of the alerts: every one is published or dead, once."""
    counts = {"published": tally.consumed - tally.dead, "dead": tally.dead}
    counts |= {f"  {reason}": count for reason, count in by_size(dict(tally.counts.dead))}
    return counts_table("outcome", {name: f"{count:,}" for name, count in counts.items()})


def counts_table(title: str, counts: Mapping[str, str]) -> Table:
    table = plain_table()
    table.add_column(title, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value in counts.items():
        table.add_row(name, value)
    return table


def number(value: float, spec: str, unit: str = "") -> str:
    """A measured value for reading; a dash while there is none."""
    return "-" if math.isnan(value) else f"{value:{spec}}{unit}"
