"""How gueststar is run as a service: systemd's unit, and the image of a container."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path

import pytest

from broker.clock import ManualClock
from broker.health import HUNG_S
from broker.kafka.connection import PATIENCE_S
from broker.metrics import Metrics
from broker.service_settings import MetricsSection

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "gueststar@.service"
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text().replace("\\\n", "")
STAGES = [
    [
        line.split(maxsplit=1)
        for line in stage.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    for stage in re.split(r"(?m)^(?=FROM )", CONTAINER)[1:]
]
"""Of each stage its instructions, each with what it says."""
EXPOSURE_MAX = "20"
"""Of systemd's own judgement how exposed a service is, 0 to 100."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it would be on a machine where gueststar is installed."""
    installed = UNIT.read_text().replace("/opt/gueststar/bin/gueststar", sys.executable)
    path = tmp_path / "gueststar@one.service"
    path.write_text(installed)
    return path


@pytest.mark.parametrize(
    "words", [["verify"], ["security", "--offline=true", f"--threshold={EXPOSURE_MAX}"]]
)
def test_systemd_finds_nothing_to_mend_in_the_unit_and_little_that_it_could_harm(
    unit: Path, words: list[str]
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is absent: apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", *words, str(unit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(unit) not in done.stderr


def test_the_watchdog_waits_for_longer_than_a_loop_may_stand_still() -> None:
    said = ConfigParser(strict=False, interpolation=None)
    said.read_string(UNIT.read_text())
    service = said["Service"]
    assert float(service["WatchdogSec"]) > HUNG_S + PATIENCE_S
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    assert service["RestartPreventExitStatus"] == "2", "what a wrong configuration ends with"


def said(stage: int, instruction: str) -> list[str]:
    """What an instruction says in a stage of the image, in order."""
    return [words[1] for words in STAGES[stage] if words[0] == instruction]


def test_the_image_installs_the_wheel_as_make_tries_it() -> None:
    """`make image` builds it; where no engine is, its steps are held to those that are tried."""
    makefile = (ROOT / "Makefile").read_text()
    tried = re.search(r"uv (pip install .* dist/\*\.whl)", makefile)
    assert tried is not None
    built = [step for step in said(0, "RUN") if "dist/*.whl" in step]
    assert [step.replace(" --no-cache", "") for step in built] == [
        "uv " + tried[1].replace(".venv-bare", "/opt/gueststar")
    ]
    assert sum("uv build --quiet" in step for step in (*said(0, "RUN"), *makefile.split("\n"))) == 2


def test_the_image_is_built_of_what_the_wheel_is_made_of_and_sees_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    made_of = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    packages = made_of["targets"]["wheel"]["packages"]
    beside = {"LICENSE", "README.md", "pyproject.toml", "requirements.lock"}
    assert {line[1:] for line in ignored if line.startswith("!")} == {*packages, *beside}
    assert [line for line in ignored if line[0] not in "!#"] == ["*", "**/__pycache__"]


def test_the_image_that_runs_holds_the_wheel_alone_and_runs_as_no_root() -> None:
    assert said(1, "COPY") == ["--from=built /opt/gueststar /opt/gueststar"]
    assert said(0, "FROM")[0].split()[0] == said(1, "FROM")[0]
    assert said(1, "USER") == ["gueststar"]
    assert [words[0] for words in STAGES[1]][-1] == "ENTRYPOINT"
    assert json.loads(said(1, "ENTRYPOINT")[0]) == ["gueststar"]


def test_the_image_is_asked_for_its_health_where_the_worker_tells_it() -> None:
    (check,) = said(1, "HEALTHCHECK")
    program, *words = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    port = str(MetricsSection().port)
    clock = ManualClock()
    metrics = Metrics(worker="one", version="1", clock=clock)
    with closing(metrics.serve("127.0.0.1", 0)) as server:
        command = [sys.executable, *(word.replace(port, str(server.port)) for word in words)]
        assert str(server.port) in command[-1]
        statuses = [subprocess.run(command, capture_output=True, check=False).returncode]
        clock.advance(HUNG_S + 1)
        statuses += [subprocess.run(command, capture_output=True, check=False).returncode]
    assert statuses == [0, 1]
