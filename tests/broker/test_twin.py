"""What the twin promises by itself; what it shares with a real Kafka stands in test_memory.py."""

from __future__ import annotations

import pytest

from broker.clock import ManualClock
from broker.errors import (
    KafkaUnavailable,
    MemberFenced,
    MembershipOver,
    OutputTooLarge,
    ProducerFenced,
    TransactionAborted,
)
from broker.memory import Fault, MemoryKafka, MemorySink, MemorySource, PlainMemorySink
from broker.ports import Message, Output, Partition

ZERO, ONE = Partition("alerts", 0), Partition("alerts", 1)


def kafka_with(
    alerts: int = 0, *, partitions: int = 1, faults: tuple[Fault, ...] = ()
) -> MemoryKafka:
    """A Kafka with a topic of alerts, in turn over its partitions, and one for outputs."""
    kafka = MemoryKafka(ManualClock(), faults=faults)
    kafka.create_topic("alerts", partitions=partitions)
    kafka.create_topic("out")
    for number in range(alerts):
        kafka.publish("alerts", b"%d" % number, partition=number % partitions)
    return kafka


def member(kafka: MemoryKafka, worker: str | None = "one") -> MemorySource:
    """A member of the one group."""
    return MemorySource(kafka, group="g", topics=["alerts"], worker=worker)


def members(kafka: MemoryKafka, *workers: str | None) -> list[MemorySource]:
    """Members among whom the partitions are dealt out."""
    sources = [member(kafka, worker) for worker in workers]
    for source in sources * 2:
        take(source)
    return sources


def producer(kafka: MemoryKafka, name: str = "g-one", *, transaction_s: float = 10) -> MemorySink:
    """A producer ready to begin."""
    sink = MemorySink(kafka, name=name, transaction_s=transaction_s)
    sink.rebuild()
    return sink


def take(source: MemorySource, *, messages_max: int = 100, timeout_s: float = 0) -> list[bytes]:
    """One poll; what the messages say."""
    polled = source.poll(messages_max=messages_max, bytes_max=10**6, timeout_s=timeout_s)
    return values(polled)


def values(messages: list[Message]) -> list[bytes]:
    """What they say."""
    return [message.value for message in messages]


def write(sink: MemorySink, value: bytes) -> None:
    """Open a transaction with one output."""
    sink.begin()
    sink.produce([Output("out", b"key", value)])


def send(source: MemorySource, sink: MemorySink) -> None:
    """Open a transaction that holds nothing but the offsets."""
    sink.begin()
    sink.send_offsets(source.positions(), source.group())


@pytest.mark.parametrize("timeout_s", [0.05, 0.1, 1.5, 123.456])
def test_a_poll_that_finds_nothing_lets_its_time_pass_and_ends(timeout_s: float) -> None:
    kafka = kafka_with()
    assert take(member(kafka), timeout_s=timeout_s) == []
    assert kafka.clock.monotonic_s() == pytest.approx(timeout_s, abs=1e-5)


def test_an_open_transaction_that_times_out_is_aborted_and_its_producer_fenced() -> None:
    kafka = kafka_with()
    stuck, other = producer(kafka, "stuck"), producer(kafka, "other")
    write(stuck, b"never")
    write(other, b"behind")
    other.commit()
    assert kafka.read("out") == []
    kafka.clock.sleep(10)
    kafka.tick()
    assert values(kafka.read("out")) == [b"behind"]
    with pytest.raises(ProducerFenced, match="epoch"):
        stuck.commit()


def test_a_killed_sink_leaves_its_transaction_open_until_its_id_is_taken_again() -> None:
    kafka = kafka_with()
    killed, other = producer(kafka), producer(kafka, "other")
    write(killed, b"lost")
    killed.kill()
    killed.close()
    write(other, b"behind")
    other.commit()
    assert kafka.read("out") == []
    producer(kafka)
    assert values(kafka.read("out")) == [b"behind"]


