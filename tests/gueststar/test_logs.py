"""The log of a service as objects of JSON: one a line, whole, and without secrets."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from broker.errors import SettingsError
from gueststar.logs import Objects
from schemas.secrets import keep
from tests.broker.test_metrics import free_port
from tests.gueststar.test_command import gueststar

CONFIG = """
[kafka]
bootstrap = "127.0.0.1:{port}"
patience_s = 1.0
[topics]
input = ["alerts"]
[classifiers]
names = []
{logs}
"""
KEYS = {"time", "level", "logger", "message", "worker"}


def written(message: str, *arguments: object, error: Exception | None = None) -> dict[str, Any]:
    """What is written of an event."""
    fault = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "gueststar.broker", logging.WARNING, __file__, 1, message, arguments, fault
    )
    record.created = 1_700_000_000.5
    line = Objects("one").format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_an_event_is_an_object_with_its_time_level_logger_message_and_worker() -> None:
    assert written("filter %r\nraised", "young") == {
        "time": "2023-11-14T22:13:20.500+00:00",
        "level": "WARNING",
        "logger": "gueststar.broker",
        "message": "filter 'young'\nraised",
        "worker": "one",
    }


def test_an_exception_is_in_the_object_of_its_event() -> None:
    try:
        raise ValueError("no\nlight")
    except ValueError as error:
        said = written("a thread ended", error=error)
    assert said.keys() == KEYS | {"exception"}
    assert said["exception"].startswith("Traceback (most recent call last):\n")
    assert said["exception"].endswith("ValueError: no\nlight")


@pytest.mark.parametrize("secret", ["planted'\"quoted", "planted\\back", "planted-plain"])
def test_a_secret_is_hidden_in_every_value_however_json_would_write_it(secret: str) -> None:
    keep("sasl.password", secret)
    try:
        raise SettingsError(f"{secret!r}")
    except SettingsError as error:
        said = written("of %s", secret, error=error)
    assert said["message"] == "of ***"
    assert "planted" not in said["exception"]


def run(folder: Path, logs: str) -> tuple[int, list[str]]:
    """The status and the lines of a worker whose Kafka is not there."""
    config = folder / "gueststar.toml"
    config.write_text(CONFIG.format(port=free_port(), logs=logs))
    done = gueststar("run", str(config), "--worker", "one")
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("debug", ["", "1"])
def test_every_line_of_a_worker_is_an_object_from_the_first_to_what_it_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    monkeypatch.setenv("GUESTSTAR_DEBUG", debug)
    status, lines = run(tmp_path, '[logs]\nformat = "json"')
    events = [json.loads(line) for line in lines]
    assert status == 1
    assert len(events) >= 4
    assert {event["worker"] for event in events} == {"one"}
    assert events[0]["message"].startswith("starting worker one of ")
    assert events[-1]["level"] == "CRITICAL"
    assert events[-1]["message"].startswith("no answer from Kafka at 127.0.0.1:")
    assert [set(event) - KEYS for event in events[:-1]] == [set()] * (len(events) - 1)
    assert ("exception" in events[-1]) == bool(debug)


def test_without_the_setting_it_is_lines_to_read(tmp_path: Path) -> None:
    status, lines = run(tmp_path, "")
    assert status == 1
    assert lines[0].startswith("gueststar: starting worker one of ")
    assert lines[-1].startswith("gueststar: no answer from Kafka at 127.0.0.1:")
    assert " INFO worker one: opening classifiers and filters" in lines[1]
