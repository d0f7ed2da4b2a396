"""Positions at another cluster: who may write them, and what is waited for until they are known."""

from __future__ import annotations

from typing import cast

import pytest

from broker.clock import ManualClock
from broker.errors import KafkaUnavailable, ProducerFenced, TooManyAborts, TransactionAborted
from broker.kafka import Connection
from broker.kafka.faults import Use
from broker.kafka.group_consumer import GroupConsumer
from broker.kafka.offsets_elsewhere import OffsetsElsewhere
from broker.lives import Committed
from broker.memory import Fault, MemoryKafka, MemorySink
from broker.memory.faults import Call
from broker.memory.sink import TRANSACTION_S
from broker.ports import Life, Output, Partition
from broker.positions import ROUNDS_MAX, Positions
from schemas.errors import BrokerError
from tests.broker.elsewhere import POSITIONS, twin_positions

ZERO, ONE = Partition("survey", 0), Partition("survey", 1)


class Holder:
    """A worker's sink and its positions."""

    def __init__(self, kafka: MemoryKafka, name: str) -> None:
        self.sink = MemorySink(kafka, name=name)
        self.positions: Positions = twin_positions(kafka, self.sink)
        self.sink.rebuild()

    def write(self, ends: dict[Partition, int]) -> None:
        """In a transaction of its own."""
        self.begin(ends)
        self.sink.commit()

    def begin(self, ends: dict[Partition, int]) -> None:
        """In one that stays open."""
        self.sink.begin()
        self.sink.produce(self.positions.outputs(ends, {}, {}))

    def stands(self, partition: Partition) -> int:
        """How far a partition is read."""
        return self.positions.read([partition])[partition].offset


@pytest.fixture
def kafka() -> MemoryKafka:
    """Ours, where positions are kept."""
    return MemoryKafka(ManualClock())


def claims(kafka: MemoryKafka) -> int:
    """How many records say that a worker has a partition, or has it no longer."""
    return sum(
        message.key is not None and b"claim" in message.key for message in kafka.read(POSITIONS)
    )


def test_a_position_is_the_last_one_written_and_its_life_goes_with_it(kafka: MemoryKafka) -> None:
    one = Holder(kafka, "one")
    assert one.positions.take([ZERO])
    assert one.positions.read([ZERO, ONE]) == {ZERO: Committed(-1), ONE: Committed(-1)}
    one.sink.begin()
    one.sink.produce(one.positions.outputs({ZERO: 5}, {ZERO: 0}, {ZERO: Life("first")}))
    one.sink.commit()
    assert Holder(kafka, "two").positions.read([ZERO]) == {ZERO: Committed(5, "first")}


def test_a_partition_that_did_not_move_is_not_written(kafka: MemoryKafka) -> None:
    one = Holder(kafka, "one")
    one.positions.take([ZERO, ONE])
    assert len(one.positions.outputs({ZERO: 5, ONE: 3}, {ZERO: 5, ONE: 2}, {})) == 1


def test_who_takes_over_ends_what_is_open_and_the_last_writer_may_write_no_more(
    kafka: MemoryKafka,
) -> None:
    one, two = Holder(kafka, "one"), Holder(kafka, "two")
    one.positions.take([ZERO])
    one.write({ZERO: 5})
    one.begin({ZERO: 9})
    assert two.positions.take([ZERO])
    assert two.stands(ZERO) == 5
    with pytest.raises(ProducerFenced):
        one.sink.commit()
    two.write({ZERO: 7})
    one.sink.rebuild()
    with pytest.raises(ProducerFenced, match="claim"):
        one.positions.outputs({ZERO: 9}, {}, {})


def test_what_was_given_back_in_order_is_taken_without_a_fence(kafka: MemoryKafka) -> None:
    one, two = Holder(kafka, "one"), Holder(kafka, "two")
    one.positions.take([ZERO, ONE])
    one.write({ZERO: 5, ONE: 6})
    one.positions.release([ZERO])
    assert two.positions.take([ZERO])
    one.write({ONE: 8})
    assert (two.stands(ZERO), two.stands(ONE)) == (5, 8)
    with pytest.raises(TransactionAborted, match="given back"):
        one.positions.outputs({ZERO: 7}, {}, {})


def test_what_anothers_open_transaction_hides_is_waited_for(kafka: MemoryKafka) -> None:
    dead, other, heir = Holder(kafka, "dead"), Holder(kafka, "other"), Holder(kafka, "heir")
    dead.positions.take([ZERO])
    other.positions.take([ONE])
    other.begin({ONE: 1})
    dead.write({ZERO: 5})
    assert heir.stands(ZERO) == -1, "it is hidden"
    began_s = kafka.clock.monotonic_s()
    assert heir.positions.take([ZERO])
    assert heir.stands(ZERO) == 5
    assert kafka.clock.monotonic_s() - began_s <= TRANSACTION_S + 1


