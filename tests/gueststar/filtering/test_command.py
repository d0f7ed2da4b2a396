"""`gueststar filter`: what is refused before Kafka is asked, and the commands as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.defaults import BOOTSTRAP
from broker.errors import SettingsError
from broker.settings import FiltersSection
from filters.expressions.filter import ExpressionFilter
from gueststar.command import app, explain
from gueststar.filtering.place import place_of
from gueststar.filtering.records import STATE

COMMANDS = ("test", "deploy", "list", "history", "pause", "resume", "remove")
NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE, str(tmp_path / "state"))
    monkeypatch.delenv("GUESTSTAR_BOOTSTRAP", raising=False)


def written(folder: Path, clause: str, suffix: str = ".filter") -> str:
    path = folder / f"mine{suffix}"
    path.write_text(clause)
    return str(path)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    shown = CliRunner().invoke(app, ["filter", command, "--help"], prog_name="gueststar")
    assert shown.exit_code == 0
    assert f"Usage: gueststar filter {command}" in shown.output


def test_an_expression_that_cannot_be_read_is_shown_with_a_caret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "bright: magnitud < 18\n")
    ran = CliRunner().invoke(app, ["filter", "deploy", file, "--bootstrap", NOWHERE])
    assert isinstance(ran.exception, Exception)
    assert explain(ran.exception) == 1
    line, text, caret = capsys.readouterr().err.rstrip("\n").split("\n")
    assert "did you mean 'magnitude'" in line
    assert (text, caret) == ("magnitud < 18", "^")


@pytest.mark.parametrize(
    ("clause", "suffix", "complaint"),
    [
        ("bright: magnitude < 18\n", ".filter", "it had no dry run as it is now"),
        ("print('hello')\n", ".py", "code is not run on the server"),
    ],
)
def test_what_is_not_to_be_deployed_is_refused_before_kafka_is_asked(
    tmp_path: Path, clause: str, suffix: str, complaint: str
) -> None:
    file = written(tmp_path, clause, suffix)
    ran = CliRunner().invoke(app, ["filter", "deploy", file, "--bootstrap", NOWHERE])
    assert complaint in str(ran.exception)


def test_without_a_configuration_the_defaults_and_the_environment_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = place_of(None, None)
    assert place.connection.bootstrap == BOOTSTRAP
    assert place.settings.filters == FiltersSection()
    monkeypatch.setenv("GUESTSTAR_BOOTSTRAP", "there:1")
    assert place_of(None, None).connection.bootstrap == "there:1"
    assert place_of(None, "here:1").connection.bootstrap == "here:1"


def test_a_configuration_says_where_and_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUESTSTAR_BOOTSTRAP", "there:1")
    path = tmp_path / "gueststar.toml"
    text = '[kafka]\nbootstrap = "here:1"\n[topics]\ninput = ["a"]\npartitions = 3\n[filters]\n'
    path.write_text(f'{text}live = "control"\ntopic_prefix = "x."\n')
    place = place_of(path, None)
    assert place.connection.bootstrap == "here:1"
    wanted = ExpressionFilter.of({"name": "faint", "clauses": {"faint": "magnitude > 18"}})
    assert place.topic(wanted, None) == "gueststar.selected.lite"
    assert place.topic(wanted, None, "own") == "x.faint"
    assert (place.settings.filters.live, place.settings.topics.partitions) == ("control", 3)
    path.write_text(f'{text}live = ""\n')
    with pytest.raises(SettingsError, match="no filter is deployed here"):
        place_of(path, None)
