"""Letters at a real Kafka: a schema bump and its cure, and replays that are killed."""

from __future__ import annotations

import base64
import json
import logging
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from typer.testing import CliRunner

from broker import assembly
from broker.assembly import worker
from broker.dead_letters import DeadLetter, Mark, read
from broker.kafka import Connection, KafkaFetcher
from broker.ports import Message, Partition
from broker.settings import read_settings
from classifiers.classifier import Scoring
from gueststar.command import app
from kafka_node.node import KafkaNode
from schemas.stage import Stage
from tests.broker.clusters import RealCluster
from tests.broker.test_assembly import Halves
from tests.gueststar.test_journey import RUN_S_MAX, command
from tests.schemas.golden import RUBIN_ID, rubin_packet, rubin_schema

pytestmark = pytest.mark.kafka

PATIENCE_S = 120.0
ALERTS = 40
LETTERS = 1_000
KILLS = 3
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "{name}"
[topics]
input = ["{name}.survey"]
prefix = "{name}."
[filters]
live = ""
[metrics]
port = 0
"""


class Broker:
    """One of a name of its own."""

    def __init__(self, address: str, folder: Path) -> None:
        self.name = f"b{uuid4().hex[:8]}"
        self.cluster = RealCluster(address)
        self.config = folder / "gueststar.toml"
        self.config.write_text(CONFIG.format(address=address, name=self.name))
        self.survey = self.cluster.create(f"{self.name}.survey")

    def topic(self, name: str) -> str:
        return f"{self.name}.{name}"

    def command(self, *words: str) -> list[str]:
        return ["dead-letters", *words, "--config", str(self.config)]

    def typed(self, *words: str) -> list[str]:
        """What a command prints."""
        ran = CliRunner().invoke(app, self.command(*words))
        assert ran.exit_code == 0, (ran.output, ran.exception)
        return ran.output.splitlines()

    @contextmanager
    def running(self) -> Iterator[None]:
        """A worker at its work, in a thread of its own."""
        with worker(read_settings(self.config), "one", version="test") as runner:
            thread = Thread(target=runner.run)
            thread.start()
            try:
                yield
            finally:
                runner.stop()
                thread.join(PATIENCE_S)

    def await_count(self, topic: str, count: int) -> None:
        wait_until(lambda: len(self.cluster.read(topic)) >= count)


@pytest.fixture
def broker(kafka: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Broker:
    def served(*_: object) -> tuple[Stage, ...]:
        return (Scoring(Halves()),)

    monkeypatch.setattr(assembly, "served", served)
    return Broker(kafka.address, tmp_path)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, "it never came to be"
        time.sleep(0.1)


def test_a_schema_bump_is_said_and_its_alerts_go_out_after_the_cure(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="gueststar.broker")
    packets = [rubin_packet(seed) for seed in range(ALERTS)]
    broker.cluster.publish(broker.survey, packets)
    with broker.running():
        broker.await_count(broker.topic("dead-letters"), ALERTS)
    (line, *_) = [each for each in caplog.messages if "dead letters" in each]
    assert f"schema id {RUBIN_ID}" in line

    (listed,) = broker.typed("list", "--reason", "unknown schema")
    assert listed.split("\t")[:4] == ["unknown schema", broker.survey, str(ALERTS), "0"]
    saved = tmp_path / "packet"
    shown = broker.typed("show", f"{broker.survey}-0-7", "--save", str(saved))
    assert f"from {broker.survey}/0 offset 7; the letter holds it" in shown
    assert saved.read_bytes() == packets[7]

    folder = tmp_path / "schemas" / str(RUBIN_ID // 100) / str(RUBIN_ID % 100)
    folder.mkdir(parents=True)
    (folder / "golden.alert.avsc").write_text(json.dumps(rubin_schema()))
    with broker.config.open("a") as config:
        config.write(f'[schemas]\nfolder = "{tmp_path / "schemas"}"\n')
    assert broker.typed("replay", "--dry-run") == [f"{ALERTS} letters would be sent again"]
    replayed = broker.topic("replayed")
    assert broker.typed("replay") == [f"{ALERTS} letters sent again to {replayed}"]
    assert broker.typed("replay")[0] == f"0 letters sent again to {replayed}"
    with broker.running():
        broker.await_count(broker.topic("enriched"), ALERTS)
    assert len(broker.cluster.read(broker.topic("enriched"))) == ALERTS
    ran = CliRunner().invoke(app, ["ledger", "--config", str(broker.config)])
    assert ran.output.splitlines()[-1] == "balances"
    sent = [json.loads(line)["sent_again"]["to"] for line in broker.typed("list", "--json")]
    assert sent == [replayed] * ALERTS


def written_letters(broker: Broker, rng: random.Random) -> list[bytes]:
    """Packets in the survey's topic, and their letters, of which some do not hold them."""
    packets = [b"%06d " % n + rng.randbytes(2_000) for n in range(LETTERS)]
    broker.cluster.publish(broker.survey, packets)
    letters = [
        DeadLetter("unknown schema", "schema id 1200", Message(broker.survey, 0, n, -1, None, each))
        for n, each in enumerate(packets)
    ]
    for name in ("dead-letters", "replayed"):
        broker.cluster.create(broker.topic(name), partitions=2)
    encoded = [each.encode(rng.choice((0, 100_000))) for each in letters]
    for partition in (0, 1):
        topic = broker.topic("dead-letters")
        broker.cluster.publish(topic, encoded[partition::2], partition=partition)
    return packets


