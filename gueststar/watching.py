"""`gueststar subscribe`: a topic's alerts in the terminal, or as lines for a pipe."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from threading import Event

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from broker.kafka import Connection
from broker.kafka.connection import Start
from gueststar.alert import COLUMNS, Alert
from gueststar.stopping import stopped_by_signal
from gueststar.subscription import POLL_WAIT_S, Subscription, connected, registered
from gueststar.table import alert_table, line

ALERTS_SHOWN = 30


def watch(
    topic: str,
    *,
    bootstrap: str,
    group: str | None,
    registry: str | None,
    from_start: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Show alerts until told to stop, or until there were `limit` of them."""
    start: Start = "earliest" if from_start else "latest"
    source = connected(
        Connection(bootstrap), topic, group=group, start=start, schemas=registered(registry)
    )
    console = Console()
    with closing(source) as subscription, stopped_by_signal() as stop:
        arriving = islice(until(stop, subscription), limit)
        if as_json or not console.is_terminal:
            show_lines(arriving, as_json=as_json)
        else:
            show_table(arriving, console, topic)


def until(stop: Event, subscription: Subscription) -> Iterator[Alert]:
    """A subscription's alerts until the event is set."""
    while not stop.is_set():
        for alert in subscription.poll(POLL_WAIT_S):
            if stop.is_set():
                return
            yield alert


def show_lines(alerts: Iterable[Alert], *, as_json: bool) -> None:
    """One line an alert, each written at once."""
    for alert in alerts:
        typer.echo(json_line(alert) if as_json else line(alert))


def show_table(alerts: Iterable[Alert], console: Console, topic: str) -> None:
    """A live table of the newest alerts."""
    shown: deque[Alert] = deque(maxlen=ALERTS_SHOWN)
    count = 0

    def screen() -> RenderableType:
        newest = list(reversed(shown))[: max(1, console.height - 6)]
        return Group(Text(f"{topic}: {count:,} alerts"), alert_table(newest))

    with Live(get_renderable=screen, console=console, refresh_per_second=4):
        for alert in alerts:
            shown.append(alert)
            count += 1


def json_line(alert: Alert) -> str:
    """An alert's columns, scores and filters: null is not measured, "inf" is nothing near."""
    columns = {name: plain(getattr(alert, name)) for name in COLUMNS}
    scores = {name: dict(labels) for name, labels in alert.scores.items()}
    return json.dumps(columns | {"scores": scores, "filters": list(alert.filters)})


def plain(value: object) -> object:
    """A value as JSON has it, which knows neither NaN nor infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
