"""`gueststar subscribe`: a topic's alerts in the terminal, or as lines for a pipe."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from broker.kafka import Connection
from gueststar import closeup
from gueststar.alert import Alert
from gueststar.ending import Ending, Until
from gueststar.packet_folder import PACKETS_MAX, PacketFolder, saved
from gueststar.signals import stopped_by_signal
from gueststar.start import Start
from gueststar.subscription import connected, registered
from gueststar.table import alert_table, line
from schemas.annotation import SelectedBy
from schemas.columns import COLUMNS

ALERTS_SHOWN = 30
TABLE_ROWS_MIN = 10
"""What the table of alerts keeps, its head included, before a close-up is shown below it."""


@dataclass(frozen=True)
class Wanted:
    """What of the topics is shown, and what is kept."""

    group: str | None = None
    registry: str | Mapping[str, str] | None = None
    start: Start = "latest"
    limit: int | None = None
    until: Until | None = None
    timeout_s: float | None = None
    as_json: bool = False
    save: Path | None = None
    save_max: int = PACKETS_MAX


def watch(topics: Sequence[str], connection: Connection, wanted: Wanted) -> None:
    """Show alerts until told to stop, or until there were as many as wanted."""
    folder = PacketFolder(wanted.save, packets_max=wanted.save_max) if wanted.save else None
    source = connected(
        connection,
        topics,
        group=wanted.group,
        start=wanted.start,
        ending=Ending.of(wanted.until, wanted.timeout_s),
        schemas=registered(wanted.registry),
    )
    console = Console()
    with closing(source) as subscription, stopped_by_signal() as stop:
        arriving = subscription.until(stop.is_set, limit=wanted.limit)
        kept = saved(arriving, folder) if folder else arriving
        if wanted.as_json or not console.is_terminal:
            show_lines(kept, as_json=wanted.as_json)
        else:
            show_table(kept, console, ", ".join(topics))


def show_lines(alerts: Iterable[Alert], *, as_json: bool) -> None:
    """One line an alert, each written at once."""
    for alert in alerts:
        typer.echo(json_line(alert) if as_json else line(alert))


def show_table(alerts: Iterable[Alert], console: Console, topic: str) -> None:
    """A live table of the newest alerts; where there is room, the newest at a closer look."""
    screen = Screen(console, topic)
    with Live(get_renderable=screen.rendered, console=console, refresh_per_second=4):
        for alert in alerts:
            screen.add(alert)


class Screen:
    """What the terminal shows of a topic."""

    def __init__(self, console: Console, topic: str) -> None:
        self._console = console
        self._topic = topic
        self._shown: deque[Alert] = deque(maxlen=ALERTS_SHOWN)
        self._count = 0
        self._closer: tuple[Alert, int, RenderableType] | None = None

    def add(self, alert: Alert) -> None:
        self._shown.append(alert)
        self._count += 1

    def rendered(self) -> RenderableType:
        newest = list(reversed(self._shown))
        head = Text(f"{self._topic}: {self._count:,} alerts")
        if not (newest and self._roomy()):
            return Group(head, alert_table(newest[: max(1, self._console.height - 6)]))
        table_rows = self._console.height - closeup.ROWS - 6
        table = alert_table(newest[: max(1, table_rows)])
        return Group(head, table, Text(), self._closer_look(newest[0]))

    def _roomy(self) -> bool:
        size = self._console.size
        tall = size.height >= closeup.ROWS + TABLE_ROWS_MIN
        return tall and size.width >= closeup.COLUMNS_MIN

    def _closer_look(self, alert: Alert) -> RenderableType:
        """Drawn once for each alert: the screen is shown four times a second."""
        width = self._console.width
        if self._closer is None or self._closer[:2] != (alert, width):
            coloured = self._console.color_system is not None
            self._closer = alert, width, closeup.closeup(alert, width, coloured=coloured)
        return self._closer[2]


def json_line(alert: Alert) -> str:
    """An alert's columns and what was learned, as any program reads them.

    null is not measured, or a distance at which nothing was found: those are named in
    `nothing_near`. `alert_id` comes as text, too: most programs lose digits beyond 2^53.
    """
    columns = {name: getattr(alert, name) for name in COLUMNS}
    more = {
        "alert_id_text": str(alert.alert_id),
        "nothing_near": [name for name, value in columns.items() if value == math.inf],
        "scores": {name: dict(labels) for name, labels in alert.scores.items()},
        "priors": {name: dict(shares) for name, shares in alert.priors.items()},
        "values": {name: _plain_values(each) for name, each in alert.values.items()},
        "vectors": {name: list(map(plain, each.tolist())) for name, each in alert.vectors.items()},
        "filters": list(alert.filters),
        "selected_by": [version_of(one) for one in alert.selected_by],
    }
    return json.dumps({name: plain(value) for name, value in columns.items()} | more)


def version_of(selected: SelectedBy) -> dict[str, object]:
    catalogues = [one._asdict() for one in selected.catalogues]
    return {**selected._asdict(), "catalogues": catalogues}


def _plain_values(values: Mapping[str, float]) -> dict[str, object]:
    return {name: plain(value) for name, value in values.items()}


def plain(value: object) -> object:
    """A value as JSON has it, which knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
