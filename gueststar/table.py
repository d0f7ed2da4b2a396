"""Alerts on a terminal: a row each, with a colour for what the network thinks of it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gueststar.alert import Alert

REAL_MIN = 0.8
BOGUS_MAX = 0.35
"""Where a score's colour changes; filters have cuts of their own."""
BY_LIGHT_CURVE = ("supernova", "lightcurve")
"""Classifiers that say what kind of thing an alert is of; one survey's alerts have one of them."""


def alert_table(alerts: Iterable[Alert]) -> Table:
    """One row an alert, in the order given."""
    table = plain_table(expand=True)
    for name in ("object", "MJD"):
        table.add_column(name, no_wrap=True)
    for name in ("RA °", "Dec °", "mag", "real"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("class", no_wrap=True)
    table.add_column("selected by", ratio=1, no_wrap=True)
    for alert in alerts:
        table.add_row(*cells(alert))
    return table


def plain_table(*, expand: bool = False) -> Table:
    """A table of few lines: a terminal may have no more than 80 by 24."""
    return Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        expand=expand,
        border_style="dim",
        header_style="bold",
    )


def cells(alert: Alert) -> tuple[RenderableType, ...]:
    """An alert as a row of the table."""
    return (
        alert.object_id,
        f"{alert.mjd:.2f}",
        f"{alert.ra_deg:.3f}",
        f"{alert.dec_deg:+.3f}",
        f"{alert.magnitude:.2f} {alert.band}",
        score_text(real_score(alert)),
        class_text(alert),
        Text(", ".join(alert.filters), style="cyan"),
    )


def line(alert: Alert) -> str:
    """An alert as one plain line, where there is no terminal."""
    real = real_score(alert)
    return (
        f"{alert.object_id:<14} {alert.mjd:.4f} {alert.ra_deg:9.4f} {alert.dec_deg:+9.4f}"
        f" {alert.magnitude:6.2f} {alert.band:1} {real:5.2f} {class_text(alert).plain:<12}"
        f"  {', '.join(alert.filters)}"
    ).rstrip()


def score_text(score: float) -> Text:
    """A real/bogus score: green where real, red where bogus, a dash where declined."""
    if math.isnan(score):
        return Text("-", style="dim")
    style = "green" if score >= REAL_MIN else "red" if score <= BOGUS_MAX else "yellow"
    return Text(f"{score:.2f}", style=style)


def class_text(alert: Alert) -> Text:
    """The most probable class and its probability; a dash where no light curve was classified."""
    for name in BY_LIGHT_CURVE:
        if chances := alert.scores.get(name):
            label = max(chances, key=lambda one: chances[one])
            return Text(f"{label} {chances[label]:.2f}")
    return Text("-", style="dim")


def real_score(alert: Alert) -> float:
    """The real/bogus network's probability that it is real; NaN where it declined."""
    return alert.scores.get("realbogus", {}).get("real", math.nan)
