"""`gueststar status`: how each worker stands, by what it last said of itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

import typer
from rich.console import Console, RenderableType

from broker.errors import SettingsError
from broker.json_records import RecordError
from broker.kafka import KafkaControlTopic
from broker.observer import Phase
from broker.ports import Message
from broker.status import Status, read_status
from gueststar.configured import Configured
from gueststar.table import plain_table

LOG: Final = logging.getLogger("gueststar.status")

SILENT_S: Final = 180.0
"""Who says nothing for so long is told as silent: it speaks every minute."""
PATIENCE_S: Final = 20.0


def tell(broker: Configured, topic: str | None, *, as_json: bool) -> None:
    """Print the last record of each worker, as a table or a line of JSON each."""
    topic = topic or broker.settings.topics.status
    if not topic:
        raise SettingsError(
            "[topics] status is empty: no worker says how it stands; name the topic there, or with"
            " --topic"
        )
    with closing(KafkaControlTopic(broker.connection, topic)) as control:
        found = last_of_each(control.present())
    if as_json:
        for each in found:
            typer.echo(each.encode())
        return
    console = Console(highlight=False, markup=False)
    for line in shown(found, time.time()):
        console.print(line)


def last_of_each(messages: Iterable[Message]) -> list[Status]:
    """By worker, by name; what is no status is logged and passed over."""
    found: dict[str, Status] = {}
    for message in messages:
        if not message.value:
            continue
        try:
            status = read_status(message.value)
        except RecordError as error:
            LOG.warning("no status, passed over: offset %d: %s", message.offset, error)
            continue
        found[status.worker] = status
    return [found[name] for name in sorted(found)]


def shown(found: list[Status], now_s: float) -> Iterator[RenderableType]:
    """A row a worker, and below what asks for a look: dead letters, and filters paused."""
    table = plain_table()
    table.add_column("worker", no_wrap=True)
    table.add_column("gueststar", no_wrap=True)
    table.add_column("said", no_wrap=True)
    for name in ("consumed", "dead", "behind", "filters", "h not served"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in found:
        table.add_row(*_cells(each, now_s))
    yield table
    for each in found:
        yield from _details(each)


def _cells(one: Status, now_s: float) -> tuple[str, ...]:
    return (
        one.worker,
        one.gueststar,
        said(one, now_s),
        f"{one.consumed:,}",
        f"{sum(one.dead.values()):,}",
        f"{one.behind:,}",
        f"{len(one.filters):,}",
        f"{one.hours_not_served:.2f}",
    )


def said(one: Status, now_s: float) -> str:
    """When a worker last spoke, and whether it should have since."""
    ago_s = max(0.0, now_s - one.told_unix_s)
    if one.phase == Phase.STOPPED:
        return f"stopped {ago_s:,.0f} s ago"
    return f"silent for {ago_s:,.0f} s" if ago_s > SILENT_S else f"{ago_s:,.0f} s ago"


def _details(one: Status) -> Iterator[str]:
    for topic, by_partition in one.lag.items():
        waiting = [f"{number}: {n:,}" for number, n in by_partition.items() if n]
        if waiting:
            yield f"{one.worker}: waiting in {topic}, by partition: {', '.join(waiting)}"
    for reason, count in sorted(one.dead.items()):
        yield f"{one.worker}: {count:,} dead letters: {reason}"
    for each in one.paused:
        what = f"filter {each.name} {each.version} is paused ({each.cause})"
        yield f"{one.worker}: {what}: {each.reason}"
