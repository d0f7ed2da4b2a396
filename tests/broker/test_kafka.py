"""The behaviour suite over a real Kafka, and what only a real one can do."""

from __future__ import annotations

import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event

import pytest

from broker.errors import KafkaUnavailable, OutputTooLarge, SettingsError
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, KafkaSink, KafkaSource
from broker.ports import Output, Partition
from broker.publishing import PublishingThread
from kafka_node.node import KafkaNode, free_ports
from schemas.errors import BrokerError
from tests.broker.behaviours import PublishingBehaviours, ReadingBehaviours, numbered, values
from tests.broker.building import SESSION_S
from tests.broker.clusters import RealCluster
from tests.broker.history_behaviours import HistoryBehaviours
from tests.broker.life_behaviours import LifeBehaviours, exactly
from tests.broker.member_behaviours import (
    MemberBehaviours,
    NamesakeBehaviours,
    ZombieBehaviours,
    fault_of,
)
from tests.broker.workers import LocalWorker
from tests.chaos.proof import raw_messages

pytestmark = pytest.mark.kafka


class TestReading(ReadingBehaviours):
    """What a poll of the real Kafka brings."""


class TestPublishing(PublishingBehaviours):
    """What a transaction of the real Kafka holds."""


class TestLives(LifeBehaviours):
    """Topics of the real Kafka that are deleted and made anew."""


class TestMembers(MemberBehaviours):
    """Groups of the real Kafka."""


class TestNamesakes(NamesakeBehaviours):
    """Two processes with one name on the real Kafka."""


class TestHistory(HistoryBehaviours):
    """What was there and what appears later, on the real Kafka."""


class TestZombies(ZombieBehaviours):
    """Stopped processes on the real Kafka."""


def test_the_start_setting_places_a_new_group(kafka: KafkaNode, cluster: RealCluster) -> None:
    topic = cluster.create(cluster.name())
    cluster.publish(topic, numbered(5))
    connection = Connection(kafka.address)
    with closing(
        KafkaSource(connection, topics=[topic], group=topic, worker="one", start="latest")
    ) as source:
        assert source.poll(messages_max=10, bytes_max=10_000, timeout_s=0.5) == []
        assert source.starts() == {Partition(topic, 0): 5}
    # It published nothing, but what came after its start is not skipped by the next start.
    cluster.publish(topic, numbered(2, start=5))
    with closing(
        KafkaSource(connection, topics=[topic], group=topic, worker="one", start="latest")
    ) as source:
        messages = source.poll(messages_max=10, bytes_max=10_000, timeout_s=10)
        assert values(messages) == numbered(2, start=5)


def test_an_empty_value_is_a_deletion_that_compaction_ends(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name())
    with closing(
        KafkaSink(Connection(kafka.address), group=topic, worker="one", topics=[topic])
    ) as sink:
        sink.rebuild()
        sink.begin()
        sink.produce([Output(topic, b"key", b"")])
        sink.commit()
    (message,) = raw_messages(kafka.address, topic)
    assert message.value() is None


