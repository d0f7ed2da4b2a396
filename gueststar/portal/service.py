"""`gueststar portal`: what a configuration names, opened, read and served until a signal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from gueststar.accounts import balanced
from gueststar.anomalies.records import REVIEWS
from gueststar.filtering.place import Place
from gueststar.logs import log_to_stderr
from gueststar.portal.access.guard import Access
from gueststar.portal.backend import Backend
from gueststar.portal.certificate import Certificate
from gueststar.portal.judges import Judges
from gueststar.portal.lake_door import LakeDoor
from gueststar.portal.ledger import Ledger
from gueststar.portal.letters import Letters
from gueststar.portal.night import Night
from gueststar.portal.oddest import Reviewing
from gueststar.portal.reading import follow_filters, follow_stream, follow_topic, started
from gueststar.portal.server import Server
from gueststar.portal.viewers import Viewers
from gueststar.portal.workers import Workers
from gueststar.portal.writing.trials import Trials
from gueststar.start import beginning
from gueststar.subscription import connected, reader, registered

LETTERS_START = "24h"
GOODBYE_S = 2.0
"""How long a thread that reads has to leave Kafka; the process ends with it or without."""
PATIENCE_S = 10.0
"""How long Kafka is waited for before that is said on the page."""


def serve(config: Path, *, host: str | None = None, port: int | None = None) -> None:
    """Serve a configuration's portal."""
    broker = Place.of(config, None, patience_s=PATIENCE_S)
    log_to_stderr(broker.settings.logs.format, "portal")
    section = broker.settings.portal
    host, port = host or section.host, section.port if port is None else port
    certificate = Certificate.of(section)
    with opened(broker) as backend:
        Server(backend, host=host, port=port, certificate=certificate).run()


@contextmanager
def opened(broker: Place) -> Iterator[Backend]:
    """What the pages ask, with the threads that read Kafka for them."""
    settings, stopped = broker.settings, Event()
    beginning(settings.portal.start)  # Raises SettingsError before anything is begun.
    answers = settings.topics.named(REVIEWS)
    reviewing = Reviewing(settings.lake.path, lambda: broker.control(answers))
    night, letters, workers = Night(recent_max=settings.portal.recent_max), Letters(), Workers()
    backend = Backend(
        settings=settings,
        bootstrap=broker.connection.bootstrap,
        door=LakeDoor(settings.lake.path, settings.portal, settings.schemas.folder),
        night=night,
        letters=letters,
        workers=workers,
        viewers=Viewers(night, viewers_max=settings.portal.viewers_max),
        judges=Judges(settings.filters),
        ledger=Ledger(partial(balanced, broker)),
        access=Access.of(settings.portal),
        trials=Trials(settings.portal.dry_run_seconds_max),
        desk=broker if settings.filters.live else None,
        reviewing=reviewing,
    )
    stream = partial(
        connected,
        broker.connection,
        settings.topics.enriched,
        start=settings.portal.start,
        schemas=registered(settings.own_registry),
    )
    dead = partial(reader, broker.connection, settings.topics.dead_letters, start=LETTERS_START)
    threads = [
        started("stream", lambda: follow_stream(stream, night, stopped)),
        started("letters", lambda: follow_topic(dead, letters.add, stopped)),
    ]
    if settings.topics.status:
        said = partial(reader, broker.connection, settings.topics.status, start="earliest")
        threads.append(started("workers", lambda: follow_topic(said, workers.add, stopped)))
    if settings.filters.live:
        follow = partial(follow_filters, broker.deployed, backend.judges, stopped)
        threads.append(started("filters", follow))
    try:
        yield backend
    finally:
        stopped.set()
        backend.trials.end()
        reviewing.close()
        for thread in threads:
            thread.join(GOODBYE_S)
