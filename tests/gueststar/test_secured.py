"""A Kafka that asks for a password: what the environment holds lets every command in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from confluent_kafka import Producer

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.node import KafkaNode, free_ports
from gueststar import subscribe
from tests.conftest import QUICK_KAFKA, missing_kafka
from tests.gueststar.test_journey import RUN_S_MAX, command

pytestmark = pytest.mark.kafka

TOPIC = "young"
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
ENTRY = {
    "GUESTSTAR_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "GUESTSTAR_KAFKA_SASL_MECHANISM": "PLAIN",
    "GUESTSTAR_KAFKA_SASL_USERNAME": "ada",
    "GUESTSTAR_KAFKA_SASL_PASSWORD": "lovelace",
}


class Guarded(NamedTuple):
    """A Kafka with two doors."""

    open_address: str
    guarded_address: str


@pytest.fixture(scope="module")
def guarded(enriched: list[bytes]) -> Iterator[Guarded]:
    """A topic of enriched alerts behind a password."""
    if without := missing_kafka():
        pytest.skip(without)
    port, behind, controller = (f"127.0.0.1:{port}" for port in free_ports(3))
    doors = f"PLAINTEXT://{port},SASL_PLAINTEXT://{behind}"
    settings = {
        **QUICK_KAFKA,
        "listeners": f"{doors},CONTROLLER://{controller}",
        "advertised.listeners": doors,
        "controller.quorum.bootstrap.servers": controller,
        "listener.security.protocol.map": ",".join(
            ("PLAINTEXT:PLAINTEXT", "SASL_PLAINTEXT:SASL_PLAINTEXT", "CONTROLLER:PLAINTEXT")
        ),
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f'{LOGIN} user_ada="lovelace";',
    }
    with KafkaNode(port=int(port.rpartition(":")[2]), settings=settings) as node:
        KafkaAdmin(Connection(node.address)).create([TopicSettings(TOPIC, 1)])
        producer = Producer({"bootstrap.servers": node.address, "log_level": 0})
        for packet in enriched:
            producer.produce(TOPIC, packet)
        assert producer.flush(10) == 0
        yield Guarded(node.address, behind)


def test_a_subscriber_with_the_password_in_the_environment_is_let_in(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENTRY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GUESTSTAR_BOOTSTRAP", guarded.guarded_address)
    alerts = subscribe(TOPIC, start="earliest")
    assert next(alerts).filters == ("young",)
    alerts.close()


@pytest.mark.parametrize(("password", "status"), [("lovelace", 0), ("byron", 1)])
def test_a_command_is_let_in_or_says_why_not_in_one_line(
    guarded: Guarded, password: str, status: int
) -> None:
    entry = {**ENTRY, "GUESTSTAR_KAFKA_SASL_PASSWORD": password}
    ran = subprocess.run(
        command("subscribe", TOPIC, "--from-start", "--limit", "1", "--json"),
        env={**os.environ, **entry, "GUESTSTAR_BOOTSTRAP": guarded.guarded_address},
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
