"""The two Kafkas that the behaviour suite runs over: a real one, and the twin in memory."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from broker.clock import ManualClock, SystemClock
from broker.kafka import (
    Connection,
    KafkaAdmin,
    KafkaSink,
    KafkaSource,
    TopicSettings,
    control_topic,
)
from broker.kafka.connection import Start
from broker.memory import MemoryKafka, MemorySink, MemorySource
from broker.ports import Clock, Partition, Sink, Source
from tests.broker.building import PATIENCE_S, SESSION_S, TRANSACTION_S, WorkerSettings, build_worker
from tests.broker.elsewhere import twin_positions
from tests.broker.workers import LocalWorker, ProcessWorker, StoppableWorker, TwinWorker


class Cluster(Protocol):
    """A Kafka as the suite uses it. Names of topics are new in each test."""

    @property
    def clock(self) -> Clock:
        """Its time."""
        ...

    def name(self) -> str:
        """A name for a topic that does not exist."""
        ...

    def create(self, name: str, *, partitions: int = 1, bytes_max: int = 1_000_000) -> str:
        """Make the topic; its name."""
        ...

    def limit(self, topic: str, bytes_max: int) -> None:
        """Lower what a topic accepts."""
        ...

    def forget(self, topic: str, *, before: int) -> None:
        """Have partition 0 forget what is below that offset, as retention does."""
        ...

    def delete(self, topic: str) -> None:
        """Delete it."""
        ...

    def remake(self, topic: str, *, partitions: int = 1) -> None:
        """Delete the topic and make it anew in one breath."""
        ...

    def publish(self, topic: str, values: Sequence[bytes], *, partition: int = 0) -> None:
        """Write without a transaction."""
        ...

    def read(self, topic: str) -> list[bytes]:
        """What a read_committed reader finds now."""
        ...

    def writer(self, topic: str) -> Sink:
        """Somebody else's transactions, with the id taken."""
        ...

    def worker(
        self,
        topic: str,
        *,
        name: str = ...,
        outputs: Sequence[str] = ...,
        transaction_s: float = ...,
    ) -> LocalWorker:
        """A worker of the test's group, in this process, that reads the topic."""
        ...

    def process(
        self, topic: str, *, outputs: Sequence[str], name: str = ..., transaction_s: float = ...
    ) -> StoppableWorker:
        """The same, one that can be stopped and killed."""
        ...

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def add_partitions(self, topic: str, partitions: int) -> None:
        """Give the topic more, up to that many."""
        ...

    def source(self, topics: Sequence[str], *, group: str | None, start: Start) -> Source:
        """A member without a name of a group of that name, which is the test's; None: alone."""
        ...


