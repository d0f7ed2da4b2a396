"""The command line: what it says, what it exits with, and that an error is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.errors import KafkaUnavailable, SettingsError
from gueststar.command import app, explain
from gueststar.release import __version__

COMMANDS = ("demo", "run", "check", "subscribe", "replay", "ledger", "version")


def gueststar(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [sys.executable, "-c", "from gueststar.command import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_version_is_said() -> None:
    assert CliRunner().invoke(app, ["version"]).output == f"gueststar {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], prog_name="gueststar")
    assert shown.exit_code == 0
    assert f"Usage: gueststar {command}" in shown.output


def test_the_help_lists_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(f"  {command} " in shown for command in COMMANDS)


@pytest.mark.parametrize(
    ("error", "status"), [(SettingsError("line\ntwo"), 2), (KafkaUnavailable("line\ntwo"), 1)]
)
def test_an_operating_error_is_one_line_and_a_status(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(error) == status
    assert capsys.readouterr().err == "gueststar: line two\n"


def test_a_fault_of_ours_is_one_line_that_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError("mjd")
    except KeyError as error:
        assert explain(error) == 1
    line = capsys.readouterr().err
    assert line.startswith("gueststar: a fault of ours, KeyError at test_command.py:")
    assert line.count("\n") == 1


def test_the_traceback_is_there_for_who_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUESTSTAR_DEBUG", "1")
    try:
        raise KafkaUnavailable("away")
    except KafkaUnavailable as error:
        explain(error)
    assert capsys.readouterr().err.startswith("Traceback")


@pytest.mark.parametrize("command", [("run", "--worker", "one"), ("check",)])
def test_a_configuration_that_is_not_there_is_one_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    ran = gueststar(*command, str(tmp_path / "missing.toml"))
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "missing.toml" in ran.stderr
