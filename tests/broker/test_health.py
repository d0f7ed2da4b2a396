"""Whether a worker is healthy and ready: a loop that hangs, a Kafka that is away, systemd told."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from broker.assembly import worker
from broker.clock import ManualClock
from broker.errors import TransactionAborted
from broker.health import GIVEN_UP_S, HUNG_S, WATCHDOG_S, Health, notified
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.metrics import Metrics
from broker.observer import Phase
from broker.service_settings import MetricsSection
from broker.settings import ClassifiersSection, FiltersSection, Settings
from kafka_node.node import KafkaNode
from replay.invention import invent
from tests.broker.clusters import RealCluster
from tests.broker.test_metrics import free_port, report_of
from tests.conftest import require_kafka
from tests.running import running, until

HANGING = """
import time
from pathlib import Path

from filters.selection import selection


@selection(topic="hanging")
def hanging(alerts):
    while Path({stays!r}).exists():
        time.sleep(0.02)
    yield "none", alerts.alert_id < 0
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def health(clock: ManualClock, told: list[str]) -> Health:
    return Health(clock, told.append)


def test_a_loop_that_stands_still_for_longer_than_its_bound_is_not_healthy(
    health: Health, clock: ManualClock
) -> None:
    health.on_phase(Phase.SCORING)
    clock.advance(HUNG_S)
    assert health.fault == ""
    clock.advance(1)
    assert health.fault == "the loop has not turned for 121 s, last scoring"
    assert health.refusal == health.fault
    health.on_phase(Phase.POLLING)
    assert (health.fault, health.refusal) == ("", "")


def test_who_has_not_joined_or_has_left_is_not_ready(health: Health) -> None:
    assert health.refusal == "it has not joined its group: joining"
    health.on_phase(Phase.POLLING)
    assert health.refusal == ""
    health.on_phase(Phase.STOPPED)
    assert health.refusal == "it has not joined its group: stopped"
    assert health.fault == ""


def test_who_has_no_answer_of_kafka_is_healthy_and_not_ready(health: Health) -> None:
    health.on_phase(Phase.POLLING)
    health.answers = lambda: False
    assert (health.fault, health.refusal) == ("", "Kafka gives no answer")


@pytest.mark.parametrize("cure", ["a commit", "time"])
def test_who_gave_a_transaction_up_is_not_ready_for_a_while(
    health: Health, clock: ManualClock, cure: str
) -> None:
    health.on_phase(Phase.POLLING)
    health.on_abort(TransactionAborted("fenced"), Phase.COMMITTING)
    assert health.refusal == "a transaction was given up: fenced"
    if cure == "time":
        clock.advance(GIVEN_UP_S)
    else:
        health.on_batch(report_of(None))
    assert health.refusal == ""


def test_systemd_is_told_once_that_it_is_ready_and_once_a_second_that_the_loop_turns(
    health: Health, clock: ManualClock, told: list[str]
) -> None:
    health.on_phase(Phase.JOINING)
    for _ in range(20):
        clock.advance(0.25)
        health.on_phase(Phase.POLLING)
    assert told.count("READY=1") == 1
    assert told.count("WATCHDOG=1") == 1 + 5


