"""The demo's screen: a live table of classified alerts, with rates, latencies and counts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gueststar.demo.tally import Tally, by_size
from gueststar.table import alert_table


def screen(tally: Tally, *, title: str, elapsed_s: float) -> RenderableType:
    """The whole screen at this moment."""
    return Group(
        Text(title, style="bold"),
        alert_table(tally.newest()),
        Columns([flow(tally, elapsed_s), filters(tally), outcomes(tally)], padding=(0, 1)),
    )


def flow(tally: Tally, elapsed_s: float) -> Panel:
    """How many, how fast, how late."""
    latency = tally.latency()
    return counts_panel(
        "flow",
        {
            "sent": f"{tally.sent:,}",
            "through": f"{tally.consumed:,}",
            "a second": f"{tally.consumed / max(elapsed_s, 1e-9):.1f}",
            "p50 latency": milliseconds(latency.p50_ms),
            "p95 latency": milliseconds(latency.p95_ms),
        },
    )


def filters(tally: Tally) -> Panel:
    """How many alerts each filter selected."""
    selected = by_size(dict(tally.counts.selected))
    return counts_panel("selected by filter", {name: f"{count:,}" for name, count in selected})


def outcomes(tally: Tally) -> Panel:
    """What became of the alerts: every one is published or dead, once."""
    dead = {f"dead: {reason}": f"{n:,}" for reason, n in by_size(dict(tally.counts.dead))}
    return counts_panel("outcome", {"published": f"{tally.consumed - tally.dead:,}", **dead})


def counts_panel(title: str, counts: Mapping[str, str]) -> Panel:
    """Names with their values, in a frame."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for name, value in counts.items():
        grid.add_row(name, value)
    return Panel(grid, title=title, border_style="dim", title_align="left")


def milliseconds(value: float) -> str:
    """A latency for reading; a dash before the first."""
    return "-" if math.isnan(value) else f"{value:,.0f} ms"