def test_a_closed_sink_has_aborted_what_was_open() -> None:
    kafka = kafka_with()
    sink, other = producer(kafka), producer(kafka, "other")
    write(sink, b"a")
    sink.close()
    sink.close()
    write(other, b"b")
    other.commit()
    assert values(kafka.read("out")) == [b"b"]


def test_a_partition_is_read_as_soon_as_its_pending_offset_is_settled() -> None:
    kafka = kafka_with(4)
    killed, stuck = member(kafka), producer(kafka)
    take(killed, messages_max=3)
    send(killed, stuck)
    killed.kill()
    source = member(kafka)
    assert take(source, timeout_s=2) == []
    producer(kafka)
    assert take(source) == [b"0", b"1", b"2", b"3"]


def test_the_committed_offsets_wait_for_pending_ones() -> None:
    kafka = kafka_with(4)
    source, sink = member(kafka), producer(kafka, transaction_s=30)
    take(source, messages_max=3)
    send(source, sink)
    assert source.committed() == {}
    assert kafka.clock.monotonic_s() == pytest.approx(30, abs=1)


def test_offsets_that_stay_pending_are_an_error_in_the_end() -> None:
    kafka = kafka_with(4)
    source, sink = member(kafka), producer(kafka, transaction_s=900)
    take(source)
    send(source, sink)
    with pytest.raises(KafkaUnavailable, match="pending"):
        source.committed()


def test_starts_stay_where_an_empty_poll_passed_control_records() -> None:
    kafka = kafka_with()
    telescope, source = producer(kafka, "telescope"), member(kafka)
    take(source)
    telescope.begin()
    telescope.produce([Output("alerts", None, b"taken back")])
    telescope.abort()
    assert take(source) == []
    assert source.positions() == {ZERO: 2}
    kafka.publish("alerts", b"a")
    assert take(source) == [b"a"]
    assert (source.starts(), source.positions()) == ({ZERO: 0}, {ZERO: 3})


def test_a_rebalance_is_complete_when_all_members_have_polled() -> None:
    kafka = kafka_with(4, partitions=2)
    one, two = member(kafka, "one"), member(kafka, "two")
    assert len(take(one)) == 4
    assert take(two) == take(two) == []
    assert take(one) == [b"0", b"2"]
    assert take(two) == [b"1", b"3"]


def test_a_silent_member_is_dropped_after_its_session_and_comes_back_anew() -> None:
    kafka = kafka_with(4, partitions=2)
    one, two = members(kafka, "one", "two")
    one.suspend()
    kafka.clock.sleep(11)
    take(two)
    assert set(two.positions()) == {ZERO, ONE}
    one.resume()
    for source in (one, two, one):
        take(source)
    assert len(one.positions()) == len(two.positions()) == 1


def test_a_static_member_restarts_into_its_place_without_a_rebalance() -> None:
    kafka = kafka_with(4, partitions=2)
    one, two = members(kafka, "one", "two")
    one.close()
    assert take(member(kafka, "one")) == [b"0", b"2"]
    assert set(two.positions()) == {ONE}


def test_a_member_without_a_name_gives_its_partitions_back_at_once() -> None:
    kafka = kafka_with(4, partitions=2)
    one, two = members(kafka, None, None)
    one.close()
    take(two)
    assert set(two.positions()) == {ZERO, ONE}


def test_a_fenced_member_may_neither_poll_nor_send_offsets() -> None:
    kafka = kafka_with(4)
    older, sink = member(kafka), producer(kafka)
    take(older)
    member(kafka).join()
    with pytest.raises(MemberFenced, match="--worker"):
        older.confirm_member()
    with pytest.raises(MemberFenced):
        take(older)
    with pytest.raises(MembershipOver):
        send(older, sink)