@pytest.mark.parametrize("is_abstract", [True, False])
def test_systemd_hears_it_by_its_socket_and_nobody_minds_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_abstract: bool
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notified("READY=1")
    name = f"@gueststar-{tmp_path.name}" if is_abstract else str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    notified("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0"))
        systemd.settimeout(10)
        notified("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What stands for it: where it listens to who it started."""
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.setblocking(False)
        yield listening


def heard(systemd: socket.socket) -> list[str]:
    """What it was told since."""
    found = []
    while True:
        try:
            found.append(systemd.recv(100).decode())
        except BlockingIOError:
            return found


class Pages(NamedTuple):
    """The pages of health at an address."""

    port: int

    def says(self, page: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/-/{page}", timeout=10) as answer:
                return answer.status, answer.read().decode().strip()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode().strip()
        except OSError:
            return 0, "nobody is there"


def test_both_are_pages_beside_the_metrics(clock: ManualClock) -> None:
    metrics = Metrics(worker="one", version="1", clock=clock)
    with closing(metrics.serve("127.0.0.1", 0)) as server:
        pages = Pages(server.port)
        assert pages.says("healthy") == (200, "healthy")
        assert pages.says("ready") == (503, "it has not joined its group: joining")
        assert "gueststar_ready 0.0" in metrics.text()
        metrics.on_phase(Phase.POLLING)
        assert pages.says("ready") == (200, "ready")
        assert "gueststar_ready 1.0" in metrics.text()
        clock.advance(HUNG_S + 1)
        assert pages.says("healthy")[0] == 503
        with urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
            assert "gueststar_build_info" in answer.read().decode()


class Working(NamedTuple):
    """A worker at a real Kafka, and what its pages say."""

    cluster: RealCluster
    settings: Settings
    pages: Pages

    def send(self, alerts: int, seed: int) -> None:
        packets = [one.packet for one in invent(alerts, seed=seed)]
        self.cluster.publish(self.settings.topics.input[0], packets)

    def published(self, alerts: int) -> Callable[[], bool]:
        return lambda: len(self.cluster.read(self.settings.topics.enriched)) == alerts

    def answers(self, page: str, status: int) -> Callable[[], bool]:
        return lambda: self.pages.says(page)[0] == status


@contextmanager
def working(kafka: KafkaNode, folder: Path, patience_s: float, hung_s: float) -> Iterator[Working]:
    """A worker with a filter that hangs as long as `folder/hang` is there."""
    cluster, filters = RealCluster(kafka.address), folder / "hanging.py"
    filters.write_text(HANGING.format(stays=str(folder / "hang")))
    name = cluster.create(cluster.name())
    settings = Settings(
        TopicsSection(input=(name,), prefix=f"{name}."),
        KafkaSection(kafka.address, group=name, patience_s=patience_s),
        filters=FiltersSection(files=(filters,)),
        classifiers=ClassifiersSection(()),
        metrics=MetricsSection(port=free_port(), hung_s=hung_s),
    )
    with worker(settings, "one", version="test") as runner, running(runner):
        one = Working(cluster, settings, Pages(settings.metrics.port))
        until(one.answers("ready", 200))
        yield one


@pytest.mark.kafka
def test_a_worker_whose_filter_hangs_says_so_and_is_well_once_it_does_not(
    kafka: KafkaNode, tmp_path: Path, systemd: socket.socket
) -> None:
    with working(kafka, tmp_path, patience_s=20, hung_s=0.5) as one:
        assert "READY=1" in heard(systemd)
        assert one.pages.says("healthy") == (200, "healthy")
        (tmp_path / "hang").touch()
        one.send(5, seed=1)
        until(one.answers("healthy", 503))
        assert one.pages.says("ready")[1].startswith("the loop has not turned for ")
        heard(systemd)
        time.sleep(2 * WATCHDOG_S)
        assert heard(systemd) == []
        (tmp_path / "hang").unlink()
        until(one.answers("ready", 200))
        until(one.published(5))
        until(lambda: "WATCHDOG=1" in heard(systemd))


@pytest.mark.kafka
def test_a_worker_whose_kafka_is_away_is_healthy_and_not_ready_until_it_is_back(
    tmp_path: Path,
) -> None:
    require_kafka()
    with KafkaNode() as kafka, working(kafka, tmp_path, patience_s=120, hung_s=60) as one:
        one.send(5, seed=1)
        until(one.published(5))
        kafka.kill()
        until(one.answers("ready", 503))
        assert one.pages.says("ready") == (503, "Kafka gives no answer")
        assert one.pages.says("healthy") == (200, "healthy")
        kafka.restart()
        until(one.answers("ready", 200))
        one.send(5, seed=2)
        until(one.published(10))