def test_two_that_take_one_partition_at_once_do_not_both_have_it(kafka: MemoryKafka) -> None:
    one, two = Holder(kafka, "one"), Holder(kafka, "two")
    assert one.positions.take([ZERO])
    assert two.positions.take([ZERO])
    with pytest.raises(ProducerFenced):
        one.write({ZERO: 1})
    one.sink.rebuild()
    assert one.positions.take([ZERO])
    with pytest.raises(ProducerFenced):
        two.write({ZERO: 2})
    one.write({ZERO: 3})
    assert Holder(kafka, "reader").stands(ZERO) == 3


def test_claims_of_the_fenced_are_taken_back_so_that_they_are_fenced_once(
    kafka: MemoryKafka,
) -> None:
    one, two, three = (Holder(kafka, name) for name in ("one", "two", "three"))
    one.positions.take([ZERO])
    two.positions.take([ZERO])
    one.sink.rebuild()
    one.positions.take([ONE])
    assert three.positions.take([ZERO])
    one.write({ONE: 4})
    assert claims(kafka) == 3 + 3


def test_a_late_beginning_overrules_no_position(kafka: MemoryKafka) -> None:
    one, two = Holder(kafka, "one"), Holder(kafka, "two")
    one.positions.take([ZERO])
    two.positions.take([ONE])
    one.positions.commit({ZERO: 10, ONE: 20}, {})
    assert two.stands(ONE) == 20
    two.write({ONE: 25})
    one.positions.commit({ONE: 20}, {})
    assert two.stands(ONE) == 25


def test_positions_of_other_groups_are_passed_over(kafka: MemoryKafka) -> None:
    one = Holder(kafka, "one")
    one.positions.take([ZERO])
    one.write({ZERO: 5})
    record = kafka.read(POSITIONS)[-1]
    key = (record.key or b"").replace(b'"g"', b'"another"')
    other = MemorySink(kafka, name="other")
    other.rebuild()
    other.begin()
    other.produce([Output(POSITIONS, key, record.value.replace(b"5", b"9"))])
    other.commit()
    assert Holder(kafka, "two").stands(ZERO) == 5


WRITING = {
    "take": lambda positions: positions.take([ZERO, ONE]),
    "commit": lambda positions: positions.commit({ZERO: 5, ONE: 5}, {}),
    "release": lambda positions: positions.release([ZERO]),
}
"""Every method that writes in a transaction of its own."""


@pytest.mark.parametrize("at", ["begin", "produce", "commit"])
@pytest.mark.parametrize("method", WRITING)
def test_what_fails_leaves_no_transaction_open_and_may_be_tried_again(
    at: Call, method: str
) -> None:
    nth = 1 if method == "take" else 2
    kafka = MemoryKafka(ManualClock(), faults=[Fault(at=at, nth=nth, error=TransactionAborted)])
    one = Holder(kafka, "one")
    if method != "take":
        one.positions.take([ZERO])
    with pytest.raises(TransactionAborted):
        WRITING[method](one.positions)
    WRITING[method](one.positions)
    assert one.positions.take([ZERO])
    one.write({ZERO: 7})
    assert one.stands(ZERO) == 7


def test_a_transaction_that_does_not_end_ends_who_would_begin_another() -> None:
    failing = [Fault("produce", 2, TransactionAborted)]
    failing += [Fault("abort", nth, TransactionAborted) for nth in range(1, ROUNDS_MAX + 1)]
    one = Holder(MemoryKafka(ManualClock(), faults=failing), "one")
    one.positions.take([ZERO])
    with pytest.raises(TooManyAborts, match="does not end"):
        one.positions.release([ZERO])


@pytest.mark.parametrize("error", [TransactionAborted, ProducerFenced, KafkaUnavailable])
def test_partitions_are_given_back_though_that_is_not_said_but_not_with_a_transaction_open(
    error: type[BrokerError],
) -> None:
    failing = [Fault("produce", 2, TransactionAborted), Fault("abort", 1, error)]
    one = Holder(MemoryKafka(ManualClock(), faults=failing), "one")
    nobody, link, use = cast(GroupConsumer, None), Connection("nowhere:1"), Use("nowhere:1")
    offsets = OffsetsElsewhere(nobody, link, "one", use, one.positions, shown=False)
    offsets.take([ZERO])
    fault = offsets.release([ZERO])
    if error is KafkaUnavailable:
        assert isinstance(fault, KafkaUnavailable)
        return
    assert fault is None
    if error is ProducerFenced:
        one.positions.rebuild()
    assert offsets.take([ZERO])
