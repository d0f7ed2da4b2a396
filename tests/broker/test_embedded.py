"""The embedded Kafka of the demonstration, and what it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from broker.embedded import PARTITION_BYTES_KEPT, PARTITIONS, EmbeddedKafka, embedded_kafka
from broker.errors import KafkaUnavailable, OffsetGap
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, KafkaSource, mock_cluster
from broker.ports import Output
from tests.broker.behaviours import numbered
from tests.broker.workers import LocalWorker


@pytest.fixture(params=["by librdkafka's functions", "by a client's setting"])
def embedded(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedKafka]:
    """An embedded Kafka with an input and an output, made in either way."""
    if request.param == "by a client's setting":
        monkeypatch.setattr(mock_cluster, "SIGNATURES", {"not_there": (None, [])})
    with embedded_kafka(["input", "output"]) as kafka:
        yield kafka


def member(kafka: EmbeddedKafka) -> KafkaSource:
    """A member of the group that reads the input."""
    connection = Connection(kafka.address, topic_ids=False)
    return KafkaSource(connection, topics=["input"], group="g", worker="one")


def producer(kafka: EmbeddedKafka) -> AtLeastOnceSink:
    """A sink with its producer built."""
    sink = AtLeastOnceSink(Connection(kafka.address), topics=["input", "output"], ask_limits=False)
    sink.rebuild()
    return sink


def test_its_topics_are_there_before_anyone_subscribes(embedded: EmbeddedKafka) -> None:
    listed = KafkaAdmin(Connection(embedded.address)).partitions()
    assert listed == {"input": PARTITIONS, "output": PARTITIONS}


def test_its_topics_have_the_partitions_that_were_asked_for() -> None:
    with embedded_kafka(["one", "two"], partitions=45) as kafka:
        listed = KafkaAdmin(Connection(kafka.address)).partitions()
        assert (listed, kafka.partitions) == ({"one": 45, "two": 45}, 45)


def test_a_topic_that_cannot_be_is_told() -> None:
    with pytest.raises(KafkaUnavailable, match="lacks a topic"), embedded_kafka(["one", "one"]):
        pass


def test_a_worker_reads_publishes_and_commits(embedded: EmbeddedKafka) -> None:
    with closing(producer(embedded)) as survey, closing(member(embedded)) as source:
        survey.begin()
        survey.produce([Output("input", None, value) for value in numbered(20)])
        survey.commit()
        worker = LocalWorker(source, producer(embedded))
        published = 0
        while published < 20:
            published += worker.step("output", 10)
        assert sum(source.committed().values()) == 20
        worker.sink.close()


def test_what_it_forgot_before_it_was_read_is_an_error(embedded: EmbeddedKafka) -> None:
    with closing(producer(embedded)) as survey, closing(member(embedded)) as source:
        source.join()
        source.poll(messages_max=1, bytes_max=1, timeout_s=0.5)
        begin = source.positions()
        assert set(begin.values()) == {0}
        size = 500_000
        for _ in range(3 * PARTITION_BYTES_KEPT // size):
            survey.begin()
            survey.produce([Output("input", b"one partition", bytes(size))])
            survey.commit()
        source.seek(begin)
        with pytest.raises(OffsetGap, match="input"):
            source.poll(messages_max=1, bytes_max=1, timeout_s=20)
