"""The whole demo, as `make demo` runs it where there is no terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gueststar.command import app


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the last screen is saved."""
    return tmp_path_factory.mktemp("demo") / "demo.svg"


@pytest.fixture(scope="module")
def said(picture: Path) -> str:
    """What a short demo of 100 alerts printed."""
    arguments = ["demo", "--seconds", "2", "--rate", "50", "--seed", "5", "--picture", str(picture)]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_the_demo_says_what_its_kafka_cannot_promise(said: str) -> None:
    assert "at-least-once" in said.splitlines()[0]


def test_every_alert_of_the_demo_is_published_or_dead(said: str) -> None:
    counted = re.search(r"(\d+) sent, (\d+) published, (\d+) dead-lettered", said)
    assert counted is not None
    sent, published, dead = map(int, counted.groups())
    assert (sent, published + dead) == (100, 100)
    assert f"a reader got {published}, 0 of them twice" in said
    assert f"damaged on purpose: {dead}" in said


def test_the_demo_compares_each_kind_with_its_known_answer(said: str) -> None:
    kinds = [line.rsplit(None, 3)[0] for line in said.splitlines() if "%" in line]
    assert any(kind.startswith("variable star") for kind in kinds)
    assert any(kind.startswith("bad subtraction") for kind in kinds)


def test_the_demo_finds_asteroids_where_they_were_predicted(said: str) -> None:
    (line,) = [line for line in said.splitlines() if line.startswith("asteroid ")]
    assert "solar_system" in line


def test_the_demos_last_screen_is_saved(said: str, picture: Path) -> None:
    drawn = picture.read_text()
    assert drawn.startswith("<svg")
    assert "font-face" not in drawn


def test_an_archive_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    script = "from gueststar.command import main; main()"
    missing = str(tmp_path / "nothing-here")
    command = [sys.executable, "-c", script, "demo", "--archive", missing]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "nothing-here" in ran.stderr
