"""A broker's configuration, as those who read its topics follow it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.errors import TopicMissing
from gueststar.command import app
from gueststar.configured import Configured

TEXT = """
[kafka]
bootstrap = "kafka.example.org:9092"
security = { "security.protocol" = "SSL" }
[topics]
input = ["alerts"]
prefix = "two."
[enriched.registry]
url = "http://schemas.example.org"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "gueststar.toml"
    path.write_text(TEXT)
    return path


def test_readers_follow_the_configuration(config: Path) -> None:
    broker = Configured.of(config, None)
    assert broker.connection.bootstrap == "kafka.example.org:9092"
    assert broker.connection.security == {"security.protocol": "SSL"}
    assert broker.settings.topics.ledger == "two.ledger"
    assert broker.settings.own_registry == {"url": "http://schemas.example.org"}


def test_topics_are_found_by_the_names_that_the_documents_give_them(config: Path) -> None:
    names = ["young-supernovae, gueststar.enriched", "two.solar-system", "^ztf.*"]
    named = ["two.young-supernovae", "two.enriched", "two.solar-system", "^ztf.*"]
    assert Configured.of(config, None).named(names) == named


def test_without_a_configuration_the_environment_and_the_defaults_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUESTSTAR_BOOTSTRAP", "there:9092")
    assert Configured.of(None, None).connection.bootstrap == "there:9092"
    broker = Configured.of(None, "here:9092")
    assert broker.connection.bootstrap == "here:9092"
    assert broker.settings.topics.ledger == "gueststar.ledger"
    assert broker.named(["young-supernovae"]) == ["young-supernovae"]


def test_an_address_on_the_command_line_wins(config: Path) -> None:
    assert Configured.of(config, "here:9092").connection.bootstrap == "here:9092"


def test_the_ledger_is_looked_for_by_its_configured_name(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.kafka.KafkaAdmin.partitions", lambda _: {"gueststar.ledger": 1})
    answer = CliRunner().invoke(app, ["ledger", "--config", str(config)])
    assert isinstance(answer.exception, TopicMissing)
    assert "there is no ledger 'two.ledger' at kafka.example.org:9092" in str(answer.exception)
