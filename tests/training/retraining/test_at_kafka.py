"""Drift at a real Kafka, from a worker's night to a shadow; a job that is killed at each step."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from broker.kafka import KafkaAdmin, TopicSettings
from broker.kafka.connection import Connection
from broker.settings import read_settings
from classifiers.realbogus import RealBogus
from gueststar.modelling.labels import Known
from gueststar.modelling.place import place_of
from kafka_node.node import KafkaNode
from lake.writing import LakeWriter
from replay.invention import NIGHT_JD, invent
from schemas.decode import Decoder
from schemas.errors import ModelError
from tests.broker.clusters import RealCluster
from tests.gueststar.filtering.test_live import running
from tests.gueststar.modelling.test_command import moved
from tests.gueststar.running import said
from tests.running import until
from tests.training.retraining.dying import MADE, STEPS
from training.retraining.making import Maker
from training.retraining.running import run

pytestmark = pytest.mark.kafka

CONFIG = """
[kafka]
bootstrap = "{address}"
group = "{name}"
[topics]
input = ["{name}-survey"]
prefix = "{name}."
replayed = ""
[classifiers]
names = ["realbogus"]
[filters]
live = ""
[models]
live = "{name}.models"
[drift]
alerts_min = 20
[metrics]
port = 0
"""
NIGHTS, ALERTS = 10, 60
"""Of each."""
TAUGHT = 36
STEPS_OF_FIT = 20


def configured(kafka: KafkaNode, folder: Path, name: str) -> Path:
    path = folder / "gueststar.toml"
    path.write_text(CONFIG.format(address=kafka.address, name=name))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings(f"{name}-survey")])
    return path


def listed(config: Path) -> list[list[str]]:
    """The requests, as the command has them."""
    lines = said("model", "retrains", "--config", str(config)).splitlines()
    return [line.split("\t") for line in lines]


def drifting_file(folder: Path, packets: list[bytes]) -> Path:
    """A model whose reference says that science images were darker; its card beside it."""
    night, table = folder / "night", folder / "moved.json"
    night.mkdir()
    for number, packet in enumerate(packets):
        (night / f"{number}.avro").write_bytes(packet)
    said("model", "reference", "realbogus", str(night), "--to", str(table))
    table.write_text(moved(table.read_text()))
    file = folder / "old.onnx"
    said("model", "reference", "realbogus", str(night), "--to", str(file))
    file.with_suffix(".md").write_text("# A trial")
    return file


def test_drift_becomes_a_request_and_a_request_a_shadow(kafka: KafkaNode, tmp_path: Path) -> None:
    config = configured(kafka, tmp_path, "drifting")
    at = ("--config", str(config))
    packets = [
        one.packet
        for night in range(NIGHTS)
        for one in invent(ALERTS, seed=8 + night, night_jd=NIGHT_JD - night)
    ]
    file = drifting_file(tmp_path, packets)
    table = ("--reference", str(tmp_path / "moved.json"))
    plain = RealBogus().identity
    said("model", "deploy", "realbogus", str(without_reference(file)), *table, *at)
    said("model", "promote", "realbogus", "--force", "a trial", *at)
    cluster = RealCluster(kafka.address)
    with running(read_settings(config)):
        cluster.publish("drifting-survey", packets)
        until(lambda: len(cluster.read("drifting.enriched")) == len(packets))
    ((name, number, status, *_, why),) = listed(config)
    assert (name, number, status) == ("realbogus", "1", "asked")
    assert why.startswith("drift in night 2025")
    assert "science_median" in why
    with pytest.raises(ModelError, match="request 1 of realbogus is asked, by worker one"):
        said("model", "retrain", "realbogus", "--nights", "20251101", *at)
    lake = tmp_path / "lake"
    with LakeWriter(lake, version="test") as writer:
        writer.add(Decoder().decode(packets))
    types = dict.fromkeys(objects(packets)[::9], "SN Ia")
    maker = Maker(lake, lambda: Known(types, {}), None, steps=STEPS_OF_FIT, alerts_max=TAUGHT)
    run(place_of(config, None), maker, tmp_path / "models", once=True)
    ((_, _, status, version, *_),) = listed(config)
    assert (status, version) == ("done", "2")
    shadow = place_of(config, None).register().versions("realbogus")[-1]
    assert shadow.model_version == f"{plain.version}+1"
    assert said("model", "list", *at).count("\tshadow\t") == 1
    card = Path(shadow.card).read_text()
    assert "| nights | 2025" in card
    assert re.search(r"alerts of the nights \| 3[0-9] ", card)
    drifts = said("model", "drift", "realbogus", str(tmp_path / "night"), "--file", shadow.place)
    assert "DRIFT" not in drifts


def without_reference(file: Path) -> Path:
    """The served file as it is, under another sha256, so that the table counts."""
    import onnx

    model = onnx.load(file)
    kept = {one.key: one.value for one in model.metadata_props if one.key != "reference"}
    onnx.helper.set_model_props(model, {**kept, "trial": "1"})
    onnx.save(model, file)
    return file


def objects(packets: list[bytes]) -> list[str]:
    return [str(one) for one in Decoder().decode(packets).object_id.tolist()]


@pytest.mark.parametrize("step", STEPS)
def test_a_request_is_carried_out_once_wherever_its_job_is_killed(
    kafka: KafkaNode, tmp_path: Path, step: str
) -> None:
    name = f"dying{STEPS.index(step)}"
    config, to = configured(kafka, tmp_path, name), tmp_path / "models"
    at = ("--config", str(config))
    said("model", "retrain", "realbogus", "--nights", "20251101:20251102", *at)
    killed = job(config, to, step)
    assert killed.returncode == (-signal.SIGKILL if step else 0), killed.stderr
    again = job(config, to)
    assert again.returncode == 0, again.stderr
    ((model, number, status, version, nights, *_),) = listed(config)
    assert (model, number, status, version) == ("realbogus", "1", "done", "1")
    assert nights == "20251101:20251102"
    (shadow,) = place_of(config, None).register().all
    assert RealBogus(Path(shadow.place)).identity.sha256 == shadow.sha256
    assert (to / MADE).read_text() == "realbogus 1\n"


def job(config: Path, to: Path, *step: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.training.retraining.dying", str(config), str(to), *step]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
