"""How a Kafka behaves where the engine could break: one suite, for the real one and the twin.

Each case was first seen on the real Kafka. What is read and what is published stands here; groups
and their members stand in member_behaviours.py.
"""

from __future__ import annotations

import pytest

from broker.errors import OffsetGap, OutputTooLarge, ProducerFenced, TopicMissing
from broker.ports import Headers, Message, Output, Partition, Sink
from tests.broker.building import TRANSACTION_S
from tests.broker.clusters import Cluster
from tests.broker.workers import LocalWorker

SENT_S = 0.5


def numbered(count: int, start: int = 0) -> list[bytes]:
    """That many different values."""
    return [b"alert %d" % number for number in range(start, start + count)]


def values(messages: list[Message]) -> list[bytes]:
    """What the messages hold."""
    return [message.value for message in messages]


def poll_until(worker: LocalWorker, count: int, messages_max: int = 1_000) -> list[Message]:
    """Poll until that many messages came."""
    messages: list[Message] = []
    while len(messages) < count:
        came = worker.poll(messages_max=messages_max)
        assert came, f"{len(messages)} of {count} messages came"
        messages += came
    return messages


def transact(writer: Sink, topic: str, contents: list[bytes], *, headers: Headers = ()) -> None:
    """Write in one transaction."""
    writer.begin()
    writer.produce([Output(topic, None, content, headers) for content in contents])
    writer.commit()


def abandon(cluster: Cluster, writer: Sink, topic: str, contents: list[bytes]) -> None:
    """Write in a transaction, and abort it when the server has what was written."""
    writer.begin()
    writer.produce([Output(topic, None, content) for content in contents])
    cluster.rest(SENT_S)
    writer.abort()


