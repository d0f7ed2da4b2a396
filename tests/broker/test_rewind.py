"""A reader begins again at a time or an offset: the same on a real Kafka and on the twin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Protocol
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from broker.clock import ManualClock
from broker.errors import OffsetGap
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, KafkaSource, TopicSettings
from broker.memory import MemoryKafka, MemorySource, PlainMemorySink
from broker.ports import Partition, Sink, Source
from broker.rewind import Rewind, ToOffsets, ToTime
from kafka_node.node import KafkaNode

BEGAN_MS = 1_700_000_000_000
STEP_MS = 1_000
COUNT = 10
"""Messages of each of two partitions, a second apart."""


class Topic(Protocol):
    """A topic with COUNT numbered messages in each of its partitions 0 and 1."""

    name: str

    def source(self, group: str, rewind: Rewind | None) -> Source:
        """A member of the group, that begins at the start of what the group never committed."""
        ...

    def sink(self) -> Sink:
        """What commits."""
        ...

    def forget(self, before: int) -> None:
        """Have partition 0 forget what is below that offset, as retention does."""
        ...


class TwinTopic:
    """On the twin."""

    def __init__(self) -> None:
        self.name = "alerts"
        self._kafka = MemoryKafka(ManualClock())
        self._kafka.create_topic(self.name, partitions=2)
        for number in range(COUNT):
            for partition in (0, 1):
                self._kafka.publish(
                    self.name,
                    b"%d" % number,
                    partition=partition,
                    timestamp_ms=BEGAN_MS + STEP_MS * number,
                )

    def source(self, group: str, rewind: Rewind | None) -> Source:
        return MemorySource(self._kafka, group=group, topics=[self.name], rewind=rewind)

    def sink(self) -> Sink:
        return PlainMemorySink(self._kafka, name="sink")

    def forget(self, before: int) -> None:
        self._kafka.forget(Partition(self.name, 0), before=before)


class RealTopic:
    """On a real Kafka."""

    def __init__(self, bootstrap: str) -> None:
        self.name = f"rewound-{uuid4().hex[:8]}"
        self._connection = Connection(bootstrap)
        # Its messages are years old, and retention looks half a minute after the node began.
        kept = TopicSettings(self.name, 2, settings={"retention.ms": "-1"})
        KafkaAdmin(self._connection).create([kept])
        producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
        for number in range(COUNT):
            for partition in (0, 1):
                producer.produce(
                    self.name,
                    b"%d" % number,
                    partition=partition,
                    timestamp=BEGAN_MS + STEP_MS * number,
                )
        assert producer.flush(10) == 0

    def source(self, group: str, rewind: Rewind | None) -> Source:
        return KafkaSource(
            self._connection,
            topics=[self.name],
            group=f"{group} of {self.name}",
            worker=None,
            rewind=rewind,
        )

    def sink(self) -> Sink:
        return AtLeastOnceSink(self._connection, topics=[], ask_limits=False)

    def forget(self, before: int) -> None:
        client = AdminClient({"bootstrap.servers": self._connection.bootstrap, "log_level": 0})
        for future in client.delete_records([TopicPartition(self.name, 0, before)]).values():
            future.result()


@pytest.fixture(params=[TwinTopic, pytest.param(RealTopic, marks=pytest.mark.kafka)])
def topic(request: pytest.FixtureRequest) -> Iterator[Topic]:
    """The topic on the twin, then on a real Kafka."""
    if request.param is TwinTopic:
        yield TwinTopic()
    else:
        kafka: KafkaNode = request.getfixturevalue("kafka")
        yield RealTopic(kafka.address)


def read(topic: Topic, rewind: Rewind | None, *, group: str = "g") -> Mapping[int, list[int]]:
    """What a reader gets until nothing more comes, by partition; dealt with and committed."""
    numbers: dict[int, list[int]] = {0: [], 1: []}
    with closing(topic.source(group, rewind)) as source, closing(topic.sink()) as sink:
        sink.rebuild()
        wait_s = 10.0
        while came := source.poll(messages_max=100, bytes_max=10_000, timeout_s=wait_s):
            for message in came:
                numbers[message.partition].append(int(message.value))
            wait_s = 0.5
        sink.begin()
        sink.send_offsets(source.positions(), source.group())
        sink.commit()
    return numbers


def test_a_reader_begins_at_the_first_message_not_before_a_time(topic: Topic) -> None:
    rest = list(range(4, COUNT))
    assert read(topic, ToTime(BEGAN_MS + 4 * STEP_MS)) == {0: rest, 1: rest}
    between = ToTime(BEGAN_MS + 4 * STEP_MS - 1)
    assert read(topic, between, group="other") == {0: rest, 1: rest}


def test_a_time_before_everything_is_the_start(topic: Topic) -> None:
    assert read(topic, ToTime(0))[0] == list(range(COUNT))


def test_a_partition_is_read_from_an_offset_and_the_others_as_ever(topic: Topic) -> None:
    assert read(topic, ToOffsets({1: 7})) == {0: list(range(COUNT)), 1: [7, 8, 9]}


def test_a_rewind_moves_the_group(topic: Topic) -> None:
    read(topic, None)
    rewind = ToOffsets({0: 8, 1: 9})
    assert read(topic, rewind) == {0: [8, 9], 1: [9]}
    with closing(topic.source("g", rewind)) as source:
        came = source.poll(messages_max=1, bytes_max=10_000, timeout_s=10)
        assert len(came) == 1
    # The second reader committed nothing of what it read, yet the group stands where it was sent.
    assert read(topic, None) == {0: [8, 9], 1: [9]}


def test_where_a_group_stopped_is_where_it_goes_on(topic: Topic) -> None:
    read(topic, ToTime(BEGAN_MS + 4 * STEP_MS))
    with closing(topic.source("g", None)) as source:
        assert source.poll(messages_max=10, bytes_max=10_000, timeout_s=1.0) == []


@pytest.mark.parametrize(
    ("rewind", "said"),
    [
        (lambda: ToOffsets({1: COUNT + 1}), f"partition 1 holds offsets 0 to {COUNT}"),
        (lambda: ToOffsets({7: 0}), "has partitions 0 to 1, not 7"),
    ],
)
def test_what_the_topic_does_not_hold_is_named(
    topic: Topic, rewind: Callable[[], Rewind], said: str
) -> None:
    with closing(topic.source("g", rewind())) as source, pytest.raises(OffsetGap, match=said):
        source.poll(messages_max=10, bytes_max=10_000, timeout_s=10)


def test_a_time_after_everything_is_the_end(topic: Topic) -> None:
    with closing(topic.source("g", ToTime(BEGAN_MS + 60_000))) as source:
        assert source.poll(messages_max=10, bytes_max=10_000, timeout_s=1.0) == []
        ends = source.positions()
    assert dict(ends) == {Partition(topic.name, number): COUNT for number in (0, 1)}


def test_a_group_that_was_away_longer_than_retention_is_moved_to_what_is_left(topic: Topic) -> None:
    read(topic, ToOffsets({0: COUNT, 1: COUNT}))
    with closing(topic.source("g", ToOffsets({0: 2, 1: COUNT}))) as source:
        source.poll(messages_max=1, bytes_max=10_000, timeout_s=10)
    topic.forget(before=5)
    with closing(topic.source("g", None)) as source, pytest.raises(OffsetGap):
        for _ in range(20):
            source.poll(messages_max=10, bytes_max=10_000, timeout_s=1.0)
    assert read(topic, ToTime(0)) == {0: list(range(5, COUNT)), 1: list(range(COUNT))}


def test_a_topic_that_is_not_to_be_moved_stays_where_it_was_read(topic: Topic) -> None:
    but = frozenset([topic.name])
    read(topic, None)
    assert read(topic, ToTime(0, but)) == {0: [], 1: []}
    assert read(topic, ToOffsets({0: 3}, but)) == {0: [], 1: []}
    assert read(topic, ToTime(0, but), group="new") == {0: [*range(COUNT)], 1: [*range(COUNT)]}


def test_a_topic_that_is_not_to_be_moved_goes_on_behind_what_retention_forgot(
    topic: Topic,
) -> None:
    with closing(topic.source("g", ToOffsets({0: 2, 1: 8}))) as source:
        source.poll(messages_max=1, bytes_max=10_000, timeout_s=10)
    topic.forget(before=5)
    assert read(topic, ToTime(0, frozenset([topic.name]))) == {0: [*range(5, COUNT)], 1: [8, 9]}
