"""The command at a real Kafka, killed again and again: each revision is there once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from broker.kafka import Connection, KafkaAdmin
from gueststar.open_lake import OpenLake
from gueststar.reclassify_command import TOPIC
from kafka_node.node import KafkaNode
from lake.reading import Lake
from replay.invention import invent
from schemas.decode import Decoder
from schemas.enriched_reading import read_enriched
from tests.chaos.proof import messages
from tests.services.lake_writer.test_live_at_kafka import enriched
from tests.services.reclassify.test_reclassify import FILTER, with_origin

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

ALERTS, TOGETHER, KILLS, SEED = 240, 12, 5, 3
RATE, LIFE_S = 8, (0.0, 4.0)
"""A run would take half a minute; it is killed seconds after its start, or after it published."""
STEP_S = 0.2


class Runs:
    """One process after another, of the same command."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._folder = address, folder

    def start(self, rate: int) -> subprocess.Popen[bytes]:
        words = ["reclassify", "lake", "--stage", "bright.py", "--bootstrap", self._address]
        command = "from gueststar.command import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", command, *words, "--rate", str(rate)],
            cwd=self._folder,
            env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": ""},
        )

    def wait(self, more_than: int) -> None:
        """Until so many are published; the test's own limit ends it."""
        while self.published() <= more_than:
            time.sleep(STEP_S)

    def published(self) -> int:
        admin = KafkaAdmin(Connection(self._address))
        return len([*messages(self._address, TOPIC)]) if TOPIC in admin.partitions() else 0


def test_a_command_that_is_killed_again_and_again_publishes_each_revision_once(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    (tmp_path / "bright.py").write_text(FILTER)
    batch = Decoder().decode([one.packet for one in invent(ALERTS, seed=5)])
    with_origin(tmp_path / "lake", enriched(batch), TOGETHER)
    runs, draw, halfway = Runs(kafka.address, tmp_path), random.Random(SEED), 0
    for number in range(KILLS):
        before = runs.published()
        process = runs.start(rate=RATE)
        if number % 2 == 0:
            runs.wait(before)
        time.sleep(draw.uniform(*LIFE_S))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the rate does not let it come to the end"
        halfway += 0 < runs.published() < len(wanted(tmp_path / "lake"))
    assert halfway, "none was killed between two transactions"
    assert runs.start(rate=100_000).wait(120) == 0
    found = [read_enriched(value)["candid"] for _, value in messages(kafka.address, TOPIC)]
    assert sorted(found) == sorted(wanted(tmp_path / "lake"))
    table = OpenLake(tmp_path / "lake").revisions().pandas()
    assert sorted(table.alert_id) == sorted(found)


def wanted(lake: Path) -> list[int]:
    """By the lake's own columns."""
    return [
        number
        for table in Lake(lake).tables()
        for number, names in zip(
            table.column("alert_id").tolist(), table.column("filters").tolist(), strict=True
        )
        if ("bright" in names) != (number % 2 == 1)
    ]
