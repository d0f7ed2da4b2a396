"""A replay that is killed again and again, at a real Kafka: each packet once on its topic."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from broker.kafka import Connection, KafkaSource
from kafka_node.node import KafkaNode
from replay.invention import invent

PACKETS = 600
KILLS = 5
COMMAND = (sys.executable, "-c", "from gueststar.command import main; main()")


def replay(kafka: KafkaNode, archive: Path, topic: str, *more: str) -> subprocess.Popen[str]:
    """The command, begun."""
    return subprocess.Popen(
        [*COMMAND, "replay", str(archive), "--to", topic, *more],
        env={**os.environ, "GUESTSTAR_BOOTSTRAP": kafka.address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on_topic(kafka: KafkaNode, topic: str, least: int) -> Counter[bytes]:
    """What a reader of what is committed gets."""
    source = KafkaSource(
        Connection(kafka.address),
        topics=[topic],
        group=f"reader-{time.time_ns()}",
        worker=None,
        start="earliest",
    )
    found, empty = Counter[bytes](), 0
    while sum(found.values()) < least or empty < 3:
        polled = source.poll(messages_max=500, bytes_max=10**8, timeout_s=1)
        found.update(message.value for message in polled)
        empty = 0 if polled else empty + 1
    source.close()
    return found


@pytest.mark.kafka
def test_a_replay_that_is_killed_loses_nothing_and_doubles_nothing(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    packets = [one.packet for one in invent(PACKETS, seed=5)]
    for number, packet in enumerate(packets):
        (tmp_path / f"{number:04}.avro").write_bytes(packet)
    rng, topic = random.Random(4), f"killed-{time.time_ns()}"
    for kill in range(KILLS):
        more = ["--resume"] if kill else []
        process = replay(kafka, tmp_path, topic, "--rate", "100", *more)
        time.sleep(rng.uniform(1.0, 4.0))
        process.kill()
        process.communicate()
    process = replay(kafka, tmp_path, topic, "--free", "--resume")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert on_topic(kafka, topic, PACKETS) == Counter(packets)
    again = replay(kafka, tmp_path, topic, "--free", "--resume")
    assert "sent 0 packets" in again.communicate(timeout=120)[0]
    (tmp_path / "one_more.avro").write_bytes(packets[0])
    changed = replay(kafka, tmp_path, topic, "--free", "--resume")
    assert "it has changed since" in changed.communicate(timeout=120)[0]