class TwinCluster:
    """The twin in memory, its time moved by hand."""

    def __init__(self, *, elsewhere: bool = False) -> None:
        """`elsewhere`: workers keep their positions as where their group is another cluster's."""
        self._elsewhere = elsewhere
        self.clock = ManualClock()
        self._kafka = MemoryKafka(self.clock, session_s=SESSION_S)
        self._numbers = itertools.count()

    def name(self) -> str:
        return f"topic-{next(self._numbers)}"

    def create(self, name: str, *, partitions: int = 1, bytes_max: int = 1_000_000) -> str:
        self._kafka.create_topic(name, partitions=partitions, bytes_max=bytes_max)
        return name

    def limit(self, topic: str, bytes_max: int) -> None:
        self._kafka.limit(topic, bytes_max)

    def forget(self, topic: str, *, before: int) -> None:
        self._kafka.forget(Partition(topic, 0), before=before)

    def delete(self, topic: str) -> None:
        self._kafka.delete_topic(topic)

    def remake(self, topic: str, *, partitions: int = 1) -> None:
        self._kafka.remake_topic(topic, partitions=partitions)

    def publish(self, topic: str, values: Sequence[bytes], *, partition: int = 0) -> None:
        for value in values:
            self._kafka.publish(topic, value, partition=partition)

    def read(self, topic: str) -> list[bytes]:
        return [message.value for message in self._kafka.read(topic)]

    def writer(self, topic: str) -> Sink:
        sink = MemorySink(self._kafka, name=f"writer of {topic}")
        sink.rebuild()
        return sink

    def worker(
        self,
        topic: str,
        *,
        name: str = "one",
        outputs: Sequence[str] = (),
        transaction_s: float = TRANSACTION_S,
    ) -> LocalWorker:
        return self.process(topic, name=name, outputs=outputs, transaction_s=transaction_s)

    def process(
        self,
        topic: str,
        *,
        outputs: Sequence[str] = (),
        name: str = "one",
        transaction_s: float = TRANSACTION_S,
    ) -> TwinWorker:
        sink = MemorySink(self._kafka, name=f"g-{name}", transaction_s=transaction_s)
        positions = twin_positions(self._kafka, sink) if self._elsewhere else None
        source = MemorySource(
            self._kafka, group="g", topics=[topic], worker=name, positions=positions
        )
        return TwinWorker(source, sink, elsewhere=self._elsewhere)

    def rest(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._kafka.tick()

    def add_partitions(self, topic: str, partitions: int) -> None:
        self._kafka.add_partitions(topic, partitions)

    def source(self, topics: Sequence[str], *, group: str | None, start: Start) -> MemorySource:
        return MemorySource(self._kafka, group=group, topics=topics, start=start)


class RealCluster:
    """A real Kafka; groups and topics of a test are its own."""

    def __init__(self, bootstrap: str, *, elsewhere: bool = False) -> None:
        """`elsewhere`: workers keep their positions as where their group is another cluster's."""
        self.clock = SystemClock()
        self._bootstrap = bootstrap
        self._group = f"group-{uuid4().hex[:8]}"
        self._admin = KafkaAdmin(Connection(bootstrap))
        self._client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._producer = self._new_producer()
        self._opened: list[LocalWorker | ProcessWorker | KafkaSink] = []
        self._positions = f"{self._group}.positions" if elsewhere else ""
        if elsewhere:
            self._admin.create([control_topic(self._positions)])

    def name(self) -> str:
        return f"topic-{uuid4().hex[:8]}"

    def create(self, name: str, *, partitions: int = 1, bytes_max: int = 1_000_000) -> str:
        settings = {"max.message.bytes": str(bytes_max)}
        self._admin.create([TopicSettings(name, partitions, settings=settings)])
        return name

    def limit(self, topic: str, bytes_max: int) -> None:
        entry = ConfigEntry(
            "max.message.bytes",
            str(bytes_max),
            incremental_operation=AlterConfigOpType.SET,
        )
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        for future in self._client.incremental_alter_configs([resource]).values():
            future.result()

    def forget(self, topic: str, *, before: int) -> None:
        for future in self._client.delete_records([TopicPartition(topic, 0, before)]).values():
            future.result()

    def delete(self, topic: str) -> None:
        for future in self._client.delete_topics([topic]).values():
            future.result()

    def remake(self, topic: str, *, partitions: int = 1) -> None:
        self.delete(topic)
        self._admin.create([TopicSettings(topic, partitions)])
        # One that knew the old topic may write to it still, and take that for the new one.
        self._producer = self._new_producer()

    def publish(self, topic: str, values: Sequence[bytes], *, partition: int = 0) -> None:
        failed = list[KafkaError]()
        for value in values:
            self._producer.produce(
                topic,
                value=value,
                partition=partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
        assert self._producer.flush(30) == 0, "the real Kafka takes what is published"
        assert not failed, failed[0]

    def read(self, topic: str) -> list[bytes]:
        reader = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": "plain-reader",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 5,
                "enable.auto.commit": False,
            }
        )
        count = self._admin.partitions()[topic]
        reader.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in range(count)])
        values, left = [], count
        while left:
            message = reader.poll(10)
            assert message is not None, "the real Kafka answers a reader"
            error = message.error()
            left -= error is not None and error.code() == KafkaError._PARTITION_EOF
            if error is None:
                values.append(message.value() or b"")
        reader.close()
        return values

    def writer(self, topic: str) -> Sink:
        connection = Connection(self._bootstrap)
        sink = KafkaSink(connection, group=topic, worker="writer", topics=[topic])
        self._opened.append(sink)
        sink.rebuild()
        return sink

    def worker(
        self,
        topic: str,
        *,
        name: str = "one",
        outputs: Sequence[str] = (),
        transaction_s: float = TRANSACTION_S,
    ) -> LocalWorker:
        worker = build_worker(**self._settings(topic, outputs, name, transaction_s))
        self._opened.append(worker)
        return worker

    def process(
        self,
        topic: str,
        *,
        outputs: Sequence[str],
        name: str = "one",
        transaction_s: float = TRANSACTION_S,
    ) -> ProcessWorker:
        settings = self._settings(topic, outputs, name, transaction_s)
        worker = ProcessWorker(build_worker, **settings)
        self._opened.append(worker)
        return worker

    def rest(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def add_partitions(self, topic: str, partitions: int) -> None:
        more = NewPartitions(topic, partitions)
        for future in self._client.create_partitions([more]).values():
            future.result()
        while self._admin.partitions()[topic] < partitions:
            self.clock.sleep(0.05)
        self._producer = self._new_producer()  # the old one would learn of them in minutes

    def source(self, topics: Sequence[str], *, group: str | None, start: Start) -> KafkaSource:
        return KafkaSource(
            Connection(self._bootstrap, patience_s=PATIENCE_S),
            topics=topics,
            group=group and f"{self._group}-{group}",
            worker=None,
            start=start,
            session_timeout_ms=int(SESSION_S * 1e3),
        )

    def _new_producer(self) -> Producer:
        return Producer({"bootstrap.servers": self._bootstrap, "linger.ms": 0, "log_level": 0})

    def close(self) -> None:
        """End all that the test began."""
        for opened in self._opened:
            opened.close()

    def _settings(
        self, topic: str, outputs: Sequence[str], name: str, transaction_s: float
    ) -> WorkerSettings:
        return WorkerSettings(
            bootstrap=self._bootstrap,
            group=self._group,
            topic=topic,
            name=name,
            outputs=tuple(outputs),
            transaction_s=transaction_s,
            positions=self._positions,
        )
