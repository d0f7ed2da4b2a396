"""A Kafka that asks for a password: what the environment holds lets every command in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from gueststar import subscribe
from kafka_node.listeners import User, environment
from kafka_node.node import KafkaNode
from tests.conftest import QUICK_KAFKA, missing_kafka
from tests.gueststar.test_journey import RUN_S_MAX, command

pytestmark = pytest.mark.kafka

TOPIC = "young"
USER = User("ada", "lovelace")
PROTOCOLS = ("SASL_PLAINTEXT", "SASL_SSL")


@pytest.fixture(scope="module")
def node(enriched: list[bytes]) -> Iterator[KafkaNode]:
    """A topic of enriched alerts, also behind a password, and behind one over TLS."""
    if without := missing_kafka():
        pytest.skip(without)
    with KafkaNode(settings=QUICK_KAFKA, user=USER, tls=True) as node:
        KafkaAdmin(Connection(node.address)).create([TopicSettings(TOPIC, 1)])
        producer = Producer({"bootstrap.servers": node.address, "log_level": 0})
        for packet in enriched:
            producer.produce(TOPIC, packet)
        assert producer.flush(10) == 0
        yield node


def entry(node: KafkaNode, protocol: str, **changed: str) -> dict[str, str]:
    """The environment that lets a command in by a listener."""
    client = {**node.client(protocol), **changed}
    password = {"GUESTSTAR_KAFKA_SASL_PASSWORD": client["sasl.password"]}
    variables = dict(each.split("=", 1) for each in environment(client))
    return {**variables, **password, "GUESTSTAR_BOOTSTRAP": client["bootstrap.servers"]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_subscriber_with_the_password_in_the_environment_is_let_in(
    node: KafkaNode, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in entry(node, protocol).items():
        monkeypatch.setenv(name, value)
    alerts = subscribe(TOPIC, start="earliest")
    assert next(alerts).filters == ("young",)
    alerts.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("password", "status"), [("lovelace", 0), ("byron", 1)])
def test_a_command_is_let_in_or_says_why_not_in_one_line(
    node: KafkaNode, protocol: str, password: str, status: int
) -> None:
    ran = subprocess.run(
        command("subscribe", TOPIC, "--from-start", "--limit", "1", "--json"),
        env={**os.environ, **entry(node, protocol, **{"sasl.password": password})},
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    assert ran.returncode == status, ran.stderr
    assert ran.stdout.count("\n") == 1 - status
    assert password not in ran.stderr
    if status:
        assert "GUESTSTAR_KAFKA_*" in ran.stderr.splitlines()[-1]