def written(address: str, topic: str) -> int:
    """How many offsets a topic has, committed or not."""
    with closing(Consumer({"bootstrap.servers": address, "group.id": "watermarks"})) as client:
        ends = [client.get_watermark_offsets(TopicPartition(topic, n), timeout=10) for n in (0, 1)]
    return sum(end for _, end in ends)


def run_and_kill(command: Sequence[str], count: Callable[[], int], more: int) -> None:
    """Have a command run until it has written so many more, committed or not."""
    end = count() + more
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        wait_until(lambda: process.poll() is not None or count() >= end)
        process.kill()


@pytest.mark.parametrize("seed", [1])
def test_replays_that_are_killed_or_run_together_send_each_letter_once(
    kafka: KafkaNode, broker: Broker, seed: int
) -> None:
    rng = random.Random(seed)
    packets = written_letters(broker, rng)
    replay = command(*broker.command("replay"))
    replayed = broker.topic("replayed")
    for _ in range(KILLS):
        more = rng.randint(1, LETTERS // (2 * KILLS))
        run_and_kill(replay, lambda: written(kafka.address, replayed), more)
        assert max(Counter(broker.cluster.read(replayed)).values(), default=0) <= 1
    both = [subprocess.Popen(replay, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert 0 in [process.wait(RUN_S_MAX) for process in both]
    assert f"0 letters sent again to {replayed}" in broker.typed("replay")
    assert Counter(broker.cluster.read(replayed)) == Counter(packets)
    found = map(read, messages(broker.cluster.read(broker.topic("dead-letters"))))
    assert sum(isinstance(each, Mark) for each in found) == LETTERS


def messages(values: Sequence[bytes]) -> Iterator[Message]:
    return (Message("letters", 0, n, -1, None, value) for n, value in enumerate(values))


def test_single_messages_are_fetched_where_they_lie(kafka: KafkaNode, broker: Broker) -> None:
    packets = [base64.b64encode(b"%d" % n) for n in range(500)]
    broker.cluster.publish(broker.survey, packets)
    broker.cluster.forget(broker.survey, before=10)
    where = Partition(broker.survey, 0)
    with KafkaFetcher(Connection(kafka.address, patience_s=30)) as fetch:
        for offset in (10, 11, 40, 499, 12):
            found = fetch(where, offset)
            assert found is not None
            assert found.value == packets[offset]
        assert fetch(where, 9) is None
        assert fetch(where, 500) is None
        assert fetch(Partition(f"{broker.name}.none", 0), 3) is None
        found = fetch(where, 77)
        assert found is not None
        assert found.offset == 77


def test_nothing_is_sent_where_no_worker_would_read_it(broker: Broker) -> None:
    broker.cluster.create(broker.topic("dead-letters"))
    config = broker.config.read_text()
    ran = CliRunner().invoke(app, broker.command("replay"))
    assert "start a worker, which makes it, or name one with --to" in str(ran.exception)
    broker.cluster.create(broker.topic("replayed"))
    broker.config.write_text(config.replace("[topics]", 'start = "latest"\n[topics]'))
    ran = CliRunner().invoke(app, broker.command("replay"))
    assert "has never read" in str(ran.exception)
    with broker.running():
        wait_until(lambda: CliRunner().invoke(app, broker.command("replay")).exit_code == 0)
