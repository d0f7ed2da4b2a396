"""The demo's screen: a live table of classified alerts, with rates, latencies and counts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gueststar.demo.tally import Tally, by_size
from gueststar.table import alert_table


def screen(tally: Tally, *, title: str) -> RenderableType:
    """The whole screen at this moment."""
    return Group(
        Text(title, style="bold"),
        alert_table(tally.newest()),
        Columns([flow(tally), filters(tally), outcomes(tally)], padding=(0, 1)),
    )


def flow(tally: Tally) -> Table:
    """How many, how fast, how late."""
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
    """How many alerts each filter selected."""
    selected = by_size(dict(tally.counts.selected))
    return counts_table("selected by filter", {name: f"{count:,}" for name, count in selected})


def outcomes(tally: Tally) -> Table:
    """What became of the alerts: every one is published or dead, once."""
    dead = {f"dead: {reason}": f"{n:,}" for reason, n in by_size(dict(tally.counts.dead))}
    return counts_table("outcome", {"published": f"{tally.consumed - tally.dead:,}", **dead})


def counts_table(title: str, counts: Mapping[str, str]) -> Table:
    """Names with their values, under a heading."""
    table = Table(box=box.SIMPLE_HEAD, border_style="dim", header_style="bold", padding=(0, 1))
    table.add_column(title, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value in counts.items():
        table.add_row(name, value)
    return table


def number(value: float, spec: str, unit: str = "") -> str:
    """A measured value for reading; a dash while there is none."""
    return "-" if math.isnan(value) else f"{value:{spec}}{unit}"
