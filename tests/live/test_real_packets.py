"""Every real Avro packet through a real Kafka, as a user would send it: enriched at the end."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import fastavro
import pytest
from confluent_kafka import Producer

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.node import KafkaNode
from lake.archives import Archive
from tests.chaos.backlog import Backlog
from tests.chaos.proof import messages

PARTITIONS = 2
COMMAND_S_MAX = 240.0
SURVEY, ENRICHED, DEAD, LEDGER = "live-survey", "live-enriched", "live-dead", "live-ledger"
CONFIG = """
[kafka]
bootstrap = "{bootstrap}"
group = "live"
[topics]
input = ["live-survey"]
enriched = "live-enriched"
dead_letters = "live-dead"
ledger = "live-ledger"
[schemas]
folder = "{folder}"
[filters]
builtin = ["young_supernovae"]
[metrics]
port = 0
"""

pytestmark = [pytest.mark.kafka, pytest.mark.data, pytest.mark.timeout(600)]


class Passed(NamedTuple):
    """A Kafka after all real packets went through it."""

    bootstrap: str
    sent: int


@pytest.fixture(scope="module")
def passed(data_folder: Path, kafka: KafkaNode, tmp_path_factory: pytest.TempPathFactory) -> Passed:
    """The packets sent, and `gueststar run` done with them."""
    config = tmp_path_factory.mktemp("live") / "live.toml"
    schemas = data_folder / "lsst" / "schemas"
    config.write_text(CONFIG.format(bootstrap=kafka.address, folder=schemas))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings(SURVEY, PARTITIONS)])
    sent = _send(kafka.address, data_folder)
    _run_until_done(kafka.address, config)
    return Passed(kafka.address, sent)


def _send(bootstrap: str, data_folder: Path) -> int:
    producer, sent = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000}), 0
    for survey in ("ztf", "lsst"):
        for packet in Archive(data_folder / survey):
            producer.produce(SURVEY, value=packet.data, partition=sent % PARTITIONS)
            producer.poll(0)
            sent += 1
    assert producer.flush(60) == 0
    return sent


def _run_until_done(bootstrap: str, config: Path) -> None:
    worker = subprocess.Popen(_command("run", str(config), "--worker", "live"))
    backlog = Backlog(bootstrap, group="live", topic=SURVEY)
    try:
        while backlog.messages():
            assert worker.poll() is None, "the worker ended before its time"
            time.sleep(0.2)
    finally:
        backlog.close()
        worker.terminate()
        ended = worker.wait(30)
    assert ended == 0


def _command(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("gueststar")), *words]


def test_every_packet_comes_out_enriched_or_is_a_dead_letter_with_a_reason(passed: Passed) -> None:
    enriched = [value for _, value in messages(passed.bootstrap, ENRICHED)]
    dead = [json.loads(v) for _, v in messages(passed.bootstrap, DEAD)]
    assert len(enriched) + len(dead) == passed.sent
    untimed = [letter["reason"] for letter in dead if letter["reason"] != "unknown schema"]
    assert untimed == ["not an alert"]  # Rubin's one published example without a time
    assert len(dead) <= 2


def test_fastavro_alone_reads_every_enriched_packet(passed: Passed) -> None:
    scored = 0
    for _, value in messages(passed.bootstrap, ENRICHED):
        record = _record(value)
        annotation = record["gueststar"]
        assert annotation["models"][0]["name"] == "realbogus"
        assert "diaSource" in record or "candidate" in record
        scored += "realbogus" in annotation["scores"]
    assert scored > 0.9 * passed.sent


def test_the_ledger_balances_to_zero(passed: Passed) -> None:
    done = subprocess.run(
        _command("ledger", "--topic", LEDGER, "--bootstrap", passed.bootstrap),
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    shutil.which("kcat") is None and not os.environ.get("CI"), reason="apt install kcat"
)
def test_kcat_prints_them(passed: Passed) -> None:
    printed = subprocess.run(
        ["kcat", "-C", "-q", "-e", "-b", passed.bootstrap, "-t", ENRICHED, "-f", "%S\n"],
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=True,
    ).stdout.split()
    assert len(printed) == sum(1 for _ in messages(passed.bootstrap, ENRICHED))
    assert min(map(int, printed)) > 1_000


def _record(value: bytes) -> dict[str, Any]:
    (record,) = fastavro.reader(io.BytesIO(value))
    assert isinstance(record, dict)
    return record
