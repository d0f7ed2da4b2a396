"""The Docker composition agrees with what is tested without Docker."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.settings import Settings, read_settings
from kafka_node.jars import VERSION
from kafka_node.node import SETTINGS
from tests.broker.test_metrics import needs

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SCRAPED = ROOT / "deploy" / "prometheus.yml"


@pytest.fixture
def settings() -> Settings:
    return read_settings(ROOT / "deploy" / "gueststar.toml")


def kafka_settings() -> dict[str, str]:
    """The server's settings as its image reads them from the environment."""
    environment: dict[str, str] = SERVICES["kafka"]["environment"]
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment.items()
    }


def test_kafka_has_every_setting_that_the_tests_run_with() -> None:
    found = kafka_settings()
    assert {name: found.get(name) for name in SETTINGS} == dict(SETTINGS)


def test_kafka_has_no_setting_that_the_tests_run_without() -> None:
    own = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    assert kafka_settings().keys() - SETTINGS.keys() == own


def test_kafka_is_of_the_tested_version() -> None:
    for service in ("kafka", "topics"):
        assert SERVICES[service]["image"] == f"apache/kafka:{VERSION}"


def test_the_worker_reads_the_kafka_and_the_topic_that_are_there(settings: Settings) -> None:
    assert kafka_settings()["advertised.listeners"] == f"PLAINTEXT://{settings.kafka.bootstrap}"
    (topic,) = settings.topics.input
    assert f"--topic {topic} " in SERVICES["topics"]["command"]


def test_prometheus_reads_the_port_that_the_worker_serves(settings: Settings) -> None:
    scraped = yaml.safe_load(SCRAPED.read_text())
    ((target,),) = (one["targets"] for one in scraped["scrape_configs"][0]["static_configs"])
    assert target == f"broker:{settings.metrics.port}"
    assert (settings.metrics.host, settings.metrics.ports_max) == ("0.0.0.0", 1)


def test_prometheus_keeps_what_the_dashboards_ask_for() -> None:
    (kept,) = re.findall(r"--storage.tsdb.retention.time=(\d+)d", SERVICES["prometheus"]["command"])
    asked = [
        int(days)
        for file in (ROOT / "deploy" / "grafana").glob("*.json")
        for days in re.findall(r"\[(\d+)d\]", file.read_text())
    ]
    assert asked
    assert int(kept) > max(asked)


def test_every_file_that_is_mounted_or_built_from_is_there() -> None:
    mounted = [
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    ]
    local = [name for name in mounted if name.startswith("./")]
    built = SERVICES["broker"]["build"]["dockerfile"]
    assert [name for name in [*local, built] if not (ROOT / name).is_file()] == []
    assert len(local) == 7


@pytest.mark.prometheus
def test_promtool_accepts_the_configuration() -> None:
    checked = subprocess.run(
        [needs("promtool"), "check", "config", str(SCRAPED)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
