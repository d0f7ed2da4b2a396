"""Members that were away from their group, or their group from them: an outage, or a long stall."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from broker.errors import MembershipOver
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, control_topic
from broker.kafka.connection import Start
from broker.ports import Message, Partition, Source
from kafka_node.node import KafkaNode
from tests.broker.behaviours import numbered
from tests.broker.building import SESSION_S
from tests.broker.clusters import RealCluster
from tests.broker.history_behaviours import arrive, gather, take
from tests.broker.member_behaviours import fault_of
from tests.broker.workers import LocalWorker
from tests.conftest import QUICK_KAFKA

pytestmark = pytest.mark.kafka

LONG_S = SESSION_S + 1.5
INTERVAL_MS = 4_000
STANDSTILL_S = 11.0
"""Beyond the 9 s after which Kafka no longer counts a server that it has not heard of."""
STANDSTILLS = 2
UNHEARD_S = 6.0


def killed(kafka: KafkaNode, meanwhile: Callable[[], object]) -> None:
    """The server is killed, and comes back with its data."""
    kafka.kill()
    try:
        meanwhile()
    finally:
        kafka.restart()


def stopped(kafka: KafkaNode, meanwhile: Callable[[], object]) -> None:
    """The server stands still for longer than a session."""
    os.kill(kafka.pid, signal.SIGSTOP)
    try:
        meanwhile()
    finally:
        os.kill(kafka.pid, signal.SIGCONT)


@pytest.mark.parametrize("outage", [killed, stopped])
@pytest.mark.parametrize("start", ["latest", "earliest"])
def test_a_reader_without_a_group_gets_each_message_once_over_an_outage(
    kafka: KafkaNode,
    cluster: RealCluster,
    start: Start,
    outage: Callable[[KafkaNode, Callable[[], object]], None],
) -> None:
    topic = cluster.create(cluster.name(), partitions=2)
    cluster.publish(topic, numbered(3, start=10))
    history = numbered(3, start=10) if start == "earliest" else []
    with closing(cluster.source([topic], group=None, start=start)) as source:
        if start == "latest":
            arrive(source, Partition(topic, 0), Partition(topic, 1))
        cluster.publish(topic, numbered(6, start=20), partition=1)
        before = [*history, *numbered(6, start=20)]
        assert gather([source], before) == before
        outage(kafka, partial(wait, source))
        cluster.publish(topic, numbered(3, start=30))
        assert gather([source], numbered(3, start=30)) == numbered(3, start=30)
        # Whatever the outage did to the group, a rebalance more changes nothing.
        cluster.add_partitions(topic, 3)
        cluster.publish(topic, numbered(3, start=40), partition=2)
        assert gather([source], numbered(3, start=40)) == numbered(3, start=40)


def wait(source: Source) -> None:
    """Longer than a session lasts, polling as a reader does."""
    until_s = time.monotonic() + LONG_S
    while time.monotonic() < until_s:
        assert take(source) == []


@pytest.mark.parametrize("sent", [False, True], ids=["before_offsets", "after_offsets"])
def test_a_worker_that_stalls_for_longer_than_its_group_waits_loses_and_doubles_nothing(
    cluster: RealCluster, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    monkeypatch.setattr("broker.kafka.connection.POLL_INTERVAL_MS_MAX", INTERVAL_MS)
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(10))
    worker = cluster.worker(topic, outputs=[output], transaction_s=60)
    worker.join()
    assert len(worker.poll(messages_max=5)) == 5
    worker.produce(output)
    if sent:
        worker.send()
    time.sleep(2 * INTERVAL_MS / 1e3)
    recovered(worker, *(() if sent else (worker.send,)), worker.commit)
    while len(cluster.read(output)) < 10:
        worker.step(output, 1)
    assert sorted(cluster.read(output)) == numbered(10)


def test_a_worker_that_is_its_own_successor_after_an_outage_is_not_its_namesake(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(5))
    worker = cluster.worker(topic, outputs=[output], transaction_s=60)
    assert len(worker.poll()) == 5
    worker.produce(output)
    # Its session ends while nobody counts it; then it enters with another member id.
    killed(kafka, partial(wait, worker.source))
    while not take(worker.source):
        pass
    with pytest.raises(MembershipOver) as fault:
        worker.send()
    recovered(worker, partial(worker.recover, fault.value))
    while len(cluster.read(output)) < 5:
        worker.step(output, 1)
    assert cluster.read(output) == numbered(5)


def test_a_name_that_nobody_bears_any_more_is_ours_again_after_a_session(
    cluster: RealCluster,
) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(5))
    worker = cluster.worker(topic, outputs=[output], transaction_s=60)
    assert len(worker.poll()) == 5
    with closing(cluster.worker(topic, outputs=[output])) as gone:
        gone.join()
    recovered(worker, partial(worker.produce, output), worker.send, worker.commit)
    while len(cluster.read(output)) < 5:
        worker.step(output, 1)
    assert cluster.read(output) == numbered(5)


def test_a_worker_that_stalls_while_another_takes_over_doubles_nothing(
    cluster: RealCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
    for number in range(2):
        cluster.publish(topic, numbered(5, start=10 * number + 10), partition=number)
    monkeypatch.setattr("broker.kafka.connection.POLL_INTERVAL_MS_MAX", INTERVAL_MS)
    stalls = cluster.worker(topic, name="stalls", outputs=[output], transaction_s=60)
    assert len(stalls.poll()) > 0
    other = cluster.worker(topic, name="other", outputs=[output])
    # A rebalance waits for who is at work, and no longer than the interval.
    while not other.source.positions():
        other.step(output, 0.2)
    stalls.produce(output)
    recovered(stalls, stalls.send, stalls.commit)
    cluster.publish(topic, numbered(5, start=30))
    expected = [each for start in (10, 20, 30) for each in numbered(5, start=start)]
    while len(cluster.read(output)) < len(expected):
        for worker in (stalls, other):
            worker.step(output, 0.2)
    assert sorted(cluster.read(output)) == expected


def recovered(worker: LocalWorker, *steps: Callable[[], None]) -> None:
    """What the engine's loop does with a batch that may not be committed."""
    fault = fault_of(*steps)
    while fault is not None:
        fault = fault_of(partial(worker.recover, fault))


