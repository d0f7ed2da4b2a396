"""A filter deployed while a worker runs at a real Kafka: how soon it selects."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import fastavro
import pytest
from typer.testing import CliRunner

from broker import assembly
from broker.assembly import worker
from broker.kafka import KafkaAdmin, KafkaSource, TopicSettings
from broker.kafka.connection import Connection
from broker.settings import Settings, read_settings
from classifiers.classifier import Scoring
from gueststar.command import app
from gueststar.filtering.deployment import deploy, load
from gueststar.filtering.place import place_of
from gueststar.subscription import reader
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.stage import Stage
from tests.broker.clusters import RealCluster
from tests.broker.test_assembly import Halves
from tests.running import running as running_job
from tests.running import until

pytestmark = pytest.mark.kafka

SOON_S_MAX = 30.0
"""Five seconds are promised of a machine that has nothing else to do; tests share theirs."""

PATIENCE_S = 60.0
ALERTS_A_SECOND = 20
CONFIG = """
[kafka]
bootstrap = "{address}"
group = "deployed"
[topics]
input = ["deployed-survey"]
enriched = "live.enriched"
dead_letters = "live.dead-letters"
ledger = "live.ledger"
[filters]
live = "live.filters"
topic_prefix = "live.filter."
[metrics]
port = 0
"""


@pytest.fixture
def config(kafka: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def served(*_: object) -> tuple[Stage, ...]:
        return (Scoring(Halves()),)

    monkeypatch.setattr(assembly, "served", served)
    path = tmp_path / "gueststar.toml"
    path.write_text(CONFIG.format(address=kafka.address))
    KafkaAdmin(Connection(kafka.address)).create([TopicSettings("deployed-survey")])
    return path


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """A worker at its work, in a thread of its own."""
    with worker(settings, "one", version="test") as runner, running_job(runner):
        yield


@contextmanager
def sending(cluster: RealCluster) -> Iterator[None]:
    """A survey that sends some alerts a second."""
    stop = Event()

    def send() -> None:
        for one in invent(10_000, seed=6):
            if stop.wait(1 / ALERTS_A_SECOND):
                return
            cluster.publish("deployed-survey", [one.packet])

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)


def read(packet: bytes) -> dict[str, Any]:
    record: dict[str, Any]
    (record,) = fastavro.reader(io.BytesIO(packet))
    return record


def at_work(cluster: RealCluster) -> None:
    """Return once the worker publishes what the survey sends."""
    before = len(cluster.read("live.enriched"))
    until(lambda: len(cluster.read("live.enriched")) > before, limit_s=PATIENCE_S)


def first_selected(source: KafkaSource, version: str) -> dict[str, Any]:
    """What the first alert that a version selected says of it, once it was read."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        messages = source.poll(messages_max=100, bytes_max=10_000_000, timeout_s=0.5)
        # The newest alone, for reading one with its schema takes longer than selecting it.
        for message in messages[-1:]:
            found.extend(read(message.value)["gueststar"]["selected_by"])
        return bool(messages) and found[-1]["version"] == version

    until(look, limit_s=PATIENCE_S)
    return found[-1]


def test_a_filter_deployed_while_a_worker_runs_selects_within_seconds(
    kafka: KafkaNode, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, place = RealCluster(kafka.address), place_of(config, None)
    file, took_s = tmp_path / "real-ones.filter", list[float]()
    place.provide_output("live.filter.real-ones")
    source = reader(Connection(kafka.address), "live.filter.real-ones", start="earliest")
    with closing(source), running(read_settings(config)), sending(cluster):
        source.join()
        at_work(cluster)
        for version, least in (("1", 0.5), ("2", 0.9)):
            file.write_text(f'real: score("realbogus", "real") > {least}\n')
            wanted = load(file)
            with place.opened() as control:
                deploy(
                    wanted,
                    control,
                    place_of=partial(place.topic, asked="own"),
                    by="ada@observatory",
                    provide=place.provide_output,
                    word_s=0,
                )
            began_s = time.monotonic()
            by = first_selected(source, version)
            took_s.append(time.monotonic() - began_s)
            assert (by["filter"], by["sha256"]) == ("real-ones", wanted.sha256)
        with capsys.disabled():
            print(f"\nfirst alert selected after {took_s[0]:.2f} s, {took_s[1]:.2f} s")  # noqa: T201
        assert max(took_s) < SOON_S_MAX


def test_what_a_worker_cannot_ask_is_told_to_who_deploys_it(
    kafka: KafkaNode, config: Path, tmp_path: Path
) -> None:
    file = tmp_path / "moc.filter"
    file.write_text('moc: in_region("nowhere")\n')
    cluster = RealCluster(kafka.address)
    with running(read_settings(config)), sending(cluster):
        at_work(cluster)
        command = ["filter", "deploy", str(file), "--force", "--config", str(config)]
        ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 1
    assert "moc version 1 was paused by worker one" in ran.output
    assert "there is no region 'nowhere'" in ran.output


def test_the_commands_as_a_user_types_them(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "typed.filter"
    file.write_text("bright: magnitude < 18\n")
    assert "deployed; see what it selects" in typed(config, "deploy", str(file), "--force")
    assert "live already" in typed(config, "deploy", str(file), "--force")
    assert typed(config, "pause", "typed", "--reason", "enough") == "typed version 1 is paused\n"
    assert "typed\t1\tpaused\tgueststar.selected.lite\tlite\tnone" in typed(config, "list")
    assert "enough" in typed(config, "history", "typed")
    assert typed(config, "resume", "typed") == "typed version 1 is live\n"
    assert typed(config, "remove", "typed") == "typed version 1 is removed\n"
    assert "typed" not in typed(config, "list")
    assert "typed" in typed(config, "list", "--all")


def typed(config: Path, *arguments: str) -> str:
    """A command's output, as a user types it."""
    ran = CliRunner().invoke(app, ["filter", *arguments, "--config", str(config)])
    assert ran.exit_code == 0, ran.output
    return ran.output
