"""`gueststar replay`: the packets of a night, sent again."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from broker.clock import SystemClock
from broker.errors import SettingsError
from broker.kafka import Connection, KafkaAdmin, KafkaBookmark, KafkaSink, TopicSettings
from lake.archives import Archive
from lake.simulated.truth import truth_columns, write_truth
from replay.replaying import Pace, Source, replay
from replay.sender import LINGER_MS, Sent
from schemas.errors import ArchiveError
from schemas.lsst_schema import LSST_SCHEMA
from schemas.registry import RegistrySchemas

USUAL_RATE_PER_S = 100.0
SUBJECT = "alert-packet"
"""Rubin's own subject of its schemas."""


@dataclass(frozen=True)
class Wanted:
    """What of a source is sent, and how."""

    pace: Pace
    limit: int | None = None
    resume: bool = False
    """Go on where the last replay of this path to this topic stopped."""
    truth: Path | None = None
    """Where the truth of a simulation goes."""
    registry: str | None = None
    """Where a simulation's schema is registered, which its packets name by the id given there."""


def pace_of(
    *, rate: float | None, factor: float | None, bursts: str | None, every: float, free: bool
) -> Pace:
    """The one pace that was asked for. Raises SettingsError where there are two."""
    given = [bool(rate), bool(factor), bool(bursts), free]
    if sum(given) > 1:
        raise SettingsError("--rate, --pace, --bursts and --free exclude each other; give one")
    usual = None if any(given) else USUAL_RATE_PER_S
    return Pace(rate or usual, factor, _sizes(bursts), every)


def _sizes(text: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(size.replace("_", "")) for size in text.split(",")) if text else ()
    except ValueError as error:
        raise SettingsError(f"--bursts {text}: give whole numbers, as in 10000,40000") from error


def resend(path: Path, wanted: Wanted, *, topic: str, bootstrap: str, partitions: int) -> None:
    """Send the packets at a path to a topic, in transactions that say how far they have come.

    A topic that does not exist is created, with that many partitions.
    """
    path = piped(path, resume=wanted.resume)
    archive, connection, console = Archive(path), Connection.configured(bootstrap), Console()
    if wanted.truth:
        _write_truth(archive, wanted.truth, console)
    schema_id = _schema_id(archive, wanted.registry)
    source = Source(archive, wanted.pace, limit=wanted.limit, schema_id=schema_id)
    provide(topic, partitions, connection, console)
    group, name = f"{connection.readers}-replay", _name(path, topic)
    sink = KafkaSink(connection, group=group, worker=name, topics=[topic], linger_ms=LINGER_MS)
    note = f"{path.name} of {archive.bytes_total}"
    bookmark = KafkaBookmark(connection, name=f"{group}-{name}", topic=topic, note=note)
    with closing(sink), closing(bookmark):
        sink.rebuild()  # what an earlier replay left open is ended, and he is fenced
        first = bookmark.read() if wanted.resume else 0
        if first:
            console.print(f"going on behind packet {first:,}", highlight=False)
        sent = replay(
            source,
            sink=sink,
            topic=topic,
            clock=SystemClock(),
            console=console,
            bookmark=bookmark,
            first=first,
        )
    tell(sent, wanted.pace, topic, console)
    if source.broken is not None:
        raise ArchiveError(
            f"{source.broken}; the {sent.packets:,} packets that could be read were sent"
        )


def piped(path: Path, *, resume: bool) -> Path:
    """Standard input, where a path is "-". Raises SettingsError where it would come again."""
    if path != Path("-"):
        return path
    if resume:
        raise SettingsError("--resume needs a path: what comes by a pipe cannot be had again")
    return Path("/dev/stdin")


def provide(topic: str, partitions: int, connection: Connection, console: Console) -> None:
    """Create a topic that is not there."""
    admin = KafkaAdmin(connection)
    if topic not in admin.partitions():
        admin.create([TopicSettings(topic, partitions)])
        console.print(f"created topic {topic}, {partitions} partitions")


def _schema_id(archive: Archive, registry: str | None) -> int | None:
    if registry is None:
        return None
    if not archive.is_simulated:
        raise ArchiveError(
            f"{archive.path} is no simulation, and its packets keep their framing; leave out"
            " --registry"
        )
    return registered(registry)


def registered(registry: str) -> int:
    """The id under which a registry has Rubin's schema 11.1. Raises RegistryError."""
    return RegistrySchemas.at(registry).register(SUBJECT, LSST_SCHEMA)


def tell(sent: Sent, pace: Pace, topic: str, console: Console) -> None:
    """What became of the packets, and of the pace."""
    rate = sent.packets / sent.clock.total_s if sent.clock.total_s > 0 else 0.0
    console.print(
        f"sent {sent.packets:,} packets, {sent.bytes / 1e6:,.1f} MB, to {topic} in"
        f" {sent.clock.total_s:,.1f} s, {rate:,.1f} a second",
        highlight=False,
    )
    if sent.packets:
        console.print(sent.clock.sentence(free=pace.is_free), highlight=False)
    if sent.too_large:
        console.print(f"{sent.too_large:,} packets were too large for {topic} and stayed behind")


def _name(path: Path, topic: str) -> str:
    """Of all replays of one path to one topic."""
    return hashlib.sha256(f"{path.resolve()} {topic}".encode()).hexdigest()[:16]


def _write_truth(archive: Archive, table: Path, console: Console) -> None:
    if not archive.is_simulated:
        raise ArchiveError(f"{archive.path} is no simulation, so that nothing is known to be true")
    write_truth(truth_columns(archive.path), table)
    console.print(f"what is true of its objects is in {table}", markup=False, highlight=False)
