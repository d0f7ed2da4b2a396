"""`gueststar run` and `gueststar check`: a worker of the broker, and what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import typer

from broker.assembly import build, connect, worker
from broker.errors import SettingsError
from broker.kafka import KafkaAdmin
from broker.kafka.rights import Right
from broker.kafka_ports import source_connection
from broker.kafka_settings import TopicsSection
from broker.plan import Plan, PlannedTopic, plan
from broker.rewind import Rewind, ToOffsets
from broker.rights import lack
from broker.settings import Settings, read_settings
from broker.subscribed import is_pattern
from gueststar.allocator import keep_freed_memory, keep_what_is_loaded
from gueststar.logs import log_to_stderr
from gueststar.release import __version__
from gueststar.signals import stopped_by_signal
from gueststar.start import moving


def serve(config: Path, name: str, *, start: str | None = None, letters: bool = False) -> None:
    """Run one worker until a signal; what is committed by then is whole.

    start: where the group is moved first; None: nowhere. letters: whether it reads the dead letters
    sent again, in place of the survey's own Kafka.
    """
    keep_freed_memory()
    settings = read_settings(config)
    log_to_stderr(settings.logs.format, name)
    if letters:
        settings = settings.of_letters()
    rewind = None if start is None else moved(start, settings.topics)
    with (
        worker(settings, name, version=__version__, rewind=rewind) as runner,
        stopped_by_signal(runner.stop),
    ):
        keep_what_is_loaded()
        runner.run()


def moved(start: str, topics: TopicsSection) -> Rewind:
    """Where a start moves the group: in the survey's topics, not in that of letters sent again.

    Raises SettingsError for what is no start, and for offsets where several topics are read.
    """
    rewind = moving(start)
    if isinstance(rewind, ToOffsets) and (len(topics.input) > 1 or is_pattern(topics.input[0])):
        raise SettingsError(f"--start {start}: offsets are of one topic; name a time")
    return replace(rewind, but=frozenset(filter(None, [topics.replayed])))


def inspect(config: Path) -> bool:
    """Print what a configuration asks for and what Kafka says to it; whether it would run."""
    settings = read_settings(config)
    parts, link = build(settings), connect(settings)
    admin = KafkaAdmin(link)
    survey = KafkaAdmin(source_connection(settings, link)) if settings.is_elsewhere else None
    for each in filter(None, (survey, admin)):
        each.wait()
    found = plan(parts, admin, survey)
    found = replace(found, notes=(*found.notes, *_of_jobs(settings, admin)))
    for line in lines(found):
        typer.echo(line)
    return not found.problems


def _of_jobs(settings: Settings, admin: KafkaAdmin) -> Iterator[str]:
    """What jobs beside the stream that are set up may not do at our Kafka; workers work without."""
    if settings.followup.sites:
        from services.followup.rights import to_follow_up  # noqa: PLC0415 - where it is set up

        yield from _of_job("followup", to_follow_up(settings, admin.partitions()), admin)
    if settings.notices.targets:
        from services.notices.rights import to_notify  # noqa: PLC0415 - likewise

        yield from _of_job("notices", to_notify(settings, admin.partitions()), admin)


def _of_job(command: str, needed: Iterable[Right], admin: KafkaAdmin) -> Iterator[str]:
    said = lack(admin, needed, ())
    yield from (f"gueststar {command}: {each}" for each in (*said.problems, *said.notes))


def lines(found: Plan) -> Iterator[str]:
    """A plan, line by line, whether it would run last."""
    yield "each alert"
    yield from (f"  {number} {step}" for number, step in enumerate(found.steps, 1))
    yield "topics"
    yield from (topic_line(topic) for topic in found.topics)
    yield from (f"note: {note}" for note in found.notes)
    yield from (f"warning: {warning}" for warning in found.warnings)
    yield from (f"problem: {problem}" for problem in found.problems)
    yield f"{len(found.problems)} problems" if found.problems else "ready to run"


def topic_line(topic: PlannedTopic) -> str:
    """A topic, what it is for, and what Kafka says of it."""
    what = f"  {topic.name}: {topic.role}" + (f", {topic.form} records" if topic.form else "")
    if topic.partitions is None:
        return f"{what}; {'not shown to us' if topic.is_hidden else 'does not exist yet'}"
    size = "" if topic.bytes_max is None else f", up to {topic.bytes_max:,} bytes a message"
    return f"{what}; {topic.partitions} partitions{size}"
