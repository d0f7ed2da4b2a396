"""`gueststar demo`: a Kafka of its own, the broker, a night, and what comes out on the screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from broker.embedded import embedded_kafka
from broker.kafka import Connection
from gueststar.demo.night import ArchivedNight, InventedNight, Night
from gueststar.demo.picture import save
from gueststar.demo.screen import number, screen
from gueststar.demo.stage import DELIVERY, SURVEY_TOPIC, Stage, demo_parts, demo_settings
from gueststar.demo.summary import summary
from gueststar.demo.tally import Tally
from gueststar.filtering.place import Place
from gueststar.portal.beside import portal_beside
from gueststar.signals import stopped_by_signal

PICTURE_LINES = 30

LINE_EVERY_S = 2.0
"""Between two lines of progress where there is no terminal."""


def play(
    *, seconds: float, rate: float, seed: int, archive: Path | None, picture: Path | None
) -> None:
    """Play a night of so many alerts a second for so long, and compare at the end."""
    console, alerts = Console(), max(1, round(seconds * rate))
    night: Night = ArchivedNight(archive, alerts) if archive else InventedNight(alerts, seed)
    title = f"{night.title}, {rate:g} a second; delivery is {DELIVERY}"
    console.print(title, highlight=False, soft_wrap=True)
    console.print("(its Kafka, librdkafka's mock, has no real transactions)", soft_wrap=True)
    parts = demo_parts()
    parts.warm_up()
    topics = [SURVEY_TOPIC, *parts.outputs]
    with quiet(), embedded_kafka(topics) as kafka, stopped_by_signal() as stop:
        connection = Connection(kafka.address, topic_ids=False)
        stage = Stage(parts, connection, night, rate)
        with portal_beside(Place(demo_settings(), connection)) as address:
            if address:
                console.print(f"see it in a browser while it lasts: {address}", soft_wrap=True)
            with shown(stage.tally, console, title) as tick:
                stage.play(stop, tick)
    for line in summary(stage.tally, night):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if picture:
        save(screen(stage.tally, title=title, height=PICTURE_LINES), picture)


@contextmanager
def quiet() -> Iterator[None]:
    """One screen, and no log that tears it; what fails is raised."""
    log = logging.getLogger("gueststar")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def shown(tally: Tally, console: Console, title: str) -> Iterator[Callable[[], None]]:
    """A live screen on a terminal, else a line now and then; it takes a call to look again."""

    def now() -> RenderableType:
        return screen(tally, title=title, height=console.height)

    if not console.is_terminal:
        yield lines(tally, console)
        return
    with Live(get_renderable=now, console=console, refresh_per_second=4):
        yield lambda: None


def lines(tally: Tally, console: Console) -> Callable[[], None]:
    """Says how far it is, at most once in LINE_EVERY_S."""
    said_s = time.monotonic()

    def tick() -> None:
        nonlocal said_s
        if time.monotonic() - said_s < LINE_EVERY_S:
            return
        said_s = time.monotonic()
        p50 = number(tally.latency().p50_ms, ",.0f", " ms")
        console.print(
            f"{tally.sent:,} sent, {tally.consumed:,} through, {tally.dead:,} dead, p50 {p50}",
            highlight=False,
        )

    return tick
