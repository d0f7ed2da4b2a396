"""The lake's writer under fire: what must hold when its night is over."""

from __future__ import annotations

import hashlib
import statistics
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from typer.testing import CliRunner

from gueststar.command import app
from kafka_node.node import KafkaNode
from lake.freezing import freeze
from lake.reading import Lake
from lake.recovery import read_log
from tests.chaos.hanging import hanging
from tests.chaos.lake_night import TOPIC, Feed, Night, Record, consumed
from tests.chaos.nights import Asked, Told
from tests.chaos.proof import messages
from tests.chaos.report import noted


class Size(NamedTuple):
    """How long it is, and how often the writer dies."""

    alerts: int
    alerts_per_s: float
    kills: int
    in_compaction: int


FULL = Size(100_000, 250, 50, 5)
SHORT = Size(4_000, 120, 5, 1)

Rows = dict[tuple[int, int], bytes]
"""By partition and offset, the SHA-256 of the message."""


def lake_writer_night(asked: Asked) -> Told:
    """The writer is killed again and again, at times as it joins parts."""
    size = FULL if asked.is_full else SHORT
    with KafkaNode() as node:
        feed = Feed(node.address, size.alerts, seed=asked.seed, alerts_per_s=size.alerts_per_s)
        night = Night(node.address, asked.folder, feed, seed=asked.seed)
        record = night.run(size.kills, size.in_compaction)
        sent = published(node.address, TOPIC)
        stuck = hanging(node)
    rows, unread = alerts_of(night.lake), unread_of(night.lake)
    came_to = _figures(record, rows, unread)
    with noted(came_to):
        assert stuck == [], "no transaction is left that nobody can end"
        assert len(sent) >= size.alerts, "the feed published all, a transaction in doubt twice"
        assert not rows.keys() & unread.keys()
        assert rows | unread == sent, "each message is there once, and no other"
        assert len(rows) == len(Lake(night.lake))
        assert consumed(night.lake) == len(sent)
        assert record.kills == size.kills
        assert record.in_compaction >= size.in_compaction
    for name in Lake(night.lake).nights:
        freeze(night.lake, name)
    told = CliRunner().invoke(app, ["lake", "verify", str(night.lake)])
    assert told.exit_code == 0, told.output
    assert told.output.endswith("\nwhole\n")
    return Told("the lake's writer", came_to)


def published(bootstrap: str, topic: str) -> Rows:
    """Every message of a topic."""
    return {
        (place.partition, place.offset): hashlib.sha256(value).digest()
        for place, value in messages(bootstrap, topic)
    }


def alerts_of(lake: Path) -> Rows:
    """Every row of the lake; one that comes twice fails."""
    found: Rows = {}
    for table in Lake(lake).tables(1_000):
        partitions, offsets = (
            table.column(name).tolist() for name in ("topic_partition", "topic_offset")
        )
        for place, packet in zip(zip(partitions, offsets, strict=True), table.packets, strict=True):
            assert place not in found, f"{place} is there twice"
            found[place] = hashlib.sha256(packet).digest()
    return found


def unread_of(lake: Path) -> Rows:
    """Every message that was left unread."""
    found: Rows = {}
    for one in read_log(lake).unread:
        for row in pq.read_table(one.path).to_pylist():
            place = row["topic_partition"], row["topic_offset"]
            assert place not in found, f"{place} is there twice"
            found[place] = hashlib.sha256(row["value"]).digest()
    return found


def _figures(record: Record, rows: Rows, unread: Rows) -> dict[str, str]:
    return {
        "kills": str(record.kills),
        "  as parts were joined": str(record.in_compaction),
        "alerts, each once": str(len(rows)),
        "unread messages, each once": str(len(unread)),
        "median from start to first change": f"{statistics.median(record.starts_s):.1f} s",
        "read meanwhile": f"{record.reads} times",
    }