class ReadingBehaviours:
    """What a poll brings, and where it leaves the source."""

    def test_an_empty_topic_gives_an_empty_poll(self, cluster: Cluster) -> None:
        worker = cluster.worker(cluster.create(cluster.name()))
        worker.join()
        assert worker.poll(timeout_s=0.2) == []

    def test_a_poll_takes_what_is_there_and_does_not_wait_for_more(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        worker = cluster.worker(topic)
        worker.join()
        cluster.publish(topic, numbered(1))
        began_s = cluster.clock.monotonic_s()
        assert values(worker.poll(timeout_s=60)) == numbered(1)
        assert cluster.clock.monotonic_s() - began_s < 30

    def test_a_poll_keeps_to_the_bound_on_messages(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker = cluster.worker(topic)
        polls = [worker.poll(messages_max=4) for _ in range(3)]
        assert [len(messages) for messages in polls] == [4, 4, 2]
        assert values([message for messages in polls for message in messages]) == numbered(10)

    def test_a_poll_keeps_to_the_bound_on_bytes_but_brings_one(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        contents = [bytes([number]) * size for number, size in enumerate((900, 900, 5_000, 900))]
        cluster.publish(topic, contents)
        worker = cluster.worker(topic)
        polls = [worker.poll(bytes_max=2_000) for _ in range(3)]
        assert [len(messages) for messages in polls] == [2, 1, 1]
        assert values([message for messages in polls for message in messages]) == contents

    def test_messages_of_a_partition_come_in_order_with_their_offsets(
        self, cluster: Cluster
    ) -> None:
        topic = cluster.create(cluster.name(), partitions=2)
        cluster.publish(topic, numbered(20), partition=1)
        messages = poll_until(cluster.worker(topic), 20, messages_max=7)
        assert [message.offset for message in messages] == list(range(20))
        assert {message.partition for message in messages} == {1}
        assert all(message.timestamp_ms > 0 for message in messages)

    def test_starts_and_positions_hold_a_poll_between_them(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker, partition = cluster.worker(topic), Partition(topic, 0)
        worker.poll(messages_max=4)
        assert worker.source.starts() == {partition: 0}
        assert worker.source.positions()[partition] == 4
        worker.poll(messages_max=3)
        assert worker.source.starts() == {partition: 4}
        assert worker.source.positions()[partition] == 7

    def test_the_ends_are_where_what_is_committed_ends(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        partition = Partition(topic, 0)
        cluster.publish(topic, numbered(3))
        worker = cluster.worker(topic)
        assert worker.source.ends() is None
        poll_until(worker, 3)
        assert worker.source.ends() == {partition: 3}
        writer = cluster.writer(topic)
        writer.begin()
        writer.produce([Output(topic, None, b"open")])
        cluster.rest(SENT_S)
        assert worker.source.ends() == {partition: 3}
        writer.commit()
        cluster.rest(SENT_S)  # its marker is written after the commit is answered
        assert worker.source.ends() == {partition: 5}

    def test_an_empty_poll_moves_no_start(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(3))
        worker = cluster.worker(topic)
        poll_until(worker, 3)
        worker.poll(timeout_s=0.2)
        after = worker.source.starts()
        worker.poll(timeout_s=0.2)
        assert worker.source.starts() == after == {Partition(topic, 0): 3}

    def test_lag_counts_what_is_not_polled_yet(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker = cluster.worker(topic)
        worker.poll(messages_max=4)
        assert worker.source.lag() == {Partition(topic, 0): 6}

    def test_positions_pass_over_control_records_and_aborted_messages(
        self, cluster: Cluster
    ) -> None:
        topic = cluster.create(cluster.name())
        writer = cluster.writer(topic)
        transact(writer, topic, numbered(3))
        abandon(cluster, writer, topic, numbered(4))
        transact(writer, topic, numbered(2, start=3))
        worker, partition = cluster.worker(topic), Partition(topic, 0)
        assert values(poll_until(worker, 5)) == numbered(5)
        worker.poll(timeout_s=0.5)
        assert worker.source.positions() == {partition: 3 + 1 + 4 + 1 + 2 + 1}
        assert worker.source.lag() == {partition: 0}

    def test_positions_pass_over_a_topic_of_aborted_messages_only(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        abandon(cluster, cluster.writer(topic), topic, numbered(4))
        worker = cluster.worker(topic)
        while worker.source.positions() != {Partition(topic, 0): 5}:
            assert worker.poll(timeout_s=1) == []
        assert worker.source.starts() == {Partition(topic, 0): 0}

    def test_readers_stand_behind_an_open_transaction(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        cluster.publish(topic, numbered(1))
        writer = cluster.writer(topic)
        writer.begin()
        writer.produce([Output(topic, None, b"held")])
        cluster.rest(SENT_S)
        cluster.publish(topic, [b"behind"])
        worker = cluster.worker(topic)
        assert values(worker.poll()) == numbered(1)
        assert worker.poll(timeout_s=0.5) == []
        assert worker.source.positions() == {Partition(topic, 0): 1}
        writer.commit()
        assert values(poll_until(worker, 2)) == [b"held", b"behind"]

    def test_a_position_that_retention_forgot_is_an_error(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(10))
        worker = cluster.worker(topic, outputs=[output])
        worker.poll(messages_max=2)
        worker.produce(output)
        worker.send()
        worker.commit()
        worker.source.close()
        cluster.forget(topic, before=5)
        with pytest.raises(OffsetGap, match=f"{topic}.*2"):
            cluster.worker(topic, outputs=[output]).poll()


class PublishingBehaviours:
    """What a transaction holds, and what is left of it."""

    def test_a_commit_shows_all_and_an_abort_shows_nothing(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), partitions=3)
        writer = cluster.writer(topic)
        transact(writer, topic, numbered(5))
        abandon(cluster, writer, topic, numbered(5, start=5))
        assert sorted(cluster.read(topic)) == numbered(5)

    @pytest.mark.parametrize("first", ["commit", "abort"])
    def test_a_fenced_producer_does_nothing_more_until_it_is_built_anew(
        self, cluster: Cluster, first: str
    ) -> None:
        topic = cluster.create(cluster.name())
        older = cluster.writer(topic)
        transact(older, topic, numbered(5))
        older.begin()
        older.produce([Output(topic, None, b"of an epoch that is over")])
        cluster.writer(topic)
        for step in (first, "begin", "abort", "begin"):
            with pytest.raises(ProducerFenced):
                getattr(older, step)()
        older.rebuild()
        transact(older, topic, numbered(5, start=5))
        assert cluster.read(topic) == numbered(10)

    def test_an_abort_does_not_rewind_and_a_seek_does(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(9))
        worker = cluster.worker(topic, outputs=[output])
        first = worker.poll(messages_max=3)
        worker.produce(output)
        worker.send()
        worker.sink.abort()
        assert values(worker.poll(messages_max=3)) == numbered(3, start=3)
        worker.source.seek({Partition(topic, 0): 0})
        assert worker.source.starts() == worker.source.positions() == {Partition(topic, 0): 0}
        assert worker.poll(messages_max=3) == first
        assert values(poll_until(worker, 6)) == numbered(6, start=3)

    def test_a_seek_keeps_what_was_prefetched_of_other_partitions(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), partitions=2)
        for partition in range(2):
            cluster.publish(topic, numbered(30, start=30 * partition), partition=partition)
        worker = cluster.worker(topic)
        (first,) = worker.poll(messages_max=1)
        worker.source.seek({Partition(topic, first.partition): 0})
        assert sorted(values(poll_until(worker, 60, messages_max=7))) == sorted(numbered(60))

    @pytest.mark.parametrize("committed", [True, False])
    def test_offsets_belong_to_the_transaction(self, cluster: Cluster, committed: bool) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(5))
        worker = cluster.worker(topic, outputs=[output])
        worker.poll(messages_max=3)
        worker.produce(output)
        worker.send()
        if committed:
            worker.sink.commit()
        else:
            worker.sink.abort()
        assert worker.source.committed().get(Partition(topic, 0), 0) == 3 * committed
        worker.source.close()
        again = cluster.worker(topic, outputs=[output])
        assert values(poll_until(again, 5 - 3 * committed)) == numbered(5)[3 * committed :]

    def test_pending_offsets_hold_up_the_next_owner(self, cluster: Cluster) -> None:
        topic, output = cluster.create(cluster.name()), cluster.create(cluster.name())
        cluster.publish(topic, numbered(3))
        worker = cluster.worker(topic, outputs=[output])
        poll_until(worker, 3)
        worker.produce(output)
        worker.send()
        heir = cluster.worker(topic, outputs=[output])
        heir.source.join()
        assert heir.poll(timeout_s=0.5) == []
        cluster.rest(TRANSACTION_S)
        assert values(poll_until(heir, 3)) == numbered(3)

    def test_a_message_of_the_largest_size_is_published(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), bytes_max=50_000)
        writer = cluster.writer(topic)
        largest = bytes(writer.bytes_max(topic))
        transact(writer, topic, [largest, largest])
        assert cluster.read(topic) == [largest, largest]

    def test_a_message_over_that_size_is_refused_when_produced(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), bytes_max=50_000)
        writer = cluster.writer(topic)
        writer.begin()
        with pytest.raises(OutputTooLarge, match=topic):
            writer.produce([Output(topic, b"key", bytes(writer.bytes_max(topic) - 2))])
        writer.abort()
        transact(writer, topic, numbered(1))
        assert cluster.read(topic) == numbered(1)

    def test_many_messages_fit_where_each_of_them_does(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), bytes_max=20_000)
        contents = [bytes([number]) * 9_000 for number in range(20)]
        transact(cluster.writer(topic), topic, contents)
        assert cluster.read(topic) == contents

    def test_a_limit_that_was_lowered_is_learnt_from_an_abort(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        writer = cluster.writer(topic)
        transact(writer, topic, [bytes(50_000)])
        cluster.limit(topic, 20_000)
        with pytest.raises(OutputTooLarge, match=topic):
            transact(writer, topic, [bytes(50_000)])
        writer.abort()
        assert writer.bytes_max(topic) <= 20_000
        transact(writer, topic, [bytes(9_000)] * 5)
        assert [len(value) for value in cluster.read(topic)] == [50_000, *[9_000] * 5]

    def test_a_missing_output_topic_is_named(self, cluster: Cluster) -> None:
        topic, missing = cluster.create(cluster.name()), cluster.name()
        writer = cluster.writer(topic)
        writer.begin()
        with pytest.raises(TopicMissing, match=missing):
            writer.produce([Output(missing, None, b"lost")])

    def test_headers_come_out_as_they_were_sent(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name())
        headers = (("name", b"value"), ("name", b"again"), ("empty", b""))
        transact(cluster.writer(topic), topic, [b"plain"], headers=headers)
        (message,) = poll_until(cluster.worker(topic), 1)
        assert message.headers == headers

    def test_a_partition_key_chooses_as_the_same_key_does(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), partitions=5)
        writer = cluster.writer(topic)
        writer.begin()
        ids = [b"ZTF%d" % number * (number % 4) or b"x" for number in range(40)]
        writer.produce([Output(topic, each, each) for each in ids])
        writer.produce([Output(topic, b"schema", each, partition_key=each) for each in ids])
        writer.commit()
        messages = poll_until(cluster.worker(topic), 80)
        keyed = {m.value: m.partition for m in messages if m.key != b"schema"}
        placed = {m.value: m.partition for m in messages if m.key == b"schema"}
        assert placed == keyed
        assert len(set(keyed.values())) == 5

    def test_equal_keys_meet_in_one_partition(self, cluster: Cluster) -> None:
        topic = cluster.create(cluster.name(), partitions=4)
        writer = cluster.writer(topic)
        writer.begin()
        outputs = [Output(topic, b"key %d" % (n % 8), b"%d" % n) for n in range(80)]
        writer.produce(outputs)
        writer.commit()
        messages = poll_until(cluster.worker(topic), 80)
        homes = {(message.key, message.partition) for message in messages}
        assert len(homes) == 8
        assert len({partition for _, partition in homes}) > 1
