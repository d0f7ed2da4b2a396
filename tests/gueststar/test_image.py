"""The container's image that `make image` built, locked up as in compose.yaml, at a real Kafka."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from broker.service_settings import MetricsSection
from gueststar import subscribe_batches
from kafka_node.node import KafkaNode
from tests.broker.test_metrics import free_port
from tests.running import until

pytestmark = [pytest.mark.image, pytest.mark.kafka]

ENGINE = os.environ.get("GUESTSTAR_ENGINE", "podman").split()
IMAGE = "gueststar"
ALERTS = 300
START_S_MAX = 900
"""All is compiled anew: a minute of one core, and others may use it."""
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "{topic}"
[topics]
input = ["{topic}"]
prefix = "{topic}."
[filters]
builtin = ["young_supernovae"]
[metrics]
port = {port}
"""
SERVICE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "compose.yaml").read_text()
)["services"]["broker"]


def tried(*words: str) -> subprocess.CompletedProcess[str]:
    """What came of a command of the container engine."""
    return subprocess.run([*ENGINE, *words], capture_output=True, text=True, check=False)


def engine(*words: str) -> str:
    """What a command of the container engine prints, which it carries out."""
    done = tried(*words)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    """What the engine says of the image; skips where there is no engine, or no image."""
    if shutil.which(ENGINE[0]) is None:
        pytest.skip(f"no container engine: install {ENGINE[0]}, or name one in GUESTSTAR_ENGINE")
    inspected = tried("image", "inspect", IMAGE)
    if inspected.returncode:
        pytest.skip("no image gueststar: `make image` builds it")
    found: list[dict[str, Any]] = json.loads(inspected.stdout)
    return found[0]


def locked() -> list[str]:
    """The options by which compose.yaml locks its broker up."""
    found = ["--read-only"] if SERVICE["read_only"] else []
    found += [f"--cap-drop={each}" for each in SERVICE["cap_drop"]]
    found += [f"--security-opt={each}" for each in SERVICE["security_opt"]]
    return found + [f"--tmpfs={each}" for each in SERVICE["tmpfs"]]


@contextmanager
def contained(config: Path) -> Iterator[str]:
    """A worker in a container, which shares the machine's loopback alone: its name."""
    name = f"gueststar-{uuid4().hex[:8]}"
    volume = f"{name}:{SERVICE['volumes'][-1].partition(':')[2]}"
    shown = f"{config}:/etc/gueststar.toml:ro"
    options = [*locked(), "--network=host", f"--volume={shown}", f"--volume={volume}"]
    command = SERVICE["command"].split()
    engine("run", "--detach", f"--name={name}", *options, IMAGE, *command)
    try:
        yield name
    finally:
        engine("rm", "--force", "--volumes", name)
        engine("volume", "rm", "--force", name)


def is_healthy(image: dict[str, Any], name: str, port: int) -> bool:
    """What the image's own HEALTHCHECK says of a container whose worker serves another port."""
    check = image.get("Healthcheck") or image["Config"]["Healthcheck"]  # podman's place, docker's
    _, *words = check["Test"]
    usual = str(MetricsSection().port)
    assert usual in words[-1]
    asked = tried("exec", name, *(word.replace(usual, str(port)) for word in words))
    if asked.returncode and tried("exec", name, "true").returncode:
        raise AssertionError(tried("logs", name).stderr)
    return asked.returncode == 0


def scored(address: str, topic: str) -> set[int]:
    """The ids of alerts on a topic, each with a score, once all are there."""
    reading = subscribe_batches(topic, bootstrap=address, start={0: 0})
    found: list[int] = []
    while len(found) < ALERTS:
        batch = next(reading)
        assert (batch.score("realbogus", "real") >= 0).all()
        found += batch.alert_id.tolist()
    reading.close()
    assert len(found) == ALERTS
    return set(found)


@pytest.mark.timeout(2 * START_S_MAX)
def test_a_worker_in_a_container_may_write_nothing_classifies_a_night_and_ends_in_order(
    kafka: KafkaNode, image: dict[str, Any], tmp_path: Path
) -> None:
    topic, port, config = f"night-{uuid4().hex[:8]}", free_port(), tmp_path / "gueststar.toml"
    config.write_text(CONFIG.format(address=kafka.address, topic=topic, port=port))
    config.chmod(0o644)
    ours = ["run", "--rm", "--network=host", IMAGE]
    stream = f"--topic={topic} --bootstrap={kafka.address} --survey=ztf --limit={ALERTS}"
    engine(*ours, "loop", *stream.split(), "--partitions=1")
    with contained(config) as name:
        until(lambda: is_healthy(image, name, port), limit_s=START_S_MAX, look_s=5)
        assert engine("exec", name, "id", "-u").strip() != "0"
        assert "CapEff:\t0000000000000000" in engine("exec", name, "cat", "/proc/1/status")
        assert tried("exec", name, "touch", "/opt/gueststar/mine").returncode
        assert len(scored(kafka.address, f"{topic}.enriched")) == ALERTS
        engine("stop", f"--time={int(SERVICE['stop_grace_period'].removesuffix('s'))}", name)
        assert engine("inspect", "--format={{.State.ExitCode}}", name).strip() == "0"
    told = engine(*ours, "ledger", f"--bootstrap={kafka.address}", f"--topic={topic}.ledger")
    assert told.startswith(f"{ALERTS} alerts consumed")