def test_what_is_published_is_committed_before_its_partitions_are_given_back(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic, output = cluster.create(cluster.name(), partitions=2), cluster.create(cluster.name())
    cluster.publish(topic, numbered(10))
    connection, beside, asked = Connection(kafka.address), PublishingThread(30.0), Event()

    def release() -> None:
        asked.set()
        beside.wait()

    member = partial(KafkaSource, connection, topics=[topic], group=topic)
    sink = KafkaSink(connection, group=topic, worker="one", topics=[output])
    with closing(member(worker="one", before_release=release)) as one, closing(sink):
        sink.rebuild()
        polled = poll(one, 10)
        group, ends = one.group(), one.positions()

        def step() -> float:
            """Only once the partitions are asked for does it go on."""
            sink.begin()
            sink.produce([Output(output, None, each) for each in polled])
            assert asked.wait(30.0)
            sink.send_offsets(ends, group)
            sink.commit()
            return 0.0

        pending, again = beside.submit(step), list[bytes]()
        with closing(member(worker="two")) as two:
            while not (two.positions() and one.positions()):
                again += [*poll(one, 0), *poll(two, 0)]
            assert pending.done() and pending.result() == 0.0
            cluster.publish(topic, [b"next"])
            while not again:
                again += [*poll(one, 0), *poll(two, 0)]
    assert (again, cluster.read(output)) == ([b"next"], numbered(10))


def poll(source: KafkaSource, count: int) -> list[bytes]:
    """So many messages, or what a short poll brings."""
    found: list[bytes] = []
    while not found or len(found) < count:
        found += values(source.poll(messages_max=10, bytes_max=10_000, timeout_s=0.1))
        if not count:
            break
    return found


def test_a_transaction_that_hangs_over_a_groups_offsets_is_told_of(
    kafka: KafkaNode,
    cluster: RealCluster,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.kafka.placement.UNKNOWN_S_MAX", 0.5)
    topic = cluster.create(cluster.name())
    cluster.publish(topic, numbered(1))
    connection = Connection(kafka.address)
    sink = KafkaSink(
        connection, group=topic, worker="gone", topics=[], transaction_timeout_ms=600_000
    )
    member = partial(KafkaSource, connection, topics=[topic], group=topic, worker="one")
    with closing(sink):
        with closing(member()) as source:
            assert source.poll(messages_max=1, bytes_max=10_000, timeout_s=10)
            sink.rebuild()
            sink.begin()
            sink.send_offsets(source.positions(), source.group())
        with closing(member()) as source:
            while "kafka-transactions.sh" not in caplog.text:
                assert not source.poll(messages_max=1, bytes_max=10_000, timeout_s=0.5)
            assert f"nothing is read of {topic}[0]" in caplog.text
            sink.abort()
            assert source.poll(messages_max=1, bytes_max=10_000, timeout_s=10)


def test_at_least_once_commits_after_delivery(kafka: KafkaNode, cluster: RealCluster) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(5))
    connection = Connection(kafka.address)
    sink = AtLeastOnceSink(connection, topics=[output])
    source = KafkaSource(connection, topics=[topic], group=topic, worker="one")
    with closing(source), closing(sink):
        worker = LocalWorker(source, sink)
        worker.join()
        worker.poll(messages_max=3)
        worker.produce(output)
        worker.send()
        sink.abort()
        assert source.committed() == {Partition(topic, 0): 0}
        source.seek(source.starts())
        published = 0
        while published < 5:
            published += worker.step(output, 10)
        assert source.committed() == {Partition(topic, 0): 5}
        assert set(cluster.read(output)) == set(numbered(5))


def test_at_least_once_names_a_topic_that_takes_less(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name())
    with closing(AtLeastOnceSink(Connection(kafka.address), topics=[topic])) as sink:
        sink.rebuild()
        assert sink.bytes_max(topic) > 500_000
        cluster.limit(topic, 20_000)
        sink.begin()
        sink.produce([Output(topic, None, bytes(50_000))])
        with pytest.raises(OutputTooLarge, match=topic):
            sink.commit()
        sink.abort()
        assert sink.bytes_max(topic) < 20_000


def test_a_group_setting_that_kafka_refuses_is_named(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic = cluster.create(cluster.name())
    source = KafkaSource(
        Connection(kafka.address), topics=[topic], group="g", worker="one", session_timeout_ms=100
    )
    with closing(source), pytest.raises(BrokerError, match="session_timeout_ms"):
        source.join()


def test_a_setting_that_the_client_refuses_is_named() -> None:
    connection = Connection("127.0.0.1:1", security={"security.protocol": "by post"})
    with pytest.raises(SettingsError, match=r"security\.protocol"):
        KafkaAdmin(connection)


def test_a_kafka_that_is_not_there_is_named_after_the_patience() -> None:
    (port,) = free_ports(1)
    connection = Connection(f"127.0.0.1:{port}", patience_s=0.5)
    with pytest.raises(KafkaUnavailable, match=f"127.0.0.1:{port} for 0 s"):
        KafkaAdmin(connection).wait()
    source = KafkaSource(connection, topics=["t"], group="g", worker="one")
    with closing(source), pytest.raises(KafkaUnavailable, match="start it"):
        source.join()


def test_a_killed_kafka_comes_back_and_loses_nothing(
    kafka: KafkaNode, cluster: RealCluster, caplog: pytest.LogCaptureFixture
) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(10))
    worker = cluster.worker(topic, outputs=[output], transaction_s=60)
    worker.join()
    worker.poll(messages_max=5)
    worker.produce(output)
    worker.send()
    with caplog.at_level(logging.WARNING, logger="gueststar.kafka"):
        kafka.kill()
        with ThreadPoolExecutor() as pool:
            restart = pool.submit(kafka.restart)
            fault = fault_of(worker.commit)
            restart.result()
        while fault is not None:
            fault = fault_of(partial(worker.recover, fault))
        while len(cluster.read(output)) < 10:
            worker.step(output, 1)
    assert sorted(cluster.read(output)) == numbered(10)
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if "no answer" in line] == said[:1]
    assert [line for line in said if "answers again" in line] == said[1:]


def test_a_session_that_ended_in_an_outage_is_not_taken_for_a_namesake(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    cluster.publish(topic, numbered(10))
    worker = cluster.worker(topic, outputs=[output])
    worker.join()
    worker.poll(messages_max=5)
    worker.produce(output)
    worker.send()
    # The server stands still while the worker is held up in its commit, and polls nothing.
    os.kill(kafka.pid, signal.SIGSTOP)
    cluster.rest(SESSION_S + 1.5)
    os.kill(kafka.pid, signal.SIGCONT)
    fault = fault_of(worker.commit)
    while fault is not None:
        fault = fault_of(partial(worker.recover, fault))
    while len(cluster.read(output)) < 10:
        worker.step(output, 1)
    assert sorted(cluster.read(output)) == numbered(10)


def test_a_topic_made_anew_is_read_though_its_leaders_terms_begin_anew(
    kafka: KafkaNode, cluster: RealCluster
) -> None:
    topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
    worker = cluster.worker(topic, outputs=[output], transaction_s=60)
    worker.join()
    kafka.kill()
    kafka.restart()
    # The client knows a leader of a later term now than the new topic's, which would be its first.
    cluster.publish(topic, numbered(3))
    exactly(cluster, worker, output, numbered(3))
    cluster.remake(topic)
    cluster.publish(topic, numbered(7, start=3))
    exactly(cluster, worker, output, numbered(10))
