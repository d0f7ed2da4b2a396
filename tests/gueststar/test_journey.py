"""Every command once, as a user types it, against a real Kafka: replay, run, subscribe, ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fastavro
import pytest

from gueststar import subscribe_batches
from kafka_node.node import KafkaNode

pytestmark = pytest.mark.kafka

RUN_S_MAX = 120
CONFIG = """
[kafka]
bootstrap = "{address}"
[topics]
input = ["journey"]
[filters]
builtin = ["solar_system"]
[metrics]
port = 0
"""


def command(*arguments: str) -> list[str]:
    """What a shell would start."""
    return [sys.executable, "-c", "from gueststar.command import main; main()", *arguments]


def gueststar(kafka: KafkaNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        env={**os.environ, "GUESTSTAR_BOOTSTRAP": kafka.address},
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )


@pytest.fixture(scope="module")
def config(kafka: KafkaNode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A worker's configuration."""
    path = tmp_path_factory.mktemp("journey") / "broker.toml"
    path.write_text(CONFIG.format(address=kafka.address))
    return path


@pytest.fixture(scope="module")
def sent(kafka: KafkaNode, packets: list[bytes], config: Path) -> str:
    """What `replay` said of sending the packets and a broken one."""
    night = config.parent / "night"
    night.mkdir()
    for number, packet in enumerate([*packets, packets[0][:20_000]]):
        (night / f"{number}.avro").write_bytes(packet)
    ran = gueststar(kafka, "replay", str(night), "--to", "journey", "--rate", "1000")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def log(kafka: KafkaNode, sent: str, config: Path) -> Iterator[Path]:
    """The log of a worker that ran until the ledger had counted everything."""
    path = config.parent / "worker.log"
    with path.open("w") as file:
        worker = subprocess.Popen(
            command("run", str(config), "--worker", "one"), stdout=file, stderr=file
        )
        deadline_s = time.monotonic() + RUN_S_MAX
        while "7 alerts consumed" not in gueststar(kafka, "ledger").stdout:
            assert worker.poll() is None, path.read_text()
            assert time.monotonic() < deadline_s, path.read_text()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(RUN_S_MAX) == 0, path.read_text()
    yield path


def test_a_folder_of_packets_is_sent(sent: str, packets: list[bytes]) -> None:
    assert "created topic journey" in sent
    assert f"sent {len(packets) + 1} packets" in sent


def test_a_worker_stops_when_told_and_says_nothing_alarming(log: Path) -> None:
    assert "Traceback" not in log.read_text()
    assert "metrics at http" in log.read_text()


def test_the_ledger_balances(kafka: KafkaNode, log: Path) -> None:
    ran = gueststar(kafka, "ledger")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[-1] == "balances"
    assert "6 published, 1 dead" in ran.stdout


def test_a_subscriber_gets_each_alert_as_a_line_of_json(
    kafka: KafkaNode, log: Path, packets: list[bytes]
) -> None:
    arguments = ("gueststar.enriched", "--from-start", "--json", "--limit", str(len(packets)))
    ran = gueststar(kafka, "subscribe", *arguments)
    assert ran.returncode == 0, ran.stderr
    alerts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len({alert["alert_id"] for alert in alerts}) == len(packets)
    assert all(0 <= alert["scores"]["realbogus"]["real"] <= 1 for alert in alerts)


def test_a_group_saves_packets_and_goes_back_to_save_the_rest(
    kafka: KafkaNode, log: Path, packets: list[bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    arguments = ("gueststar.enriched", "--group", "keeper", "--save", str(folder), "--limit")
    first = gueststar(kafka, "subscribe", *arguments, "2", "--from-start")
    assert first.returncode == 0, first.stderr
    assert len(list(folder.iterdir())) == 2
    again = gueststar(kafka, "subscribe", *arguments, str(len(packets)), "--start", "1h")
    assert again.returncode == 0, again.stderr
    kept = sorted(folder.iterdir())
    assert len(kept) == len(packets)
    for path in kept:
        with path.open("rb") as file:
            (record,) = fastavro.reader(file)
        assert path.name == f"{record['objectId']}_{record['candid']}.avro"
        assert 0 <= record["gueststar"]["scores"]["realbogus"]["real"] <= 1


def test_a_script_gets_batches_from_an_offset_on(
    kafka: KafkaNode, log: Path, packets: list[bytes]
) -> None:
    reading = subscribe_batches("gueststar.enriched", bootstrap=kafka.address, start={0: 0})
    alerts: list[int] = []
    while len(alerts) < len(packets):
        batch = next(reading)
        assert (batch.score("realbogus", "real") >= 0).all()
        alerts += batch.alert_id.tolist()
    reading.close()
    assert len(set(alerts)) == len(packets)


def test_a_start_that_is_none_is_one_line(kafka: KafkaNode) -> None:
    ran = gueststar(kafka, "subscribe", "gueststar.enriched", "--start", "yesterday")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    assert "'yesterday' is none of" in ran.stderr


def test_a_configuration_is_checked_and_its_graph_shown(
    kafka: KafkaNode, log: Path, config: Path
) -> None:
    ran = gueststar(kafka, "check", str(config))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "score with realbogus" in ran.stdout
    assert "solar-system: filter solar_system, full records" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "ready to run"


def test_a_ledger_that_is_not_there_is_one_line(kafka: KafkaNode) -> None:
    ran = gueststar(kafka, "ledger", "--topic", "no-such-ledger")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    assert "no-such-ledger" in ran.stderr
