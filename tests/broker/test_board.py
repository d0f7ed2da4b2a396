"""The behaviour suite of boards, over the twin in memory and over a real Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import pytest

from broker.clock import ManualClock
from broker.errors import KafkaUnavailable
from broker.kafka import Connection, KafkaAdmin, KafkaBoard, board_topic
from broker.memory import Fault, MemoryBoard, MemoryKafka, MemorySink
from broker.node import KafkaNode, free_ports
from broker.ports import Board, Sink
from tests.broker.board_behaviours import BoardBehaviours
from tests.broker.clusters import RealCluster


class TwinBoards:
    """The twin's."""

    def __init__(self) -> None:
        self._kafka = MemoryKafka(ManualClock())
        self._numbers = count()

    def topic(self) -> str:
        name = f"board-{next(self._numbers)}"
        self._kafka.create_topic(name)
        return name

    def open(self, topic: str) -> Board:
        return MemoryBoard(self._kafka, topic)

    def writer(self, topic: str) -> Sink:
        sink = MemorySink(self._kafka, name=topic)
        sink.rebuild()
        return sink

    def rest(self) -> None:
        self._kafka.clock.sleep(0.1)


class RealBoards:
    """A real Kafka's."""

    def __init__(self, bootstrap: str) -> None:
        self._link = Connection(bootstrap, patience_s=30)
        self._cluster = RealCluster(bootstrap)
        self._opened: list[KafkaBoard] = []

    def topic(self) -> str:
        name = f"board-{uuid4().hex[:8]}"
        KafkaAdmin(self._link).create([board_topic(name)])
        return name

    def open(self, topic: str) -> Board:
        self._opened.append(KafkaBoard(self._link, topic))
        return self._opened[-1]

    def writer(self, topic: str) -> Sink:
        return self._cluster.writer(topic)

    def rest(self) -> None:
        self._cluster.rest(0.1)

    def close(self) -> None:
        """End all that the test began."""
        self._cluster.close()
        for board in self._opened:
            board.close()


class TestTwin(BoardBehaviours):
    """The board in memory."""

    @pytest.fixture
    def boards(self) -> TwinBoards:
        """A twin's."""
        return TwinBoards()


@pytest.mark.kafka
class TestKafka(BoardBehaviours):
    """The board of a real Kafka."""

    @pytest.fixture
    def boards(self, kafka: KafkaNode) -> Iterator[RealBoards]:
        """A real Kafka's."""
        boards = RealBoards(kafka.address)
        yield boards
        boards.close()


def test_a_kafka_that_is_not_there_is_named_after_the_patience() -> None:
    (port,) = free_ports(1)
    board = KafkaBoard(Connection(f"127.0.0.1:{port}", patience_s=0.1), "board")
    with pytest.raises(KafkaUnavailable, match=f"127.0.0.1:{port}"):
        board.present()
    assert board.new() == []
    board.close()


def test_a_fault_of_the_twin_loses_no_record() -> None:
    faults = [Fault(at="poll", nth=1, error=KafkaUnavailable)]
    kafka = MemoryKafka(ManualClock(), faults=faults)
    kafka.create_topic("board")
    board = MemoryBoard(kafka, "board")
    board.write(b"key", b"value")
    with pytest.raises(KafkaUnavailable):
        board.new()
    assert [message.value for message in board.new()] == [b"value"]
