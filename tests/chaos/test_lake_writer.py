"""The lake's writer under fire. GUESTSTAR_CHAOS=full (`make chaos`) runs it long, CI shortly."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from gueststar.command import app
from kafka_node.node import KafkaNode
from lake.freezing import freeze
from lake.reading import Lake
from lake.recovery import read_log
from tests.chaos.lake_night import TOPIC, Feed, Night, Record, consumed
from tests.chaos.proof import messages

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(3_000)]

SEED = 1057


class Size(NamedTuple):
    """How long it is, and how often the writer dies."""

    alerts: int
    alerts_per_s: float
    kills: int
    in_compaction: int


SIZE = (
    Size(100_000, 250, 50, 5)
    if os.environ.get("GUESTSTAR_CHAOS") == "full"
    else Size(4_000, 120, 5, 1)
)

Rows = dict[tuple[int, int], bytes]
"""By partition and offset, the SHA-256 of the message."""


def test_a_writer_killed_again_and_again_keeps_each_message_once(tmp_path: Path) -> None:
    began_s = time.monotonic()
    with KafkaNode() as node:
        feed = Feed(node.address, SIZE.alerts, seed=SEED, alerts_per_s=SIZE.alerts_per_s)
        night = Night(node.address, tmp_path, feed, seed=SEED)
        record = night.run(SIZE.kills, SIZE.in_compaction)
        sent = {
            (place.partition, place.offset): hashlib.sha256(value).digest()
            for place, value in messages(node.address, TOPIC)
        }
    rows, unread = alerts_of(night.lake), unread_of(night.lake)
    show(record, rows, unread, time.monotonic() - began_s)
    assert len(sent) >= SIZE.alerts, "the feed published all, a transaction in doubt twice"
    assert not rows.keys() & unread.keys()
    assert rows | unread == sent
    assert len(rows) == len(Lake(night.lake))
    assert consumed(night.lake) == len(sent)
    assert record.kills == SIZE.kills
    assert record.in_compaction >= SIZE.in_compaction
    for name in Lake(night.lake).nights:
        freeze(night.lake, name)
    told = CliRunner().invoke(app, ["lake", "verify", str(night.lake)])
    assert told.exit_code == 0, told.output
    assert told.output.endswith("\nwhole\n")


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


def show(record: Record, rows: Rows, unread: Rows, seconds: float) -> None:
    """The night in a line."""
    starts = sorted(record.starts_s)
    Console().print(
        f"{record.kills} kills, {record.in_compaction} of them as parts were joined; {len(rows):,}"
        f" alerts and {len(unread):,} unread messages, each once; median from start to first"
        f" change {starts[len(starts) // 2]:.1f} s; read {record.reads} times meanwhile;"
        f" {seconds:.0f} s"
    )
