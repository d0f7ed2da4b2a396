"""A site that is killed again and again, at a real Kafka; and its alerts at the broker's ends."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.node import KafkaNode
from schemas.decode import Decoder
from telescope.settings import read_settings
from telescope.simulated_night import write_night
from telescope.site import Site
from telescope.working import work
from tests.gueststar.running import configured, run_until_published
from tests.replay.test_resumed_at_kafka import on_topic

pytestmark = pytest.mark.kafka

COMMAND = (sys.executable, "-c", "from gueststar.command import main; main()")
KILLS = 2
FRAMES = 3
SIDE = 384
SECTIONS = """
[filters]
files = ["new.toml"]
"""
FILTER = """
name = "new"
description = "What an own telescope is sure of and saw twice."
form = "full"
[clauses]
real = "survey_real_score > 0.8"
twice = "detections >= 2"
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    list(write_night(folder, frames=FRAMES, side=SIDE, transients_count=8, seed=6))
    return folder


@pytest.fixture(scope="module")
def packets(night: Path) -> list[bytes]:
    """What a site tells of that night where nothing disturbs it."""
    site = Site(read_settings(night / "telescope.toml"))
    work(site, None, once=True, on_line=lambda _: None)
    return [one for number in range(FRAMES) for one in site.spool.read(number).packets]


def site_file(night: Path, kafka: KafkaNode, topic: str, spool: Path) -> Path:
    text = (night / "telescope.toml").read_text().replace('"spool"', f'"{spool}"')
    more = f'topic = "{topic}"\nbootstrap = "{kafka.address}"\npartitions = 2\n\n[camera]'
    path = night / f"{topic}.toml"
    path.write_text(text.replace("[camera]", more))
    return path


def killed(command: Sequence[str], delay_s: float) -> None:
    """Run a site until it has spooled one frame more, and kill it a moment later, as it sends."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("frame"):
            break
    time.sleep(delay_s)
    process.kill()
    process.communicate()


def test_a_site_that_is_killed_loses_nothing_and_doubles_nothing(
    night: Path, packets: list[bytes], kafka: KafkaNode, tmp_path: Path
) -> None:
    topic, rng = f"telescope-{time.time_ns()}", random.Random(3)
    config = site_file(night, kafka, topic, tmp_path / "killed")
    command = [*COMMAND, "telescope", "run", str(config), "--once"]
    for _ in range(KILLS):
        killed(command, rng.uniform(0.0, 0.2))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(on_topic(kafka, topic, len(packets)).elements()) == sorted(packets)


def test_its_alerts_come_out_at_every_end_of_the_broker(
    packets: list[bytes], kafka: KafkaNode, tmp_path: Path
) -> None:
    sent = Decoder().decode(packets)
    (tmp_path / "new.toml").write_text(FILTER)
    config = configured(tmp_path, kafka.address, SECTIONS)
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings(f"{tmp_path.name}-survey")])
    run_until_published(config, packets)
    seen = gueststar.subscribe(
        f"{tmp_path.name}.enriched", bootstrap=kafka.address, start="earliest", until="end"
    )
    scores = {each.alert_id: each.scores for each in seen}
    assert scores.keys() == set(sent.alert_id.tolist())
    assert all(each.keys() == {"realbogus"} for each in scores.values())
    chosen = gueststar.subscribe(
        f"{tmp_path.name}.new", bootstrap=kafka.address, start="earliest", until="end"
    )
    wanted = (sent.survey_real_score > 0.8) & (sent.detections >= 2)
    assert wanted.any()
    assert {each.alert_id for each in chosen} == set(sent.alert_id[wanted].tolist())
