"""The examples for ZTF's and Rubin's own Kafka, checked against doubles of what they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.kafka.rights import Right
from gueststar.command import app
from kafka_node.node import KafkaNode
from tests.guarded import Guarded
from tests.schemas.registry_server import RegistryServer, serving

pytestmark = pytest.mark.kafka

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OURS = "localhost:9092"
ZTFS = "public.alerts.ztf.uw.edu:9092"
RUBINS = "rubin-alert-stream-bootstrap.slac.stanford.edu:9094"
REGISTRY = "https://rubin-alert-schemas.slac.stanford.edu/schema-registry"
GRANTED = [
    *(Right(each, "topic", "lsst-alerts-v11") for each in ("Read", "DescribeConfigs")),
    Right("Read", "group", "ada", begins=True),
]
"""As Rubin grants them: topics to read, and the groups that begin with the user's name."""


def example(name: str, folder: Path, doubles: dict[str, str]) -> Path:
    """An example with the addresses of doubles, and all else as it stands."""
    text = (EXAMPLES / name).read_text()
    for address, double in doubles.items():
        assert text.count(f'"{address}"') == 1
        text = text.replace(f'"{address}"', f'"{double}"')
    path = folder / name
    path.write_text(text)
    return path


def checked(config: Path) -> tuple[int, list[str]]:
    """The exit status of a check, and its lines."""
    ran = CliRunner().invoke(app, ["check", str(config)])
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran.exit_code, ran.output.splitlines()


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryServer]:
    with serving() as server:
        yield server


@pytest.fixture
def rubin(
    guarded: Guarded,
    kafka: KafkaNode,
    registry: RegistryServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Rubin's example, for a user whose groups begin with its name."""
    admin = KafkaAdmin(Connection(guarded.node.address))
    if "lsst-alerts-v11" not in admin.partitions():
        admin.create([TopicSettings("lsst-alerts-v11", 45)])
    monkeypatch.setenv("RUBIN_GROUP", "ada-gueststar")
    monkeypatch.setenv("RUBIN_USER", guarded.user.name)
    monkeypatch.setenv("RUBIN_PASSWORD", guarded.user.password)
    survey = guarded.node.addresses["SASL_PLAINTEXT"]
    doubles = {OURS: kafka.address, RUBINS: survey, REGISTRY: registry.url}
    return example("rubin.toml", tmp_path, doubles)


def test_ztfs_nights_are_found_by_the_pattern(kafka: KafkaNode, tmp_path: Path) -> None:
    survey = KafkaAdmin(Connection(kafka.address))
    nights = [f"ztf_2026111{day}_programid{one}" for day in (1, 2) for one in (1, 2)]
    survey.create([TopicSettings(night) for night in nights])
    doubles = {OURS: kafka.address, ZTFS: kafka.address}
    status, said = checked(example("ztf.toml", tmp_path, doubles))
    assert (status, said[-1]) == (0, "ready to run")
    read = [line.split(":")[0].strip() for line in said if ": input, by ^ztf_" in line]
    assert read == [night for night in nights if night.endswith("1")]
    assert not any("no right" in line for line in said)


def test_rubins_topic_is_read_by_a_group_of_the_users(guarded: Guarded, rubin: Path) -> None:
    guarded.grant(GRANTED)
    status, said = checked(rubin)
    assert (status, said[-1]) == (0, "ready to run")
    assert any("lsst-alerts-v11: input; 45 partitions" in line for line in said)
    assert not any("no right" in line for line in said)


def test_a_group_that_is_not_the_users_is_named(
    guarded: Guarded, rubin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.grant(GRANTED)
    monkeypatch.setenv("RUBIN_GROUP", "gueststar")
    survey = guarded.node.addresses["SASL_PLAINTEXT"]
    status, said = checked(rubin)
    assert status == 1
    assert f"problem: no right to Read group 'gueststar' at {survey} as user 'ada'" in said


def test_the_same_over_tls_with_a_registry_that_asks_who_reads(
    guarded: Guarded, rubin: Path, registry: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.grant(GRANTED)
    over_tls = guarded.node.client("SASL_SSL")
    text = rubin.read_text()
    text = text.replace(guarded.node.addresses["SASL_PLAINTEXT"], over_tls["bootstrap.servers"])
    tls = f'"SASL_SSL"\n"ssl.ca.location" = "{over_tls["ssl.ca.location"]}"'
    rubin.write_text(
        text.replace('"security.protocol" = "SASL_PLAINTEXT"', f'"security.protocol" = {tls}')
    )
    monkeypatch.setattr(registry, "user_info", "ada:registry")
    status, said = checked(rubin)
    assert status == 1
    (problem,) = (line for line in said if line.startswith("problem"))
    assert "registry" in problem
    url = f'url = "{registry.url}"'
    asked = '"basic.auth.user.info" = "$RUBIN_REGISTRY_USER_AND_PASSWORD"'
    monkeypatch.setenv("RUBIN_REGISTRY_USER_AND_PASSWORD", "ada:registry")
    rubin.write_text(rubin.read_text().replace(url, f"{url}\n{asked}"))
    assert checked(rubin)[1][-1] == "ready to run"
