"""WINTER through a real Kafka: topic, networks, filter, subscriber, picture, lake and dry run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.node import KafkaNode
from schemas.columns import BANDS
from tests.gueststar.running import configured, run_until_published, said
from tests.schemas import golden_winter

pytestmark = pytest.mark.kafka

GOLDEN = [golden_winter.packet(seed) for seed in range(30)]
SECTIONS = """
[filters]
files = ["red.toml"]
"""
FILTER = """
name = "red"
description = "What is bright in the near infrared."
form = "full"
[clauses]
near_infrared = 'band in ("Y", "J", "H")'
bright = "magnitude < 16"
"""


@pytest.fixture
def config(kafka: KafkaNode, tmp_path: Path) -> Path:
    """A broker that reads WINTER's topic."""
    (tmp_path / "red.toml").write_text(FILTER)
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings(f"{tmp_path.name}-survey")])
    return configured(tmp_path, kafka.address, SECTIONS)


def test_invented_packets_come_out_at_every_end(
    config: Path, kafka: KafkaNode, tmp_path: Path
) -> None:
    check(config, kafka, tmp_path, GOLDEN)


@pytest.mark.data
def test_real_packets_come_out_at_every_end(
    config: Path, kafka: KafkaNode, tmp_path: Path, data_folder: Path
) -> None:
    found = sorted((data_folder / "other_surveys/winter").glob("*.avro"))
    check(config, kafka, tmp_path, [path.read_bytes() for path in found])


def check(config: Path, kafka: KafkaNode, folder: Path, packets: list[bytes]) -> None:
    """Each end has the alerts of the one before it."""
    sent = gueststar.decode(packets)
    red = {BANDS.index(name) for name in ("Y", "J", "H")}
    wanted = np.isin(sent.band, list(red)) & (sent.magnitude < 16)
    run_until_published(config, packets)
    everything = gueststar.subscribe(
        f"{folder.name}.enriched", bootstrap=kafka.address, start="earliest", until="end"
    )
    seen = {each.alert_id: each for each in everything}
    assert seen.keys() == set(sent.alert_id.tolist())
    for each in seen.values():
        assert each.scores.keys() == {"realbogus"}, "networks of light curves decline"
        assert sum(each.scores["realbogus"].values()) == pytest.approx(1, abs=1e-4)
        assert each.photometric_system == "winter"
    chosen = gueststar.subscribe(
        f"{folder.name}.red", bootstrap=kafka.address, start="earliest", until="end"
    )
    selected = {each.alert_id: each for each in chosen}
    assert selected.keys() == set(sent.alert_id[wanted].tolist())
    for number, each in enumerate(selected.values()):
        each.plot(path=folder / f"{number}.png")
        assert all(plane.size for plane in each.stamps)
    (folder / "packets").mkdir()
    for name, packet in enumerate(packets):
        (folder / "packets" / f"{name}.avro").write_bytes(packet)
    said("archive", str(folder / "packets"), "--to", str(folder / "lake"))
    told = said("filter", "test", str(folder / "red.toml"), "--archive", str(folder / "lake"))
    assert f"{wanted.sum()} of {len(packets)} alerts selected" in told