def test_a_refused_membership_leaves_a_transaction_that_can_only_be_aborted() -> None:
    kafka = kafka_with(4, partitions=2)
    one, sink = member(kafka, "one"), producer(kafka)
    take(one)
    positions, before = one.positions(), one.group()
    two = member(kafka, "two")
    for source in (two, one):
        take(source)
    sink.begin()
    with pytest.raises(TransactionAborted, match="rebalanced"):
        sink.send_offsets(positions, before)
    with pytest.raises(TransactionAborted, match="abort it"):
        sink.commit()
    sink.abort()


@pytest.mark.parametrize("restarted", [False, True], ids=["successor", "earlier"])
def test_a_membership_that_another_of_its_own_process_ended_is_over_and_that_goes_on(
    restarted: bool,
) -> None:
    kafka = kafka_with(4)
    source, sink = member(kafka), producer(kafka)
    take(source)
    if restarted:
        source.give_up()
        take(source)
    positions, before = source.positions(), source.group()
    if restarted:
        kafka.restart()  # it knows the first one
    else:
        source.give_up()
        source.confirm_member()
    sink.begin()
    with pytest.raises(MembershipOver):
        sink.send_offsets(positions, before)
    sink.abort()
    source.confirm_member()
    assert len(take(source)) == 4
    send(source, sink)
    sink.commit()
    assert source.committed() == {ZERO: 4}


def test_client_and_topic_both_bound_a_message() -> None:
    kafka = kafka_with()
    kafka.create_topic("small", bytes_max=10)
    sink = MemorySink(kafka, name="narrow", bytes_max=20)
    sink.rebuild()
    assert (sink.bytes_max("small"), sink.bytes_max("out")) == (10, 20)
    sink.begin()
    with pytest.raises(OutputTooLarge, match=r"message\.max\.bytes"):
        sink.produce([Output("out", None, b"x" * 21)])
    with pytest.raises(OutputTooLarge, match=r"max\.message\.bytes"):
        sink.produce([Output("small", b"key", b"x" * 8)])


def test_a_fault_strikes_the_nth_call_of_its_client_once() -> None:
    kafka = kafka_with(faults=(Fault("begin", 2, KafkaUnavailable, client="b"),))
    a, b = producer(kafka, "a"), producer(kafka, "b")
    for sink in (a, a, b):
        sink.begin()
        sink.commit()
    with pytest.raises(KafkaUnavailable, match="fault at begin 2"):
        b.begin()
    b.abort()
    b.begin()


def test_a_lost_answer_has_committed_and_an_abort_has_not() -> None:
    lost = Fault("commit", 1, ProducerFenced, applied=True)
    kafka = kafka_with(faults=(lost, Fault("commit", 2, TransactionAborted)))
    sink = producer(kafka)
    for value in (b"committed", b"aborted"):
        sink.rebuild()
        write(sink, value)
        with pytest.raises((ProducerFenced, TransactionAborted)):
            sink.commit()
    assert values(kafka.read("out")) == [b"committed"]


def test_plain_delivery_is_seen_at_once_and_its_offsets_come_after() -> None:
    kafka = kafka_with(3)
    source, sink = member(kafka), PlainMemorySink(kafka, name="plain")
    sink.rebuild()
    take(source)
    sink.begin()
    sink.produce([Output("out", None, b"seen")])
    assert values(kafka.read("out")) == [b"seen"]
    sink.send_offsets(source.positions(), source.group())
    assert source.committed() == {}
    sink.commit()
    assert source.committed() == {ZERO: 3}


def test_plain_delivery_after_an_abort_has_forgotten_its_offsets_only() -> None:
    kafka = kafka_with(3)
    source, sink = member(kafka), PlainMemorySink(kafka, name="plain")
    take(source)
    sink.begin()
    sink.produce([Output("out", None, b"seen")])
    sink.send_offsets(source.positions(), source.group())
    sink.abort()
    sink.commit()
    assert source.committed() == {}
    assert values(kafka.read("out")) == [b"seen"]
