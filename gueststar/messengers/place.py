"""Where events are: on their topic, or in a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from broker.kafka import KafkaControlTopic
from broker.messengers.events import notices_of
from broker.settings import read_settings
from gueststar.configured import Configured
from gueststar.logs import log_to_stderr
from gueststar.release import __version__
from gueststar.signals import stopped_by_signal
from schemas.errors import NoticeError, QuestionError
from schemas.suggestion import nearest
from services.messengers.assembly import listener
from sky.fits_bounds import GZIP
from sky.messengers.fits_maps import read_map
from sky.messengers.notices import Notice, read_notice
from sky.messengers.sky_map import SkyMap

PATIENCE_S = 15.0
"""How long a command waits for a Kafka that does not answer."""

FITS = b"SIMPLE"

Read = Notice | SkyMap
"""What a file is: a notice, or a map alone."""


def newest(config: Path | None, bootstrap: str | None, *, mock: bool = False) -> dict[str, Notice]:
    """Each event's newest notice, by name. Raises KafkaUnavailable, TopicMissing."""
    place = Configured.of(config, bootstrap, patience_s=PATIENCE_S)
    section = place.settings.messengers
    topic = section.mock_events if mock else section.events
    with closing(KafkaControlTopic(place.connection, topic)) as control:
        found = {news.event: news.notice for news in notices_of(control.present())}
    return {event: notice for event, notice in found.items() if notice is not None}


def event_named(named: str, config: Path | None, bootstrap: str | None) -> Read:
    """An event by name or alias, of both topics, or a file's. Raises QuestionError, NoticeError."""
    if Path(named).is_file():
        return read_file(Path(named))
    known: dict[str, Notice] = {}
    for mock in (True, False):
        for notice in newest(config, bootstrap, mock=mock).values():
            known |= dict.fromkeys((*notice.aliases, notice.event), notice)
    if named not in known:
        raise QuestionError(
            f"no event {named!r} is known, nor a file of that name{nearest(named, known)}"
        )
    return known[named]


def read_file(path: Path) -> Read:
    """A notice or a map, told by what it begins with. Raises NoticeError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoticeError(f"{path}: {error.strerror or error}") from error
    try:
        is_map = content.startswith((FITS, GZIP))
        return read_map(content) if is_map else read_notice(content)
    except NoticeError as error:
        raise NoticeError(f"{path}: {error}") from error


def listen(config: Path) -> None:
    """Keep the notices of a configuration until a signal."""
    settings = read_settings(config)
    log_to_stderr(settings.logs.format, "messengers")
    with listener(settings, version=__version__) as runner, stopped_by_signal(runner.stop):
        runner.run()
