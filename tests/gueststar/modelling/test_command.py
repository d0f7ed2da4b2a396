"""`gueststar model`: what is refused before Kafka is asked, and what needs none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifiers.realbogus import WEIGHTS
from gueststar.command import app, explain
from replay.invention import invent
from tests.gueststar.running import said

COMMANDS = (
    *("deploy", "list", "compare", "promote", "pause", "resume", "retire", "rollback"),
    *("history", "confusion", "reference", "drift", "retrain", "retrains"),
)
NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    shown = CliRunner().invoke(app, ["model", command, "--help"], prog_name="gueststar")
    assert shown.exit_code == 0
    assert f"Usage: gueststar model {command}" in shown.output


def refused(*words: str) -> str:
    """The one line that a command ends with."""
    ran = CliRunner().invoke(app, ["model", *words])
    assert isinstance(ran.exception, Exception)
    assert explain(ran.exception) in (1, 2)
    text = str(ran.exception)
    assert "\n" not in text
    return text


def test_a_file_that_cannot_be_served_is_refused_before_kafka_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "realbogus.onnx"
    shutil.copy(WEIGHTS, file)
    at = ("--bootstrap", NOWHERE)
    assert "has no card" in refused("deploy", "realbogus", str(file), *at)
    card = ("--card", "card.md")
    unknown = refused("deploy", "realbogas", str(file), *card, *at)
    assert "did you mean 'realbogus'" in unknown
    file.write_text("no model")
    assert "is no ONNX model" in refused("deploy", "realbogus", str(file), *card, *at)


def test_a_confusion_needs_something_that_says_what_alerts_are() -> None:
    assert "give --labels TABLE.csv, --reviews" in refused("confusion", "realbogus")


def test_a_configuration_without_models_says_what_to_name(tmp_path: Path) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text('[topics]\ninput = ["alerts"]\n')
    assert "[models] live is empty" in refused("list", "--config", str(config))


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented night's packets."""
    folder = tmp_path_factory.mktemp("night")
    for number, one in enumerate(invent(700, seed=3)):
        (folder / f"{number}.avro").write_bytes(one.packet)
    return folder


def test_a_night_does_not_drift_from_itself_and_another_does(nights: Path, tmp_path: Path) -> None:
    file = tmp_path / "realbogus.onnx"
    made = said("model", "reference", "realbogus", str(nights), "--to", str(file))
    assert "numbers" in made
    own = CliRunner().invoke(app, ["model", "drift", "realbogus", str(nights), "--file", str(file)])
    assert (own.exit_code, own.stdout) == (0, "")
    table = tmp_path / "moved.json"
    said("model", "reference", "realbogus", str(nights), "--to", str(table))
    table.write_text(moved(table.read_text()))
    ran = CliRunner().invoke(
        app, ["model", "drift", "realbogus", str(nights), "--reference", str(table)]
    )
    assert ran.exit_code == 1
    assert all(line.split("\t")[2] == "science_median" for line in ran.stdout.splitlines())
    assert "DRIFT" in ran.stdout


def moved(text: str) -> str:
    """A reference whose science images were darker: the same counts between other edges."""
    import json

    document = json.loads(text)
    for spreads in document["groups"].values():
        edges = spreads["science_median"]["edges"]
        spreads["science_median"]["edges"] = [each - 0.1 * abs(each) - 1e3 for each in edges]
    return json.dumps(document)


def test_a_model_without_a_reference_says_how_to_make_one(nights: Path) -> None:
    assert "gueststar model reference" in refused("drift", "realbogus", str(nights))
