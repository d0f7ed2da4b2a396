"""The behaviour suite of control topics, over the twin in memory and over a real Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException

from broker.clock import ManualClock
from broker.errors import KafkaUnavailable, TopicMissing
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic, control_topic
from broker.memory import Fault, MemoryControlTopic, MemoryKafka, MemorySink
from broker.ports import ControlTopic, Sink
from kafka_node.node import KafkaNode, free_ports
from tests.broker.clusters import RealCluster
from tests.broker.control_topic_behaviours import ControlTopicBehaviours


class TwinControlTopics:
    """The twin's."""

    def __init__(self) -> None:
        self._kafka = MemoryKafka(ManualClock())
        self._numbers = count()

    def topic(self) -> str:
        name = f"control-{next(self._numbers)}"
        self._kafka.create_topic(name)
        return name

    def open(self, topic: str) -> ControlTopic:
        return MemoryControlTopic(self._kafka, topic)

    def writer(self, topic: str) -> Sink:
        sink = MemorySink(self._kafka, name=topic)
        sink.rebuild()
        return sink

    def rest(self) -> None:
        self._kafka.clock.sleep(0.1)


class RealControlTopics:
    """A real Kafka's."""

    def __init__(self, bootstrap: str) -> None:
        self._link = Connection(bootstrap, patience_s=30)
        self._cluster = RealCluster(bootstrap)
        self._opened: list[KafkaControlTopic] = []

    def topic(self) -> str:
        name = f"control-{uuid4().hex[:8]}"
        KafkaAdmin(self._link).create([control_topic(name)])
        return name

    def open(self, topic: str) -> ControlTopic:
        self._opened.append(KafkaControlTopic(self._link, topic))
        return self._opened[-1]

    def writer(self, topic: str) -> Sink:
        return self._cluster.writer(topic)

    def rest(self) -> None:
        self._cluster.rest(0.1)

    def close(self) -> None:
        """End all that the test began."""
        self._cluster.close()
        for control in self._opened:
            control.close()


class TestTwin(ControlTopicBehaviours):
    """The control topic in memory."""

    @pytest.fixture
    def controls(self) -> TwinControlTopics:
        """A twin's."""
        return TwinControlTopics()


@pytest.mark.kafka
class TestKafka(ControlTopicBehaviours):
    """The control topic of a real Kafka."""

    @pytest.fixture
    def controls(self, kafka: KafkaNode) -> Iterator[RealControlTopics]:
        """A real Kafka's."""
        controls = RealControlTopics(kafka.address)
        yield controls
        controls.close()


def test_a_kafka_that_is_not_there_is_named_after_the_patience() -> None:
    (port,) = free_ports(1)
    control = KafkaControlTopic(Connection(f"127.0.0.1:{port}", patience_s=0.1), "control")
    with pytest.raises(KafkaUnavailable, match=f"127.0.0.1:{port}"):
        control.present()
    assert control.new() == []
    control.close()


def test_a_fault_of_the_twin_loses_no_record() -> None:
    faults = [Fault(at="poll", nth=1, error=KafkaUnavailable)]
    kafka = MemoryKafka(ManualClock(), faults=faults)
    kafka.create_topic("control")
    control = MemoryControlTopic(kafka, "control")
    control.write(b"key", b"value")
    with pytest.raises(KafkaUnavailable):
        control.new()
    assert [message.value for message in control.new()] == [b"value"]


class Restarted:
    """The client of a Kafka that knows none of its topics for so many questions."""

    def __init__(self) -> None:
        self.forgets = 0

    def get_watermark_offsets(self, _: object, __: float) -> tuple[int, int]:
        if self.forgets > 0:
            self.forgets -= 1
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        return 0, 0

    def consume(self, _: int, __: float) -> list[object]:
        return []

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("patience_s", [30.0, 0.2])
def test_a_topic_that_was_there_is_awaited_and_one_that_never_was_is_missing(
    monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    link = Connection(f"localhost:{free_ports(1)[0]}", patience_s=patience_s)
    with closing(KafkaControlTopic(link, "positions")) as control:
        restarted = Restarted()
        monkeypatch.setattr(control, "_consumer", restarted)
        restarted.forgets = 1
        with pytest.raises(TopicMissing, match="'positions' does not exist"):
            control.present()
        assert control.present() == []
        restarted.forgets = 5
        if patience_s > 1:
            assert control.present() == []
        else:
            with pytest.raises((TopicMissing, KafkaUnavailable)):
                control.present()
