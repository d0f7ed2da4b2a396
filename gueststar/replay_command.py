"""`gueststar replay`: the packets of a night, sent again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rich.console import Console

from broker.clock import SystemClock
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, TopicSettings
from lake.archives import Archive
from replay.sender import send_archive


def resend(path: Path, *, topic: str, rate: float, bootstrap: str, partitions: int) -> None:
    """Send every packet at a path to a topic, at that many a second.

    A topic that does not exist is created, with that many partitions.
    """
    archive, connection, console = Archive(path), Connection.configured(bootstrap), Console()
    admin = KafkaAdmin(connection)
    if topic not in admin.partitions():
        admin.create([TopicSettings(topic, partitions)])
        console.print(f"created topic {topic}, {partitions} partitions")
    with closing(AtLeastOnceSink(connection, topics=[topic])) as sink:
        sink.rebuild()
        sent = send_archive(
            archive,
            sink=sink,
            topic=topic,
            clock=SystemClock(),
            console=console,
            rate_per_s=rate,
        )
    console.print(f"sent {sent.packets:,} packets, {sent.bytes / 1e6:,.1f} MB, to {topic}")
    if sent.too_large:
        console.print(f"{sent.too_large:,} packets were too large for {topic} and stayed behind")
