"""The node that tests, benchmarks and `make kafka` share."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from broker.errors import KafkaUnavailable
from broker.kafka import Connection, KafkaAdmin
from broker.node import PORTS, KafkaNode, free_ports, port_is_free

ROOT = Path(__file__).resolve().parents[2]


def test_a_missing_java_or_maven_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(KafkaUnavailable, match="openjdk-17-jre-headless and maven"):
        KafkaNode().start()


@pytest.mark.kafka
def test_a_server_that_does_not_come_up_names_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kafka: KafkaNode
) -> None:
    assert kafka.pid > 0, "the jars are here, so that this test is about the server"
    for tool in ("java", "mvn"):
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(KafkaUnavailable, match=str(tmp_path / "server.log")):
        KafkaNode(folder=tmp_path).start()


def test_ports_are_free_and_out_of_the_way_of_outgoing_connections() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert set(ports) <= set(PORTS)
    assert max(PORTS) < 32_768


@pytest.mark.kafka
def test_a_running_node_holds_its_port(kafka: KafkaNode) -> None:
    assert not port_is_free(kafka.port)
    assert kafka.log_file.stat().st_size > 0
    assert KafkaAdmin(Connection(kafka.address)).answers()


@pytest.mark.kafka
def test_in_the_foreground_it_prints_its_address_and_stops_when_told(kafka: KafkaNode) -> None:
    assert kafka.pid > 0, "the jars are here, so that this test is about the command"
    command = [sys.executable, "-m", "broker.node", "--port", str(free_ports(1)[0])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"Kafka answers at 127.0.0.1:{command[-1]}" in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
