"""The node that tests, benchmarks and `make kafka` share."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from broker.errors import KafkaUnavailable
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from kafka_node.node import FEATURES, PORTS, KafkaNode, free_ports, port_is_free
from tests.conftest import QUICK_KAFKA

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
def test_a_tool_of_kafka_s_answers_of_the_node_or_says_why_not(kafka: KafkaNode) -> None:
    assert "metadata.version" in kafka.tool(FEATURES, "describe")
    with pytest.raises(KafkaUnavailable, match="nonsense"):
        kafka.tool(FEATURES, "nonsense")


@pytest.mark.kafka
def test_a_version_that_nobody_has_is_named(kafka: KafkaNode, tmp_path: Path) -> None:
    assert kafka.pid > 0, "Maven is here, so that this test is about the version"
    with pytest.raises(KafkaUnavailable, match=r"could not bring the jars of Kafka 4\.0\.99: "):
        KafkaNode(folder=tmp_path, version="4.0.99").start()


@pytest.mark.kafka
def test_in_the_foreground_it_prints_its_address_and_stops_when_told(kafka: KafkaNode) -> None:
    assert kafka.pid > 0, "the jars are here, so that this test is about the command"
    command = [sys.executable, "-m", "kafka_node", "--port", str(free_ports(1)[0])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"Kafka answers at 127.0.0.1:{command[-1]}" in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.kafka
def test_a_port_in_use_is_refused(kafka: KafkaNode) -> None:
    with pytest.raises(KafkaUnavailable, match=f"port {kafka.port} is in use; stop who uses it"):
        KafkaNode(port=kafka.port).start()


@pytest.mark.kafka
def test_a_folder_on_which_another_runs_is_refused(kafka: KafkaNode) -> None:
    with pytest.raises(KafkaUnavailable, match=f"another Kafka runs on {kafka.folder}; stop it"):
        KafkaNode(folder=kafka.folder).start()
    assert KafkaAdmin(Connection(kafka.address)).answers()


@pytest.mark.kafka
def test_when_the_server_dies_so_does_the_command_and_another_goes_on_elsewhere(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    assert kafka.pid > 0, "the jars are here, so that this test is about the command"
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "kafka_node", "--port", str(port), "--folder", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        KafkaAdmin(Connection(f"127.0.0.1:{port}")).create([TopicSettings("kept")])
        (server,) = psutil.Process(process.pid).children()
        server.kill()
        assert process.wait(60) == 1
        assert "the server ended by itself (status -9); see " in process.stderr.read()
    with KafkaNode(folder=tmp_path, settings=QUICK_KAFKA) as again:
        assert again.port != port
        assert "kept" in KafkaAdmin(Connection(again.address)).partitions()
