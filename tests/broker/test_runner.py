"""The loop, one mishap at a time: killed, stopped, fenced, aborted, too large, too late."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from broker.dead_letters import DeadLetterBound
from broker.errors import (
    KafkaUnavailable,
    MemberFenced,
    MembershipOver,
    OffsetGap,
    OutputTooLarge,
    ProducerFenced,
    TooManyAborts,
    TooManyDead,
    TransactionAborted,
)
from broker.ledger import Delivery
from broker.memory import Fault, MemorySink
from broker.memory.faults import Call
from broker.observer import Phase
from broker.ports import Output, Partition
from broker.runner import RunLimits
from tests.broker.fakes import TOPICS, is_bright, packet
from tests.broker.world import WORKING, Setup, World, killed, stopped, succeeded


def night(alerts: int = 30, faults: Sequence[Fault] = (), session_s: float = 10) -> World:
    """A world whose survey has sent some good alerts, and every seventh a bad one."""
    world = World(faults=faults, session_s=session_s)
    for number in range(alerts):
        world.send(packet(number, bad=number % 7 == 6))
    return world


def test_every_alert_is_published_or_dead_lettered_once() -> None:
    world = night()
    world.drain()
    world.check_law()
    assert sorted(world.selected()) == [n for n in range(30) if is_bright(n) and n % 7 != 6]


def test_alerts_of_one_object_keep_their_order() -> None:
    world = World(partitions=1)
    for number in range(40):
        world.send(packet(number))
    world.drain()
    found = [number for number in world.enriched() if number % 10 == 3]
    assert found == [3, 13, 23, 33]


@pytest.mark.parametrize("call", ["begin", "produce", "send_offsets", "commit", "abort"])
@pytest.mark.parametrize("error", [TransactionAborted, ProducerFenced])
def test_after_a_failed_transaction_the_batch_is_read_again(
    call: Call, error: type[TransactionAborted]
) -> None:
    faults = [Fault(call, 1, error), Fault("commit", 1, TransactionAborted)]
    world = night(faults=faults if call == "abort" else faults[:1])
    world.drain()
    assert world.workers["one"].aborts
    world.check_law()


def test_a_commit_whose_answer_was_lost_is_not_repeated() -> None:
    world = night(faults=[Fault("commit", 2, ProducerFenced, applied=True)])
    world.drain()
    assert world.workers["one"].aborts
    world.check_law()


def test_an_output_that_has_become_too_large_meanwhile_is_read_again() -> None:
    world = night(faults=[Fault("produce", 1, OutputTooLarge)])
    world.drain()
    world.check_law()


def test_a_topic_whose_limit_falls_makes_dead_letters_and_no_halt() -> None:
    world = night(alerts=3)
    worker = world.worker()
    worker.at[Phase.OPEN] = lambda _: world.kafka.limit(TOPICS.enriched, 40)
    world.drain()
    world.check_law()
    assert len(worker.aborts) == 1
    assert world.enriched() == []


@pytest.mark.parametrize("phase", WORKING)
def test_a_worker_killed_in_any_phase_loses_and_doubles_nothing(phase: Phase) -> None:
    world = night()
    world.worker().at[phase] = killed
    world.workers["one"].step()
    world.drain()
    world.check_law()


@pytest.mark.parametrize("phase", WORKING)
def test_a_restarted_worker_goes_on_at_once(phase: Phase) -> None:
    world = night()
    world.worker().at[phase] = killed
    world.workers["one"].step()
    world.worker()
    began_s = world.clock.monotonic_s()
    world.workers["one"].step()
    assert world.workers["one"].reports
    assert world.clock.monotonic_s() == began_s


@pytest.mark.parametrize("phase", WORKING)
@pytest.mark.parametrize("stopped_s", [3.0, 7.0, 30.0])
@pytest.mark.parametrize("session_s", [5.0, 20.0])
def test_a_zombie_doubles_nothing(phase: Phase, stopped_s: float, session_s: float) -> None:
    world = night(session_s=session_s)
    world.worker("two").step()

    def others() -> None:
        for _ in range(5):
            world.workers["two"].step()
            world.clock.advance(0.1)

    world.worker("one").at[phase] = stopped(stopped_s, others)
    for _ in range(3):
        world.workers["one"].step()
        world.workers["two"].step()
    world.drain(["one", "two"])
    world.check_law()


@pytest.mark.parametrize("phase", WORKING)
def test_of_two_processes_with_one_name_the_older_stops_and_the_younger_is_never_fenced(
    phase: Phase,
) -> None:
    world = night()
    older = world.worker()

    def start_namesake() -> None:
        world.worker().step()

    older.at[phase] = lambda _: start_namesake()
    errors = [error for _ in range(3) if (error := older.step()) is not None]
    assert [type(error) for error in errors] == [MemberFenced]
    younger = world.workers["one"]
    assert younger is not older
    world.drain()
    assert younger.aborts == []
    world.check_law()


@pytest.mark.parametrize("phase", WORKING)
def test_a_worker_that_is_its_own_successor_goes_on(phase: Phase) -> None:
    world = night()
    worker = world.worker()
    worker.at[phase] = succeeded
    world.drain()
    assert world.workers["one"] is worker
    assert all(type(error) is MembershipOver for error, _ in worker.aborts)
    assert bool(worker.aborts) is (phase in (Phase.SCORING, Phase.OPEN))
    world.check_law()


def test_a_starting_worker_cannot_be_fenced_by_an_older_one_of_its_name() -> None:
    world = night()
    older = world.worker()
    older.step()
    younger = world.worker()
    rebuild, ends = younger.sink.rebuild, list[object]()

    def rebuild_while_the_older_works() -> None:
        rebuild()
        ends.append(older.step())

    younger.sink.rebuild = rebuild_while_the_older_works  # type: ignore[method-assign]
    world.drain()
    assert isinstance(ends[0], MemberFenced)
    assert younger.aborts == []
    world.check_law()


def test_partitions_are_shared_and_taken_over() -> None:
    world = night(alerts=60)
    workers = [world.worker("one"), world.worker("two")]
    for worker in workers * 6:
        worker.step()
    world.workers["one"].kill()
    world.drain(["two"])
    world.check_law()
    assert {entry.worker for entry in world.ledger()} == {"one", "two"}


def test_transactions_that_never_commit_stop_the_worker_and_name_the_remedy() -> None:
    world = night(faults=[Fault("commit", n, TransactionAborted) for n in range(1, 9)])
    worker = world.worker(setup=Setup(limits=RunLimits(poll_wait_s=0, aborts_max=5)))
    errors = [worker.step() for _ in range(6)]
    assert errors[:5] == [None] * 5
    assert isinstance(errors[5], TooManyAborts)
    assert "aborts_max" in str(errors[5])
    assert "\n" not in str(errors[5])


def test_the_pause_doubles_with_each_abort_up_to_a_limit() -> None:
    limits = RunLimits(backoff_s=0.1, backoff_s_max=0.5)
    assert [limits.pause_s(aborts) for aborts in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, 0.5]


def test_no_transaction_is_opened_where_nothing_came() -> None:
    world = World()
    worker = world.worker()
    worker.step()
    worker.step()
    assert set(worker.phases) == {Phase.JOINING, Phase.POLLING}
    assert world.ledger() == []


def test_a_forgotten_position_is_an_error_and_not_a_reset() -> None:
    world = night()
    worker = world.worker()
    worker.step()
    for number in (0, 1):
        partition = Partition("survey", number)
        world.kafka.forget(partition, before=world.kafka.log(partition).end)
    world.send(packet(99), partition=0)
    assert isinstance(worker.step(), OffsetGap)


def test_a_kafka_that_stays_away_ends_the_worker_and_the_next_goes_on() -> None:
    world = night(faults=[Fault("commit", 1, KafkaUnavailable)])
    assert isinstance(world.worker().step(), KafkaUnavailable)
    world.drain()
    world.check_law()


def test_a_topic_that_comes_later_is_read_from_its_start() -> None:
    world = World()
    worker = world.worker(setup=Setup(topics=("survey", "later")))
    worker.step()
    world.kafka.create_topic("later")
    world.kafka.publish("later", packet(5))
    for _ in range(3):
        worker.step()
    assert world.enriched() == [5]


def test_a_stopped_runner_has_committed_its_batch_and_left() -> None:
    world = night()
    worker = world.worker()
    worker.at[Phase.SCORING] = lambda _: worker.runner.stop()
    worker.runner.run()
    assert worker.phases[-1] is Phase.STOPPED
    assert len(world.ledger()) == 1
    world.drain()
    world.check_law()


def test_a_stream_that_dies_stops_before_it_is_committed_where_a_bound_says_so() -> None:
    world = World()
    for number in range(30):
        world.send(packet(number, bad=True))
    worker = world.worker(setup=Setup(bound=DeadLetterBound(fraction_max=0.9, alerts_min=14)))
    errors = [worker.step() for _ in range(2)]
    assert isinstance(errors[1], TooManyDead)
    assert len(world.dead()) == 7


def test_what_changes_between_batches_does_so_before_each_poll_outside_transactions() -> None:
    world = night(alerts=14)
    called: list[Phase] = []
    worker = world.worker(setup=Setup(between=lambda: called.append(worker.phases[-1])))
    for _ in range(3):
        worker.step()
    assert called == [Phase.JOINING, Phase.COMMITTING, Phase.COMMITTING]


def test_a_filter_whose_topic_is_deleted_does_not_stop_the_worker() -> None:
    world = night(alerts=28)
    worker = world.worker()
    worker.step()
    worker.at[Phase.OPEN] = lambda _: world.kafka.delete_topic("bright")
    world.drain()
    assert world.balance().imbalances == ()
    assert sorted(world.enriched()) == [n for n in range(28) if n % 7 != 6]
    (error, phase) = worker.aborts[0]
    assert (len(worker.aborts), phase) == (1, Phase.OPEN)
    assert str(error).startswith("topic bright does not exist")
    assert (
        worker.reports[-1]
        .outcome.faults[0]
        .startswith("filter 'bright': topic bright does not exist")
    )


def test_reports_tell_when_each_alert_came_and_was_exposed() -> None:
    world = night(alerts=7)
    sent_s = world.clock.now_s()
    world.clock.advance(2)
    worker = world.worker()
    world.drain()
    reports = worker.reports
    assert sum(len(report.outcome.received_unix_s) for report in reports) == 6
    assert all((report.outcome.received_unix_s == sent_s).all() for report in reports)
    assert all(len(r.outcome.received_unix_s) == len(r.outcome.exposed_unix_s) for r in reports)
    assert sum(reports[-1].lag.values()) == 0


def test_control_records_of_a_transactional_survey_are_gaps_that_balance() -> None:
    world = World(partitions=1)
    telescope = MemorySink(world.kafka, name="telescope")
    telescope.rebuild()
    for exposure in range(5):
        telescope.begin()
        telescope.produce([Output("survey", None, packet(exposure * 3 + n)) for n in range(3)])
        telescope.abort() if exposure == 2 else telescope.commit()
    world.sent = world.kafka.read("survey")
    world.drain()
    world.check_law()
    assert len(world.sent) == 12
    assert world.balance().passed_over == 8


@pytest.mark.parametrize("phase", WORKING)
def test_at_least_once_loses_nothing_and_counts_what_it_repeats(phase: Phase) -> None:
    world = World(setup=Setup(delivery=Delivery.AT_LEAST_ONCE))
    for number in range(30):
        world.send(packet(number))
    world.worker().at[phase] = killed
    world.workers["one"].step()
    world.drain()
    sums = world.balance()
    assert set(world.enriched()) == set(range(30))
    assert sums.imbalances == ()
    assert len(world.enriched()) == sums.published == 30 + sums.repeated
    assert sums.repeated == (7 if phase in {Phase.OFFSETS_SENT, Phase.COMMITTING} else 0)
