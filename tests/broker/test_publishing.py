"""A batch is published while the next is processed, and either may fail."""

from __future__ import annotations

from threading import Event

import pytest

from broker.errors import ProducerFenced, TransactionAborted
from broker.memory import Fault
from broker.observer import Phase
from broker.publishing import Publishing, PublishingThread
from tests.broker.beside import AtOnce, AtRelease, AtTheEnd
from tests.broker.fakes import packet
from tests.broker.world import Setup, World, stopped


def test_a_batch_that_others_read_meanwhile_is_not_read_again() -> None:
    world = World(partitions=1, setup=Setup(publishing=AtTheEnd))
    for number in range(20):
        world.send(packet(number))
    one, two = world.worker("one"), world.worker("two")

    def take_over() -> None:
        """Two reads what one has under way, and leaves again."""
        for _ in range(40):
            two.step()
            world.clock.advance(0.5)
        two.kill()
        world.clock.advance(15)

    one.step()
    assert one.source.positions()
    one.at[Phase.POLLING] = stopped(15, take_over)
    one.step()
    world.send(packet(20))
    world.drain(["one"])
    world.check_law()
    assert one.aborts


@pytest.mark.parametrize("publishing", [AtOnce, AtTheEnd, AtRelease])
def test_a_failed_batch_is_given_back_with_the_one_that_was_processed_meanwhile(
    publishing: type[Publishing],
) -> None:
    faults = [Fault("commit", 2, TransactionAborted), Fault("send_offsets", 4, ProducerFenced)]
    world = World(faults=faults, setup=Setup(publishing=publishing))
    for number in range(60):
        world.send(packet(number))
    world.drain()
    world.check_law()
    assert len(world.workers["one"].aborts) == 2


@pytest.mark.parametrize(("publishing", "aborts"), [(AtRelease, 0), (AtTheEnd, 1)])
def test_partitions_are_given_back_once_what_was_read_of_them_is_committed(
    publishing: type[Publishing], aborts: int
) -> None:
    world = World(setup=Setup(publishing=publishing))
    for number in range(30):
        world.send(packet(number))
    one, two = world.worker("one"), world.worker("two")
    one.step()
    two.step()  # it enters the group while one has a batch under way
    for _ in range(20):
        one.step()
        two.step()
        world.clock.advance(0.5)
    assert len(one.aborts) == aborts and two.aborts == []
    assert one.reports and two.reports
    world.drain(["one", "two"])
    world.check_law()


def test_a_thread_is_waited_for_no_longer_than_it_may_be() -> None:
    go_on = Event()
    beside = PublishingThread(wait_s_max=0.01)
    beside.wait()

    def step() -> float:
        go_on.wait()
        raise TransactionAborted("so be it")

    pending = beside.submit(step)
    beside.wait()
    assert not pending.done()
    go_on.set()
    with pytest.raises(TransactionAborted):
        pending.result()
    beside.wait()


def test_what_is_published_is_told_of_before_a_worker_ends() -> None:
    world = World(setup=Setup(publishing=AtTheEnd))
    for number in range(5):
        world.send(packet(number))
    worker = world.worker()
    worker.at[Phase.SCORING] = lambda one: one.runner.stop()
    worker.runner.run()
    world.check_law()
    assert len(worker.reports) == 1