@pytest.mark.timeout(400)
def test_all_clients_outlast_a_server_that_stood_still_until_it_forgot_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.kafka.publisher.UNHEARD_S_MAX", UNHEARD_S)
    with KafkaNode(settings=QUICK_KAFKA) as node:
        own = RealCluster(node.address)
        topic, output = own.create("t", partitions=2), own.create("out")
        KafkaAdmin(Connection(node.address)).create([control_topic("control")])
        own.publish(topic, numbered(2, start=10))
        with (
            closing(own.source([topic], group=None, start="earliest")) as alone,
            closing(own.source([topic], group="h", start="earliest")) as member,
            closing(KafkaControlTopic(Connection(node.address), "control")) as control,
            closing(own.worker(topic, outputs=[output])) as worker,
        ):
            both = sorted(numbered(2, start=10) * 2)
            assert gather([alone, member], both) == both
            copied(node.address, worker, output, 2)
            for number in range(STANDSTILLS):
                stopped(node, partial(time.sleep, STANDSTILL_S))
                sent = numbered(2, start=20 + 2 * number)
                RealCluster(node.address).publish(topic, sent)  # the first one may be lost, too
                assert set(gather([alone], sent)) == set(sent)
                assert set(gather([member], sent)) >= set(sent)
                copied(node.address, worker, output, 4 + 2 * number)
                with closing(KafkaControlTopic(Connection(node.address), "control")) as another:
                    another.write(b"k", str(number).encode())
                assert [each.value for each in read(control)] == [str(number).encode()]


def copied(address: str, worker: LocalWorker, output: str, count: int) -> None:
    """Let the worker go on until so many are there, and see that none is twice."""
    while len(set(RealCluster(address).read(output))) < count:
        worker.step(output, 1)
    assert len(RealCluster(address).read(output)) == count


def read(control: KafkaControlTopic) -> list[Message]:
    """What comes next."""
    while not (came := control.new()):
        time.sleep(0.1)
    return came
