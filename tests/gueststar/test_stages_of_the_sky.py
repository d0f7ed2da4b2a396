"""Host, redshift, phase and luminosity of real alerts, from packets to topics and filters."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.node import KafkaNode
from tests.gueststar.running import run_until_published

pytestmark = [pytest.mark.kafka, pytest.mark.data]

GALAXIES = "hosts/glade_plus_z_below_0.15.parquet"
ZTF, RUBIN = "ztf/astrolabsoftware+fink-client", "lsst/lsstcam"
RUBIN_ALERTS = 20
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "hosts"
[topics]
input = ["hosts-survey"]
prefix = "hosts."
[stages]
names = ["redshift", "phase", "luminosity"]
[stages.hosts.host]
path = "{galaxies}"
columns = ["b_mag"]
[stages.redshift]
hosts = "host"
[filters]
files = ["{folder}/rising.toml"]
[metrics]
port = 0
"""
FILTER = """
name = "rising"
description = "Before its peak."
[clauses]
before = 'value("phase", "days_to_peak") > 0'
"""


def packets_of(folder: Path, count: int | None = None) -> list[bytes]:
    return [one for batch in gueststar.read(folder) for one in batch.packets][:count]


def published(topic: str, kafka: KafkaNode) -> list[gueststar.Alert]:
    return list(gueststar.subscribe(topic, bootstrap=kafka.address, start="earliest", until="end"))


def test_real_alerts_carry_them_to_subscribers_and_filters(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    data = Path(os.environ.get("GUESTSTAR_DATA", "nowhere"))
    if not (data / GALAXIES).is_file():
        pytest.skip(f"GUESTSTAR_DATA has no {GALAXIES}")
    packets = [*packets_of(data / ZTF), *packets_of(data / RUBIN, RUBIN_ALERTS)]
    (tmp_path / "rising.toml").write_text(FILTER)
    config = tmp_path / "gueststar.toml"
    settings = {"address": kafka.address, "galaxies": data / GALAXIES, "folder": tmp_path}
    config.write_text(CONFIG.format(**settings))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings("hosts-survey")])
    run_until_published(config, packets)
    everything = published("hosts.enriched", kafka)
    assert len(everything) == len(packets)
    surveys = {one.survey for one in everything}
    assert len(surveys) == 2
    said = [one.values for one in everything]
    assert any(one["host"]["found"] == 1 and one["redshift"]["source"] == 1 for one in said)
    assert any(np.isfinite(one["luminosity"]["absolute_magnitude"]) for one in said)
    rising = {one.alert_id for one in published("hosts.rising", kafka)}
    wanted = {one.alert_id for one in everything if one.values["phase"]["days_to_peak"] > 0}
    assert rising == wanted
    assert 0 < len(rising) < len(everything)
